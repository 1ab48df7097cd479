// Lone: what stands beside the title of a chart with one line, in the place of a legend, and the time that it is of.

import { words } from "../text/words";
import { h, setNumber, setText } from "./dom";
import type { LegendValue, Written } from "./legend";

export class Lone {
  readonly root = h("span", "rw-lone");
  readonly #label = h("span", "rw-label");
  /** Stands where there is room for all of it, or not at all. */
  readonly time = h("span", "rw-lone-time");
  readonly #time = h("span", "rw-time");
  #cells: HTMLElement[] = [];

  /** Makes room for values; the label is hidden where the title says it. Without values there is nothing. */
  make(label: string, titled: boolean, values: LegendValue[], locale: string): void {
    const say = words(locale);
    this.#label.textContent = label;
    this.#label.hidden = titled;
    this.#cells = values.map(() => h("span", "rw-reading"));
    const parts = values.flatMap((value, i) =>
      value === "last" ? [this.#cells[i]!] : [h("span", "rw-lone-word", say(value)), this.#cells[i]!],
    );
    this.root.replaceChildren(...(values.length ? [this.#label, ...parts] : []));
    this.time.replaceChildren(...(values.length ? [this.#time] : []));
    this.root.hidden = this.time.hidden = !values.length;
  }

  write(values: Written[], time: string): void {
    for (const [i, cell] of this.#cells.entries()) setNumber(cell, ...(values[i]?.parts ?? ["", ""]));
    setText(this.#time, time);
  }
}
