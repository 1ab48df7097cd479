// Legend: the names of a chart's lines, each a button that shows or hides its line, with a value behind it.

import { words } from "../text/words";
import { h, holdsFocus, setText } from "./dom";

export class Legend {
  readonly root = h("div", "rw-legend");
  readonly #time = h("span", "rw-time");
  /** Labels of the lines that the reader has hidden. */
  readonly #hidden = new Set<string>();
  readonly #toggled: (label: string, show: boolean) => void;
  #readings: HTMLElement[] = [];
  #say = words("en");

  /** `toggled` is called after a click on a name. */
  constructor(toggled: (label: string, show: boolean) => void, signal: AbortSignal) {
    this.#toggled = toggled;
    this.root.addEventListener("click", (event) => this.#toggle(event), { signal });
  }

  /** Whether a line is shown. */
  shows(label: string): boolean {
    return !this.#hidden.has(label);
  }

  /** Makes the names anew. */
  make(lines: { label: string; color: string }[], locale: string): void {
    this.#say = words(locale);
    this.#readings = [];
    const focused = [...this.root.querySelectorAll<HTMLElement>("[data-rw-trace]")].find(holdsFocus);
    const items = lines.map(({ label, color }) => {
      const item = h("button", "rw-button");
      item.type = "button";
      item.dataset.rwTrace = label;
      this.#mark(item, label);
      const key = h("span", "rw-key");
      key.style.background = color;
      const reading = h("span", "rw-reading");
      this.#readings.push(reading);
      item.append(key, h("span", "rw-label", label), reading);
      return item;
    });
    this.root.replaceChildren(...items, this.#time);
    if (focused) items.find(({ dataset }) => dataset.rwTrace === focused.dataset.rwTrace)?.focus();
  }

  /** Writes a value behind each name, in their order, and the time that they are of. */
  write(readings: string[], time: string): void {
    for (const [i, item] of this.#readings.entries()) setText(item, readings[i] ?? "");
    setText(this.#time, time);
  }

  #mark(item: HTMLElement, label: string): void {
    const shown = this.shows(label);
    item.setAttribute("aria-pressed", String(shown));
    item.title = this.#say(shown ? "hide" : "show", label);
  }

  #toggle(event: Event): void {
    const item = (event.target as Element).closest<HTMLElement>("[data-rw-trace]");
    if (!item) return;
    const label = item.dataset.rwTrace!;
    if (!this.#hidden.delete(label)) this.#hidden.add(label);
    this.#mark(item, label);
    this.#toggled(label, this.shows(label));
  }
}
