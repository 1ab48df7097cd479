// Notices: the notifications as a page knows them: what the kernel said, with what the reader did since, which the kernel
// may hear of late: it may be busy with a cell.

import type { Seen } from "./attention";
import { type Deed, Deeds } from "./deeds";
import { type Notice, type NoticesBody, seenOf } from "./notice";

/** A clear: of all up to a turn, by the name by which it can be undone, and what was known when it was done. */
export interface Clear {
  turn: number;
  group: string;
  known: number;
}

/** What there is for a reader: what the kernel said, and what the reader did since. */
class Picture {
  items = new Map<string, Notice>();
  deeds = new Deeds();
  version = 0;
  /** Of the latest arrival. */
  turn = 0;
  /** How many there are, and unread ones, of which the page has not been sent more. */
  elsewhere = 0;
  unreadElsewhere = 0;
  /** The clear that took them, too; empty: they are there. */
  cleared = "";
  #listed: Notice[] | null = null;

  /** All that the page has, the newest first, as the reader left them. */
  get all(): Notice[] {
    this.#listed ??= [...this.items.values()]
      .flatMap((item) => this.deeds.over(item) ?? [])
      .sort((a, b) => b.place - a.place);
    return this.#listed;
  }

  copy(): Picture {
    return Object.assign(new Picture(), this, { items: new Map(this.items), deeds: new Deeds(this.deeds) });
  }

  changed(): void {
    this.#listed = null;
  }

  drop(group: string): void {
    this.deeds.drop(group);
    if (this.cleared === group) this.cleared = "";
    this.#listed = null;
  }
}

export class Notices {
  /** By the clocks of the kernel, when it spoke last: of its records, and of arrivals. Seconds. */
  wall = 0;
  at = 0;
  readonly #newest = new Picture();
  /** What stands still while more arrives; null: nothing does. */
  #held: Picture | null = null;
  /** What the kernel has not confirmed: a clear, an undo, and up to which turn all are read. */
  clearing: Clear | null = null;
  undoing: Clear | null = null;
  readTo = 0;
  /** The last clear, and what it took. */
  #cleared: { clear: Clear; items: Notice[] } | null = null;
  #undoable: readonly string[] = [];

  /** Takes what the kernel says; `all`: it is all there is. Returns what is new, or has come again, the oldest first. */
  take(body: NoticesBody, all: boolean): Notice[] {
    const fresh: Notice[] = [];
    const newest = this.#newest;
    const { items, turn: known } = newest;
    if (all) items.clear();
    for (const key of body.removed ?? []) items.delete(key);
    for (const item of body.items) {
      items.set(item.key, item);
      if (item.turn > known) fresh.push(item);
    }
    for (const group of body.handled) {
      newest.drop(group); // what is there now is what the kernel says
      if (this.clearing?.group === group) this.clearing = null;
      if (this.undoing?.group === group && !body.undoable.includes(group)) this.undoing = null;
    }
    this.#undoable = body.undoable;
    if (this.readTo <= body.read_to) this.readTo = 0;
    newest.deeds.settle(items);
    newest.elsewhere = Math.max(0, body.total - items.size);
    const unread = [...items.values()].filter(({ read }) => !read).length;
    newest.unreadElsewhere = newest.elsewhere ? Math.max(0, body.unread - unread) : 0;
    newest.turn = body.turn;
    newest.version = body.version;
    newest.changed();
    this.wall = body.wall;
    this.at = body.at;
    return fresh.sort((a, b) => a.turn - b.turn);
  }

  /** Has what there is stand still for the reader, but for what he does; or go on. Returns whether that is another. */
  hold(on: boolean): boolean {
    if (on === (this.#held !== null)) return false;
    this.#held = on ? this.#newest.copy() : null;
    return true;
  }

  get #picture(): Picture {
    return this.#held ?? this.#newest;
  }

  /** Of the latest arrival. */
  get turn(): number {
    return this.#picture.turn;
  }

  /** Of the latest arrival that the kernel told of, whatever is held. */
  get latest(): number {
    return this.#newest.turn;
  }

  /** All that the page has, the newest first, as the reader left them. */
  get all(): Notice[] {
    return this.#picture.all;
  }

  /** Those of this moment, not of the history only. */
  get shown(): Notice[] {
    return this.all.filter(({ shown }) => shown);
  }

  get unread(): number {
    const { cleared, unreadElsewhere } = this.#picture;
    return (cleared || this.readTo ? 0 : unreadElsewhere) + this.all.filter(({ read }) => !read).length;
  }

  /** How many there are that the page has not been sent. */
  get elsewhere(): number {
    return this.#picture.cleared ? 0 : this.#picture.elsewhere;
  }

  /** The reader does something to some of them. */
  do(deed: Deed, seen: Seen[], group?: string): void {
    for (const picture of this.#pictures) {
      picture.deeds.do(deed, seen, group);
      picture.changed();
    }
  }

  /** Reads all that have come. */
  readAll(): void {
    this.do("read", this.all.map(seenOf));
    this.readTo = this.turn;
    if (this.#held) this.#held.unreadElsewhere = 0;
  }

  /** Removes all that have come, by a name; returns how many. */
  clear(group: string): number {
    const { all: items, elsewhere, turn } = this;
    const clear = { turn, group, known: this.#picture.version };
    this.do("remove", items.map(seenOf), group);
    for (const picture of this.#pictures) picture.cleared = group;
    this.clearing = clear;
    this.#cleared = { clear, items };
    return items.length + elsewhere;
  }

  /** Takes the last clear back. */
  undo(): void {
    const { clear, items } = this.#cleared!;
    this.clearing = null;
    this.undoing = clear;
    for (const item of items) if (!this.#held?.items.has(item.key)) this.#held?.items.set(item.key, item);
    for (const picture of this.#pictures) picture.drop(clear.group);
  }

  /** Whether there is something to take back of a clear, as far as the kernel has told. */
  canUndo(group: string): boolean {
    return this.clearing?.group === group || this.#undoable.includes(group);
  }

  /** What the kernel has not confirmed of single ones, by what to say of it. */
  get unconfirmed(): [Deed, Seen[]][] {
    return this.#newest.deeds.unconfirmed(this.readTo);
  }

  get #pictures(): Picture[] {
    return this.#held ? [this.#newest, this.#held] : [this.#newest];
  }
}
