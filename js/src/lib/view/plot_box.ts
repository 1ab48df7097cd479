// PlotBox: the one uPlot of a chart's view, made anew when it has to look otherwise.

import uPlot from "uplot";
import { type Look, plotOptions } from "../draw/plot";
import { h } from "./dom";

export class PlotBox {
  readonly root = h("div", "rw-plot");
  #plot: uPlot | null = null;
  #built = "";
  /** CSS pixels, as found last. */
  width = 0;
  height = 0;
  #measured = false;

  /** `changed` is called when its place is of another height. */
  constructor(changed: () => void, signal: AbortSignal) {
    const observer = new ResizeObserver(() => {
      if (this.root.clientHeight === this.height) return;
      this.#measured = false;
      changed();
    });
    observer.observe(this.root);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      this.clear();
    });
  }

  /** Reads its size. */
  measure(): void {
    const { clientWidth, clientHeight } = this.root;
    // JupyterLab hides the page for a moment to change its theme: nothing is to be found then, so look again.
    this.#measured = clientWidth > 0;
    this.width = Math.max(120, clientWidth || this.width);
    this.height = clientHeight || this.height;
  }

  /** Reads its size unless it is known. */
  look(): void {
    if (!this.#measured) this.measure();
  }

  /** Whether it is what was made with a key. */
  is(key: string): boolean {
    return this.#plot !== null && this.#built === key;
  }

  /** Makes the plot anew; the key says for what. */
  make(look: Look, key: string): void {
    this.clear();
    this.#built = key;
    this.#plot = new uPlot(plotOptions(look), [[]], this.root);
  }

  clear(): void {
    this.#plot?.destroy();
    this.#plot = null;
    this.#built = "";
  }

  /** Whether a size was new to it. */
  resize(width: number, height: number): boolean {
    const plot = this.#plot;
    if (!plot || (plot.width === width && plot.height === height)) return false;
    plot.setSize({ width, height });
    return true;
  }

  /** Draws; the strokes have lines of their own, and the plot needs to know that there is something to draw. */
  fill(span: [number, number], range: [number, number]): void {
    this.#plot?.setData([span, ...this.#plot.series.slice(1).map(() => range)]);
  }

  /** Shows or hides strokes, in their order. */
  show(shown: boolean[]): void {
    const plot = this.#plot;
    if (!plot) return;
    for (const [i, show] of shown.entries()) {
      if (plot.series[i + 1]!.show !== show) plot.setSeries(i + 1, { show });
    }
  }

  /** What lies over the lines, and how large it is, CSS pixels; nothing is read of the page. */
  get over(): { el: HTMLElement; width: number; height: number } | null {
    if (!this.#plot) return null;
    const { over, bbox } = this.#plot;
    return { el: over, width: bbox.width / devicePixelRatio, height: bbox.height / devicePixelRatio };
  }
}
