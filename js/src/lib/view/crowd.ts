// Crowd: numbers that change at the same time. Nobody reads more than a few of them as they change twenty times a second,
// and painting them is most of what they cost: when they are many, all are written ten times a second, at once.

import type { Clock } from "../hop/clock";

/** With so many each is written with every draw. */
export const FEW = 12;
export const BEAT_MS = 100;

const crowds = new WeakMap<Clock, Crowd>();

/** That of a page, which its clock stands for. */
export function crowdOf(clock: Clock): Crowd {
  const made = crowds.get(clock) ?? new Crowd();
  crowds.set(clock, made);
  return made;
}

export class Crowd {
  readonly #written = new WeakMap<object, number>();
  /** Who has come since the beat began, and how many did in the one before. */
  readonly #came = new Set<object>();
  #before = 0;
  #beat = 0;

  /** Milliseconds that one who has something to write is to wait; with 0 it writes. A lone change never waits. */
  wait(who: object, now: number): number {
    const beat = Math.floor(now / BEAT_MS);
    if (beat !== this.#beat) {
      this.#before = beat === this.#beat + 1 ? this.#came.size : 0;
      this.#came.clear();
      this.#beat = beat;
    }
    this.#came.add(who);
    const due = BEAT_MS * (Math.floor((this.#written.get(who) ?? -BEAT_MS) / BEAT_MS) + 1);
    if (due > now && Math.max(this.#before, this.#came.size) > FEW) return Math.max(1, due - now);
    this.#written.set(who, now);
    return 0;
  }
}
