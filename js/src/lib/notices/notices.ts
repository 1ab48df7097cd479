// Notices: the notifications as a page knows them: what the kernel said, with what the reader did since, which the kernel
// may hear of late: it may be busy with a cell. The twin of realtime_widgets/feeds/notifications.py.

import type { Seen } from "./attention";

export type NoticeType = "info" | "success" | "warning" | "error";

export interface Notice {
  key: string;
  /** Its rank by arrival; greater is later. */
  place: number;
  type: NoticeType;
  title: string;
  message: string;
  /** Seconds since 1970, by the kernel's clock. */
  ts: number;
  count: number;
  read: boolean;
  shown: boolean;
  /** Of its latest arrival. */
  turn: number;
  /** When that was, seconds by another clock of the kernel. */
  at: number;
  action_url?: string;
  action_label?: string;
  /** Seconds on screen after which it leaves; none: it stays. */
  duration?: number;
  /** From 0 to 1, or null: nobody knows how far. */
  progress?: number | null;
}

/** What the kernel sends. */
export interface NoticesBody {
  items: Notice[];
  removed?: string[];
  total: number;
  unread: number;
  turn: number;
  /** The turn up to which the kernel has marked all as read. */
  read_to: number;
  /** Names of the clears that it has done or undone. */
  handled: string[];
  wall: number;
  at: number;
}

/** A clear: of all up to a turn, by the name by which it can be undone. */
export interface Clear {
  turn: number;
  group: string;
}

export type Deed = "read" | "hide" | "dismiss" | "remove";

/** What became of an arrival here; what is not said is as the kernel says. */
interface Done {
  turn: number;
  read?: true;
  hidden?: true;
  removed?: true;
  /** Of the clear that removed it. */
  group?: string;
}

export class Notices {
  /** Of the latest arrival that the kernel told of. */
  turn = 0;
  /** By the clocks of the kernel, when it spoke last: of its records, and of arrivals. Seconds. */
  wall = 0;
  at = 0;
  readonly #items = new Map<string, Notice>();
  readonly #done = new Map<string, Done>();
  /** How many there are, and unread ones, of which the page has not been sent more. */
  #elsewhere = 0;
  #unreadElsewhere = 0;
  /** What the kernel has not confirmed: a clear, and up to which turn all are read. */
  clearing: Clear | null = null;
  readTo = 0;
  #listed: Notice[] | null = null;

  /** Takes what the kernel says; `all`: it is all there is. Returns what is new, or has come again, the oldest first. */
  take(body: NoticesBody, all: boolean): Notice[] {
    const fresh: Notice[] = [];
    const known = this.turn;
    if (all) this.#items.clear();
    for (const key of body.removed ?? []) this.#items.delete(key);
    for (const item of body.items) {
      this.#items.set(item.key, item);
      if (item.turn > known) fresh.push(item);
    }
    for (const group of body.handled) this.#drop(group);
    if (this.readTo <= body.read_to) this.readTo = 0;
    for (const [key, done] of this.#done) if (this.#isConfirmed(key, done)) this.#done.delete(key);
    this.#elsewhere = Math.max(0, body.total - this.#items.size);
    const unread = [...this.#items.values()].filter(({ read }) => !read).length;
    this.#unreadElsewhere = this.#elsewhere ? Math.max(0, body.unread - unread) : 0;
    this.turn = body.turn;
    this.wall = body.wall;
    this.at = body.at;
    this.#listed = null;
    return fresh.sort((a, b) => a.turn - b.turn);
  }

  /** All that the page has, the newest first, as the reader left them. */
  get all(): Notice[] {
    this.#listed ??= [...this.#items.values()]
      .flatMap((item) => this.#now(item) ?? [])
      .sort((a, b) => b.place - a.place);
    return this.#listed;
  }

  /** Those of this moment, not of the history only. */
  get shown(): Notice[] {
    return this.all.filter(({ shown }) => shown);
  }

  get unread(): number {
    return (
      (this.clearing || this.readTo ? 0 : this.#unreadElsewhere) + this.all.filter(({ read }) => !read).length
    );
  }

  /** How many there are that the page has not been sent. */
  get elsewhere(): number {
    return this.clearing ? 0 : this.#elsewhere;
  }

  /** The reader does something to some of them. */
  do(deed: Deed, seen: Seen[], group?: string): void {
    for (const [key, turn] of seen) {
      const known = this.#done.get(key);
      const done: Done = known?.turn === turn ? known : { turn };
      if (deed === "read" || deed === "dismiss") done.read = true;
      if (deed === "hide" || deed === "dismiss") done.hidden = true;
      if (deed === "remove") {
        done.removed = true;
        if (group) done.group = group;
        else delete done.group;
      }
      this.#done.set(key, done);
    }
    this.#listed = null;
  }

  /** Reads all that have come. */
  readAll(): void {
    this.do("read", this.all.map(seenOf));
    this.readTo = this.turn;
  }

  /** Removes all that have come, by a name; returns how many. */
  clear(group: string): number {
    const { all, elsewhere, turn } = this;
    this.do("remove", all.map(seenOf), group);
    this.clearing = { turn, group };
    return all.length + elsewhere;
  }

  /** Takes a clear back, as far as the kernel has not told of it yet. */
  restore(group: string): void {
    this.#drop(group);
    this.#listed = null;
  }

  /** A clear is done, or was undone: what is there now is what the kernel says. */
  #drop(group: string): void {
    if (this.clearing?.group === group) this.clearing = null;
    for (const done of this.#done.values()) {
      if (done.group !== group) continue;
      delete done.removed;
      delete done.group;
    }
  }

  /** What the kernel has not confirmed of single ones, by what to say of it. */
  get unconfirmed(): [Deed, Seen[]][] {
    const of = (deed: Deed, is: (done: Done) => unknown): [Deed, Seen[]] => [
      deed,
      [...this.#done].filter(([, done]) => is(done)).map(([key, { turn }]): Seen => [key, turn]),
    ];
    const all = [
      of("remove", ({ removed, group }) => removed && !group),
      of("dismiss", ({ removed, hidden, read }) => !removed && hidden && read),
      of("hide", ({ removed, hidden, read }) => !removed && hidden && !read),
      of("read", ({ removed, hidden, read, turn }) => !removed && !hidden && read && turn > this.readTo),
    ];
    return all.filter(([, seen]) => seen.length);
  }

  #now(item: Notice): Notice | null {
    const done = this.#done.get(item.key);
    if (done?.turn !== item.turn) return item;
    if (done.removed) return null;
    return { ...item, read: item.read || done.read === true, shown: item.shown && !done.hidden };
  }

  #isConfirmed(key: string, done: Done): boolean {
    const item = this.#items.get(key);
    if (item?.turn !== done.turn) return true;
    return !done.removed && (!done.read || item.read) && (!done.hidden || !item.shown);
  }
}

/** A notification, as it is before the reader. */
export function seenOf({ key, turn }: Notice): Seen {
  return [key, turn];
}
