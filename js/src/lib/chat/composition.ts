// Composition: whether a key belongs to the conversion of Japanese, Chinese or Korean that is going on. The Enter that confirms one
// sends nothing, and the Escape that gives one up leaves nothing.
//
//   Chrome, Firefox   keydown (isComposing, 229) → compositionend → keyup
//   Safari            compositionend → keydown (not isComposing, 229) → keyup
//
// Some systems hand over the key after the end as an ordinary one, at once; so what comes in the same turn belongs to it, too.

import type { Clock } from "../hop/clock";

/** What `keyCode` says of a key that the input method has taken. */
const TAKEN = 229;

export class Composition {
  #going = false;
  /** It has ended in this turn of the page. */
  #ended = false;

  constructor(el: HTMLElement, clock: Clock, signal: AbortSignal) {
    el.addEventListener(
      "compositionstart",
      () => {
        this.#going = true;
      },
      { signal },
    );
    el.addEventListener(
      "compositionend",
      () => {
        this.#going = false;
        this.#ended = true;
        clock.after(0, () => {
          this.#ended = false;
        });
      },
      { signal },
    );
    // Who leaves the field in the midst of one may never hear of its end.
    el.addEventListener(
      "blur",
      () => {
        this.#going = false;
      },
      { signal },
    );
  }

  /** Whether the key is the input method's. */
  owns(event: KeyboardEvent): boolean {
    return event.isComposing || event.keyCode === TAKEN || this.#going || this.#ended;
  }

  /** Whether it came as an ordinary key, right after the end, so that the browser would write it. */
  trails(event: KeyboardEvent): boolean {
    return this.#ended && !event.isComposing && event.keyCode !== TAKEN;
  }
}
