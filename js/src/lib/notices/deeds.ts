// Deeds: what a reader did to notifications, which lies over what the kernel says of them. Each names the arrival that was
// seen: what comes again is as the kernel says.

import type { Seen } from "./attention";
import type { Notice } from "./notice";

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

export class Deeds {
  readonly #done: Map<string, Done>;

  constructor(others?: Deeds) {
    const copied = others ? [...others.#done].map(([key, done]): [string, Done] => [key, { ...done }]) : [];
    this.#done = new Map(copied);
  }

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
  }

  /** Takes a clear back. */
  drop(group: string): void {
    for (const done of this.#done.values()) {
      if (done.group !== group) continue;
      delete done.removed;
      delete done.group;
    }
  }

  /** A notification as the reader left it; null: it is gone. */
  over(item: Notice): Notice | null {
    const done = this.#done.get(item.key);
    if (done?.turn !== item.turn) return item;
    if (done.removed) return null;
    return { ...item, read: item.read || done.read === true, shown: item.shown && !done.hidden };
  }

  /** Forgets what the kernel says, too. */
  settle(items: ReadonlyMap<string, Notice>): void {
    for (const [key, { turn, removed, read, hidden }] of this.#done) {
      const item = items.get(key);
      const same = !removed && (!read || item?.read) && (!hidden || !item?.shown);
      if (item?.turn !== turn || same) this.#done.delete(key);
    }
  }

  /** Of single ones, by what to say of it; those that were read with all up to a turn are not among them. */
  unconfirmed(readTo: number): [Deed, Seen[]][] {
    const of = (deed: Deed, is: (done: Done) => unknown): [Deed, Seen[]] => [
      deed,
      [...this.#done].filter(([, done]) => is(done)).map(([key, { turn }]): Seen => [key, turn]),
    ];
    const all = [
      of("remove", ({ removed, group }) => removed && !group),
      of("dismiss", ({ removed, hidden, read }) => !removed && hidden && read),
      of("hide", ({ removed, hidden, read }) => !removed && hidden && !read),
      of("read", ({ removed, hidden, read, turn }) => !removed && !hidden && read && turn > readTo),
    ];
    return all.filter(([, seen]) => seen.length);
  }
}
