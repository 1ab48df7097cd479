// Progress: the page's half. A row for each thing that is counted; the seconds are counted here, without any traffic.

import progressStyles from "./bars.css";
import type { Part } from "./lib/hop/frames";
import { define } from "./lib/hop/slot";
import { progressWords } from "./lib/text/progress_words";
import type { Row } from "./lib/text/tasks";
import { Bar, endText } from "./lib/view/bar";
import { h, setAttribute, setText } from "./lib/view/dom";
import { LiveWidget, type View } from "./lib/view/live";

export class Progress extends LiveWidget {
  static override readonly settings: readonly string[] = [];
  static override readonly styles = progressStyles;

  rows: Row[] = [];
  /** How many rows there are that are not shown. */
  more = 0;
  #toldAt = 0;
  /** Whether those who listen know that it is there. */
  #known = false;

  protected get empty(): boolean {
    return this.rows.length === 0;
  }

  get lastTs(): null {
    return null;
  }

  override get name(): string {
    return this.rows[0]?.title || this.get<string>("title") || progressWords(this.locale)("progress");
  }

  /** Seconds since the kernel spoke; of one that is gone nobody knows that its work goes on. */
  get since(): number {
    return this.kernelGone ? 0 : (this.host.clock.now() - this.#toldAt) / 1000;
  }

  protected override get moves(): boolean {
    return !this.kernelGone && !this.paused && this.rows.some(({ state }) => state === "running");
  }

  protected take(part: Part): void {
    const body = part.body as unknown as { rows: Row[]; more?: number };
    this.rows = body.rows;
    this.more = body.more ?? 0;
    this.#toldAt = this.host.clock.now();
    this.#tellEnd();
  }

  /** How the whole has ended is said once; how far it is, never. */
  #tellEnd(): void {
    const outer = this.rows.filter(({ depth }) => depth === 0); // several, where jobs run beside each other
    const first = outer.find(({ state }) => state === "failed") ?? outer[0];
    if (!first) return;
    const ended = outer.every((row) => endText(row, this.locale) !== "");
    if (!ended && this.#known) return;
    this.#known = true;
    const title = first !== outer[0] && first.title ? `${first.title}: ` : "";
    const text = () => title + endText(first, this.locale);
    this.tell("end", ended ? `${first.state} ${first.runs}` : "", text, first.state === "failed");
  }

  protected view(el: HTMLElement, signal: AbortSignal): View {
    return new ProgressView(this, el, this.root("progress"), signal);
  }
}

class ProgressView implements View {
  readonly status = h("span", "rw-status");
  readonly #tasks = h("div", "rw-tasks");
  readonly #more = h("div", "rw-task-more");
  readonly #bars = new Map<number, Bar>();
  #order = "";
  /** Whether there is a picture that a pause keeps. */
  #drawn = false;

  constructor(
    readonly widget: Progress,
    el: HTMLElement,
    readonly root: HTMLElement,
    readonly signal: AbortSignal,
  ) {
    setAttribute(root, "role", "group");
    root.append(this.#tasks, this.#more, this.status);
    el.append(root);
  }

  draw(): void {
    const { widget } = this;
    const { locale, rows, more, since } = widget;
    setAttribute(this.root, "aria-label", widget.name);
    if (widget.paused && this.#drawn) return;
    this.#drawn = rows.length > 0;
    this.#arrange(rows);
    const told = new Set<string>();
    for (const row of rows) {
      const { error = "", key } = row;
      this.#bars.get(key)!.draw(row, since, locale, told.has(error) ? "" : error); // outer loops fail with inner ones
      told.add(error);
    }
    setText(this.#more, more ? progressWords(locale)("more", String(more)) : "");
    this.#more.hidden = !more;
  }

  #arrange(rows: Row[]): void {
    const order = rows.map(({ key }) => key).join();
    if (order === this.#order) return;
    this.#order = order;
    const bars = rows.map(({ key }): [number, Bar] => [key, this.#bars.get(key) ?? new Bar(this.signal)]);
    this.#bars.clear();
    for (const [key, bar] of bars) this.#bars.set(key, bar);
    this.#tasks.replaceChildren(...bars.map(([, { root }]) => root));
  }
}

define("progress", Progress);
