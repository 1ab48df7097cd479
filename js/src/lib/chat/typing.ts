// Typing: tells others that somebody types here, seldom, and that no longer.

import type { Clock } from "../hop/clock";

/** Others are told again after this, while it goes on. */
const AGAIN_MS = 2_000;
/** Who has not typed for so long does not. */
const IDLE_MS = 3_000;

export class Typing {
  readonly #clock: Clock;
  readonly #tell: (on: boolean) => void;
  #toldAt: number | null = null;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, tell: (on: boolean) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Something was typed. */
  go(): void {
    const now = this.#clock.now();
    this.#cancel?.();
    this.#cancel = this.#clock.after(IDLE_MS, () => this.stop());
    if (this.#toldAt !== null && now - this.#toldAt < AGAIN_MS) return;
    this.#toldAt = now;
    this.#tell(true);
  }

  /** Nobody types any more. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#toldAt === null) return;
    this.#toldAt = null;
    this.#tell(false);
  }
}
