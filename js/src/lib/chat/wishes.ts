// Wishes: what a reader wants of messages and the kernel has not done yet: shown at once, told again until it is so.

import type { Item, Reaction } from "./item";

export type Wish =
  | { what: "react"; about: { key: string; reaction: string; on: boolean } }
  | { what: "edit"; about: { key: string; text: string } }
  | { what: "delete" | "retry" | "discard" | "stop"; about: { key: string } };

interface Waiting {
  wish: Wish;
  /** When it was told first, and when it is again; milliseconds. */
  since: number;
  due: number;
  pause: number;
}

/** Words may get lost: they are told again after a while, then after twice that. */
const AGAIN_MS = 10_000;
const MOST_PAUSE_MS = 120_000;
/** What has not become so after that long never will: somebody may not let it. */
const OVER_MS = 600_000;

export class Wishes {
  readonly #waiting = new Map<string, Waiting>();
  readonly #shown = new WeakMap<Item, { version: number; item: Item }>();
  /** Another one each time that something is to be shown otherwise. */
  version = 0;

  /** Takes a wish, in place of an earlier one of its kind. */
  add(wish: Wish, now: number): void {
    this.#waiting.set(nameOf(wish), { wish, since: now, due: now + AGAIN_MS, pause: AGAIN_MS });
    this.version += 1;
  }

  /** Whether a reader has wished something of an item that is not so yet. */
  of(key: string): boolean {
    return this.#all(key).length > 0;
  }

  /** Whether any waits. */
  get any(): boolean {
    return this.#waiting.size > 0;
  }

  /** What has to be told again by now. */
  due(now: number): Wish[] {
    const due = [...this.#waiting.values()].filter((each) => now >= each.due);
    for (const each of due) {
      each.pause = Math.min(2 * each.pause, MOST_PAUSE_MS);
      each.due = now + each.pause;
      if (now - each.since >= OVER_MS) this.#end(each.wish);
    }
    return due.filter(({ since }) => now - since < OVER_MS).map(({ wish }) => wish);
  }

  /** Lets go of what has become so; `find` says how an item is, undefined: it is gone. */
  settle(find: (key: string) => Item | undefined): void {
    for (const { wish } of this.#waiting.values()) {
      const item = find(wish.about.key);
      if (!item || isSo(wish, item)) this.#end(wish);
    }
  }

  /** An item as the reader wants it; null: it is to be gone. */
  shown(item: Item): Item | null {
    const wishes = this.#all(item.key);
    if (!wishes.length) return item;
    if (wishes.some(({ what }) => what === "discard")) return null;
    const known = this.#shown.get(item);
    if (known?.version === this.version) return known.item;
    const shown = wishes.reduce(withWish, item);
    this.#shown.set(item, { version: this.version, item: shown });
    return shown;
  }

  #all(key: string): Wish[] {
    if (!this.#waiting.size) return [];
    return [...this.#waiting.values()].flatMap(({ wish }) => (wish.about.key === key ? [wish] : []));
  }

  #end(wish: Wish): void {
    this.#waiting.delete(nameOf(wish));
    this.version += 1;
  }
}

function nameOf({ what, about }: Wish): string {
  return JSON.stringify([what, about.key, "reaction" in about ? about.reaction : ""]);
}

function isSo(wish: Wish, item: Item): boolean {
  switch (wish.what) {
    case "react": {
      const { reaction, on } = wish.about;
      return (item.reactions?.find(([emoji]) => emoji === reaction)?.[2] ?? false) === on;
    }
    case "edit":
      return item.text === wish.about.text;
    case "delete":
      return item.deleted === true;
    case "retry":
      return item.state !== "failed";
    case "stop":
      return item.state !== "growing";
    default:
      return false;
  }
}

function withWish(item: Item, wish: Wish): Item {
  switch (wish.what) {
    case "react":
      return { ...item, reactions: reacted(item.reactions ?? [], wish.about.reaction, wish.about.on) };
    case "edit":
      return { ...item, text: wish.about.text, edited: item.edited ?? item.ts };
    case "delete":
      return { ...item, text: "", deleted: true };
    case "retry":
      return { ...item, state: "sending" };
    default:
      return item;
  }
}

function reacted(reactions: Reaction[], wanted: string, on: boolean): Reaction[] {
  const found = reactions.find(([emoji]) => emoji === wanted);
  if (!found) return on ? [...reactions, [wanted, 1, true, ""]] : reactions;
  if (found[2] === on) return reactions;
  return reactions
    .map((each): Reaction => (each === found ? [wanted, each[1] + (on ? 1 : -1), on, each[3]] : each))
    .filter(([, count]) => count > 0);
}
