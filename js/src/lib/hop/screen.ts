// Screen: what has to be drawn, once per animation frame and only while the page is visible.

import type { Clock } from "./clock";

/** What can be drawn. */
export interface Drawable {
  /** Reads sizes; of all before any draws, because a size read after a change lays out the page anew. */
  measure(): void;
  draw(): void;
}

export class Screen {
  /** Whether an animation frame is on its way. */
  pending = false;
  visible: boolean;
  readonly #dirty = new Set<Drawable>();
  readonly #clock: Clock;
  readonly #drawn: () => void;

  /** `drawn` is called after each animation frame. */
  constructor(clock: Clock, drawn: () => void) {
    this.#clock = clock;
    this.#drawn = drawn;
    this.visible = clock.visible();
  }

  /** Has it drawn with the next animation frame, or when the page is shown again. */
  invalidate(each: Drawable): void {
    this.#dirty.add(each);
    if (this.pending || !this.visible) return;
    this.pending = true;
    this.#clock.frame(() => this.#draw());
  }

  /** Draws it no more. */
  forget(each: Drawable): void {
    this.#dirty.delete(each);
  }

  #draw(): void {
    this.pending = false;
    const dirty = [...this.#dirty];
    for (const each of dirty) each.measure();
    for (const each of dirty) {
      this.#dirty.delete(each); // before it draws: it may ask to be drawn again
      each.draw();
    }
    this.#drawn();
  }
}
