// Trend: where the number of a card is going: an arrow, by how much, and since when.

import { ems } from "../draw/fitting";
import { cardWords } from "../text/card_words";
import { changeOf } from "../text/changes";
import { type NumberFormat, type Parted, parted, shortened } from "../text/format";
import { h, setAttribute, setNumber, setText } from "./dom";

/** Size of its text, CSS pixels: as wide as bold letters of this. */
const TREND_PX = 11.5;

const ARROW = { up: "▲", down: "▼", neutral: "" };

export type Direction = keyof typeof ARROW;

/** A change, and how it is written. */
export interface Told {
  value: number;
  delta: number;
  /** What it is since, in words. */
  since: string;
  format: NumberFormat;
  relative: boolean;
  /** Which direction is good news; empty: neither. */
  good: string;
}

export class Trend {
  readonly root = h("span", "rw-trend");
  readonly #change = h("span", "rw-phrase");
  readonly #since = h("span", "rw-phrase");

  constructor(signal: AbortSignal) {
    this.root.append(this.#change, " ", this.#since);
    setAttribute(this.root, "role", "img"); // an arrow, which has a word for those who listen
    const observer = new ResizeObserver(() => this.#keepLines());
    observer.observe(this.root);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** A trend that once took two lines keeps them: else the card, and all below it, would jump with its digits. */
  #keepLines(): void {
    if (this.#since.offsetTop > this.#change.offsetTop) setAttribute(this.root, "data-rw-lines", "2");
  }

  /** Lets it have one line again: its room is another. */
  measure(): void {
    this.root.removeAttribute("data-rw-lines");
  }

  hide(hidden: boolean): void {
    if (this.root.hidden !== hidden) this.root.hidden = hidden;
  }

  /**
   * Writes a change into so many pixels, and returns its direction. A line of it may end between the change and what it is
   * since, and before the words of a unit, and nowhere within a number.
   */
  write({ value, delta, since, format, relative, good }: Told, room: number, locale: string): Direction {
    const { direction, text } = changeOf(value, delta, format, locale, relative);
    const phrase = (text: string, format: NumberFormat, end = "·"): Parted => {
      const [number, rest] = parted(text, format);
      const by = [ARROW[direction], number, !rest && text && end].filter(Boolean).join(" ");
      return [by, rest && `${rest}\u00a0${end}`];
    };
    const whole = phrase(text, format);
    let shown = whole;
    const fits = () => ems(shown[0]) * TREND_PX <= room;
    if (!fits()) {
      const less = shortened(format);
      const { text } = changeOf(value, delta, format, locale, relative, less);
      shown = phrase(text, less);
      if (!fits()) shown = phrase(text, less, ""); // what it is since is in the next line anyway
    }
    setNumber(this.#change, ...shown);
    setText(this.#since, since);
    setAttribute(this.root, "aria-label", `${cardWords(locale)(direction)} ${whole.join("")} ${since}`);
    const verdict = !good || direction === "neutral" ? "" : direction === good ? "good" : "bad";
    setAttribute(this.root, "data-rw-verdict", verdict);
    return direction;
  }
}
