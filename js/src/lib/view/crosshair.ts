// Crosshair: a line up at a place of the plot, and a dot where each line of the chart is there.

import { h } from "./dom";

/** A dot on a line, CSS pixels from the corner of the plot. */
export interface Dot {
  x: number;
  y: number;
  color: string;
  near: boolean;
}

export class Crosshair {
  readonly #root = h("div", "rw-cross");
  readonly #line = h("div", "rw-cross-line");
  #dots: HTMLElement[] = [];

  constructor() {
    this.#root.append(this.#line);
  }

  /** Draws it over a plot; nothing is read. */
  draw(over: HTMLElement, x: number, dots: Dot[]): void {
    if (this.#root.parentNode !== over) over.append(this.#root);
    this.#line.style.transform = `translateX(${Math.round(x)}px)`;
    while (this.#dots.length > dots.length) this.#dots.pop()!.remove();
    for (const [i, dot] of dots.entries()) this.#place(i, dot);
  }

  hide(): void {
    this.#root.remove();
  }

  #place(i: number, { x, y, color, near }: Dot): void {
    let dot = this.#dots[i];
    if (!dot) {
      dot = h("div", "rw-cross-dot");
      this.#root.append(dot);
      this.#dots[i] = dot;
    }
    dot.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    dot.style.backgroundColor = color;
    dot.toggleAttribute("data-rw-near", near);
  }
}
