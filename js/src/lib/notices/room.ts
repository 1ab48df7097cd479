// Room: the height that a panel keeps while less is in it, so that what stands below does not move under a reader's hands.

import { h } from "../view/dom";

/** Room is given back when nothing has changed for so long, and the reader has done nothing, anywhere, for so long. */
const CALM_MS = 20_000;
const IDLE_MS = 4_000;

export class Room {
  readonly root = h("div", "rw-notice-room");
  readonly #inner = h("div", "");
  #kept = 0;
  #height = 0;
  #changedAt = 0;
  #busy = true;
  #busyAt = 0;

  constructor(parts: HTMLElement[], signal: AbortSignal) {
    this.#inner.append(...parts);
    this.root.append(this.#inner);
    const busy = () => {
      this.#busy = true;
    };
    for (const event of ["keydown", "pointermove", "pointerdown", "wheel"])
      addEventListener(event, busy, { signal, capture: true, passive: true });
  }

  /** Whether there is room to be given back. */
  isOver(now: number): boolean {
    if (this.#busy) this.#busyAt = now;
    this.#busy = false;
    const calm = now - this.#changedAt >= CALM_MS && now - this.#busyAt >= IDLE_MS;
    return calm && this.#kept > this.#height;
  }

  /** Keeps the height that it had, or has no more than it needs: when the reader wants that, or after a while. */
  settle(now: number, wanted: boolean): void {
    const height = this.#inner.offsetHeight;
    if (height !== this.#height) this.#changedAt = now;
    this.#height = height;
    this.#kept = wanted || this.isOver(now) ? height : Math.max(height, this.#kept);
    this.root.style.setProperty("--rw-room", `${this.#kept}px`);
  }
}
