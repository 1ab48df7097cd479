// Help: a button that explains what a widget shows, in a layer over the page: by pointing at it, by the focus, and by a tap.
// Those who listen hear it as the button's description. It stays while the pointer is on it, and Escape puts it away.

import type { Clock } from "../hop/clock";
import { cardWords } from "../text/card_words";
import { h, setAttribute, setHidden, setText } from "./dom";
import { icon } from "./icons";
import { onKeys } from "./keys";
import { type Anchor, DISTANCE, Layer } from "./layer";

/** A pointer has so long to come from the button to the text. */
const LEAVE_MS = 200;

let made = 0;

export class Help {
  readonly button = h("button", "rw-button rw-help");
  /** Not drawn: what the button is described by must be beside it, also in a shadow root. */
  readonly #said = h("span", "");
  readonly #layer: Layer;
  readonly #clock: Clock;
  #cancel: (() => void) | null = null;

  constructor(el: HTMLElement, clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#layer = new Layer(el, "rw-help-text", () => this.#anchor, signal);
    this.#said.id = `rw-help-${++made}`;
    this.#said.hidden = true;
    this.button.type = "button";
    this.button.hidden = true;
    this.button.append(icon("info"), this.#said);
    setAttribute(this.button, "aria-describedby", this.#said.id);
    setAttribute(this.#layer.root, "aria-hidden", "true"); // the description says the same
    const on = (target: HTMLElement, names: string[], fn: (event: Event) => void) => {
      for (const name of names) target.addEventListener(name, fn, { signal });
    };
    on(this.button, ["pointerenter", "focus", "click"], () => this.#show());
    on(this.#layer.root, ["pointerenter"], () => this.#show());
    for (const each of [this.button, this.#layer.root]) on(each, ["pointerleave"], () => this.#hideSoon());
    on(this.button, ["blur"], () => this.#hide());
    const hideOnEscape = ({ key }: KeyboardEvent) => key === "Escape" && this.#hide();
    onKeys(this.button, hideOnEscape, signal);
    signal.addEventListener("abort", () => this.#cancel?.());
  }

  /** Writes a text; without one there is no button. The focus goes on to an heir then. */
  write(text: string, name: string, locale: string, heir: HTMLElement): void {
    setHidden(this.button, !text, heir);
    if (!text) this.#hide();
    setText(this.#said, text);
    setText(this.#layer.root, text);
    setAttribute(this.button, "aria-label", cardWords(locale)("about", name));
  }

  /** Above or below the button, along its edge: what it explains stays to be seen. */
  get #anchor(): Anchor | null {
    if (this.button.hidden) return null;
    const { left, right, top, bottom } = this.button.getBoundingClientRect();
    const farRight = left + right > innerWidth;
    return {
      x: farRight ? right + DISTANCE : left - DISTANCE,
      y: top + bottom > innerHeight ? top : bottom,
    };
  }

  #show(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#layer.show();
  }

  #hide(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#layer.hide();
  }

  #hideSoon(): void {
    this.#cancel?.();
    const root = this.button.getRootNode() as Document | ShadowRoot;
    if (root.activeElement === this.button) return; // the focus holds it
    this.#cancel = this.#clock.after(LEAVE_MS, () => this.#hide());
  }
}
