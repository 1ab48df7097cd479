// Filter: which events of a log a reader wants to see: of some levels, and with some text in them.

import { type Item, isEvent, isGap } from "./log";

export class Filter {
  /** Levels that are wanted; none: all. */
  readonly levels = new Set<string>();
  #text = "";
  /** What was found of each item; items never change. */
  #passed = new WeakMap<Item, boolean>();

  /** What is looked for in messages and sources; empty: anything. */
  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    this.#text = text;
    this.#passed = new WeakMap();
  }

  /** What is looked for, as it is compared; empty: nothing. */
  get looked(): string {
    return plain(this.#text);
  }

  get active(): boolean {
    return this.levels.size > 0 || this.looked !== "";
  }

  /** Wants a level, or no longer. */
  toggle(level: string): void {
    if (!this.levels.delete(level)) this.levels.add(level);
    this.#passed = new WeakMap();
  }

  clear(): void {
    this.levels.clear();
    this.text = "";
  }

  /** A copy that stays as it is. */
  fixed(): Filter {
    const copy = new Filter();
    copy.text = this.#text;
    for (const level of this.levels) copy.levels.add(level);
    return copy;
  }

  /** The items that pass; what is known to be missing does. */
  of(items: Item[]): Item[] {
    if (!this.active) return items;
    const { looked } = this;
    return items.filter((item) => {
      let passes = this.#passed.get(item);
      if (passes === undefined) {
        passes = this.#passes(item, looked);
        this.#passed.set(item, passes);
      }
      return passes;
    });
  }

  #passes(item: Item, looked: string): boolean {
    if (isGap(item)) return false;
    if (item.level === null) return true;
    if (this.levels.size && !this.levels.has(item.level)) return false;
    return !looked || plain(`${item.source}\n${item.message}`).includes(looked);
  }
}

/** Text as it is compared: without case, and full-width letters as others. The kernel compares alike. */
export function plain(text: string): string {
  return text.normalize("NFKC").toLowerCase().trim();
}

/** How many events there are of each level. */
export function countLevels(items: Item[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) if (isEvent(item)) counts.set(item.level, (counts.get(item.level) ?? 0) + 1);
  return counts;
}
