// Tooltip: the values of all lines at one place of the axis, the greatest first.

import type { Ink } from "../draw/palette";
import { h, setText } from "./dom";
import { type Anchor, Layer } from "./layer";
import { lineKey } from "./line_key";

/** One line at the place. */
export interface Row {
  label: string;
  ink: Ink;
  value: number;
  text: string;
  /** Whether it is the one that is pointed at. */
  near: boolean;
}

/** Rows that a tooltip has room for; the rest is counted. */
const MOST = 12;

export class Tooltip {
  readonly #layer: Layer;
  readonly #place = h("div", "rw-tip-place");
  readonly #rows = h("div", "rw-tip-rows");
  readonly #more = h("div", "rw-tip-more");
  #kept: { row: HTMLElement; key: HTMLElement; look: string; label: HTMLElement; text: HTMLElement }[] = [];

  constructor(el: HTMLElement, anchor: (anew: boolean) => Anchor | null, signal: AbortSignal) {
    this.#layer = new Layer(el, "rw-tip", anchor, signal);
    this.#layer.root.setAttribute("aria-hidden", "true"); // the live region of the chart says the same
    this.#layer.root.append(this.#place, this.#rows, this.#more);
  }

  /** Writes what is at a place; `more` says how many rows are left out. */
  write(place: string, all: Row[], more: (count: number) => string): void {
    const rows = chosen(all);
    setText(this.#place, place);
    setText(this.#more, rows.length < all.length ? more(all.length - rows.length) : "");
    while (this.#kept.length > rows.length) this.#kept.pop()!.row.remove();
    for (const [i, row] of rows.entries()) this.#write(i, row);
  }

  show(): void {
    this.#layer.show();
  }

  hide(): void {
    this.#layer.hide();
  }

  #write(i: number, { label, ink, text, near }: Row): void {
    const look = `${ink.color} ${ink.dash}`;
    let kept = this.#kept[i];
    if (!kept) {
      const row = h("div", "rw-tip-row");
      kept = { row, key: lineKey(ink), look, label: h("span", "rw-label"), text: h("span", "rw-tip-value") };
      row.append(kept.key, kept.label, kept.text);
      this.#rows.append(row);
      this.#kept[i] = kept;
    }
    if (kept.look !== look) {
      const key = lineKey(ink);
      kept.key.replaceWith(key);
      Object.assign(kept, { key, look });
    }
    setText(kept.label, label);
    setText(kept.text, text);
    kept.row.toggleAttribute("data-rw-near", near);
  }
}

/** The greatest values first; of more than there is room for the first, and always the one that is pointed at. */
export function chosen(all: Row[]): Row[] {
  const sorted = [...all].sort((one, other) => other.value - one.value);
  if (sorted.length <= MOST) return sorted;
  const near = sorted.findIndex((row) => row.near);
  return near < MOST ? sorted.slice(0, MOST) : [...sorted.slice(0, MOST - 1), sorted[near]!];
}
