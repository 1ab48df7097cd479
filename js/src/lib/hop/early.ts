// Early: parts that came before their widget's model did. It may still be loading; otherwise it lives on another page.

import type { Part } from "./frames";

export const EARLY_MS = 2_000;

interface Kept {
  part: Part;
  until: number;
}

export class Early {
  readonly #kept = new Map<string, Kept[]>();

  /** Keeps a part for two seconds. */
  keep(part: Part, now: number): void {
    let kept = this.#kept.get(part.to) ?? [];
    if (part.key) kept = kept.filter((each) => each.part.feed !== part.feed); // it stands for all before
    while (kept.length && kept[0]!.until <= now) kept.shift();
    kept.push({ part, until: now + EARLY_MS });
    this.#kept.set(part.to, kept);
  }

  /** Hands over the parts of a widget, in their order. */
  take(to: string, now: number): Part[] {
    const kept = this.#kept.get(to) ?? [];
    this.#kept.delete(to);
    return kept.filter(({ until }) => until > now).map(({ part }) => part);
  }

  /** Forgets widgets that did not come. */
  expire(now: number): void {
    for (const [to, kept] of this.#kept) {
      if (kept.every(({ until }) => until <= now)) this.#kept.delete(to);
    }
  }
}
