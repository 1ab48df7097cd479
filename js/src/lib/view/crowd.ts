// Crowd: numbers that change at the same time. Nobody reads more than a few of them as they change twenty times a second,
// and painting them is most of what they cost: when they are many, all are written ten times a second, at once.
//
// A beat begins with data, so that these are new when they are written: one by the clock would find them half a frame of
// the kernel old, or nearly a whole one.

import type { Clock } from "../hop/clock";

/** With so many each is written with every draw. */
export const FEW = 12;
export const BEAT_MS = 100;
/** Data of the next beat may come so much sooner: frames do not come to the millisecond. */
const EARLY_MS = 16;
/** What waits is written so much after the beat, when no data have begun the next one. */
const LATE_MS = 25;

const crowds = new WeakMap<Clock, Crowd>();

/** That of a page, which its clock stands for. */
export function crowdOf(clock: Clock): Crowd {
  const made = crowds.get(clock) ?? new Crowd();
  crowds.set(clock, made);
  return made;
}

export class Crowd {
  /** Of each the beat in which it was written last. */
  readonly #written = new WeakMap<object, number>();
  /** Who has come since the beat began, and how many did in the one before. */
  readonly #came = new Set<object>();
  #before = 0;
  /** When the beat began. */
  #beat = Number.NEGATIVE_INFINITY;

  /** Milliseconds that one who has something to write is to wait at most; with 0 it writes. A lone change never waits. */
  wait(who: object, now: number): number {
    if (now >= this.#beat + BEAT_MS - EARLY_MS) {
      this.#before = now < this.#beat + 2 * BEAT_MS ? this.#came.size : 0;
      this.#came.clear();
      this.#beat = now;
    }
    this.#came.add(who);
    const written = this.#written.get(who) === this.#beat;
    if (written && Math.max(this.#before, this.#came.size) > FEW)
      return Math.max(1, this.#beat + BEAT_MS + LATE_MS - now);
    this.#written.set(who, this.#beat);
    return 0;
  }
}
