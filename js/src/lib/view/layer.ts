// Layer: what lies over the page, clipped by nothing: in the body (or the shadow root, or what fills the screen), not in the
// widget, with the widget's theme. It follows its anchor when the page scrolls, and ends with its view.

import { h } from "./dom";
import { markBuild } from "./theme";

/** A place in the window, CSS pixels. */
export interface Anchor {
  x: number;
  y: number;
}

/** How far a layer keeps from its anchor and from the edges of the window, CSS pixels. */
export const DISTANCE = 14;
const EDGE = 8;
/** A window so narrow has no room beside an anchor. */
const NARROW = 480;

export class Layer {
  readonly root: HTMLElement;
  readonly #el: HTMLElement;
  readonly #anchor: (anew: boolean) => Anchor | null;
  #life: AbortController | null = null;

  /**
   * `el` is the element of the view; `anchor` says where to be, null for nowhere any more, and is told whether the page
   * has moved meanwhile. The signal ends it.
   */
  constructor(
    el: HTMLElement,
    className: string,
    anchor: (anew: boolean) => Anchor | null,
    signal: AbortSignal,
  ) {
    this.#el = el;
    this.#anchor = anchor;
    this.root = h("div", `rw-host rw-layer ${className}`);
    markBuild(this.root);
    signal.addEventListener("abort", () => this.hide());
  }

  get shown(): boolean {
    return this.#life !== null;
  }

  /** Shows it at its anchor, or moves it there. */
  show(): void {
    if (!this.#life) {
      this.#life = new AbortController();
      const { signal } = this.#life;
      const { rwTheme = "light" } = this.#el.dataset;
      this.root.dataset.rwTheme = rwTheme;
      this.root.toggleAttribute("data-rw-auto", this.#el.hasAttribute("data-rw-auto"));
      this.root.lang = this.#el.querySelector<HTMLElement>(".rw-root")?.lang ?? "";
      groundOf(this.#el).append(this.root);
      const place = () => this.#place(true);
      addEventListener("scroll", place, { signal, capture: true, passive: true });
      addEventListener("resize", place, { signal });
    }
    this.#place(false);
  }

  hide(): void {
    this.#life?.abort();
    this.#life = null;
    this.root.remove();
  }

  /** Puts it where its anchor is: on the side that has more room, so that its own size need not be read. */
  #place(anew: boolean): void {
    const at = this.#anchor(anew);
    if (!at || !this.#el.isConnected) {
      this.hide();
      return;
    }
    const { innerWidth: width, innerHeight: height } = window;
    const { style } = this.root;
    const right = at.x > width / 2;
    const below = at.y > height / 2;
    const narrow = width < NARROW;
    style.left = narrow ? `${EDGE}px` : right ? "auto" : `${at.x + DISTANCE}px`;
    style.right = narrow ? `${EDGE}px` : right ? `${width - at.x + DISTANCE}px` : "auto";
    const away = narrow ? 2 * DISTANCE : 0; // not under the finger
    style.top = below ? "auto" : `${Math.max(EDGE, at.y + away)}px`;
    style.bottom = below ? `${Math.max(EDGE, height - at.y + away)}px` : "auto";
    style.maxHeight = `${(below ? at.y : height - at.y) - away - EDGE}px`;
  }
}

/** Where the layers of an element lie. */
function groundOf(el: HTMLElement): Node & ParentNode {
  const root = el.getRootNode();
  if (root instanceof ShadowRoot) return root;
  const full = document.fullscreenElement;
  return full?.contains(el) ? full : document.body;
}
