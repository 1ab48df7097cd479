// Bar: one row of a progress card: title and state, the bar itself, and the numbers below it.

import { type ProgressWord, progressWords } from "../text/progress_words";
import { type Row, type Said, told } from "../text/tasks";
import { h, setAttribute, setText, tellWhole } from "./dom";
import { type Icon, showIcon } from "./icons";

const ICONS: Partial<Record<Row["state"], Icon>> = { done: "check", failed: "cross", stopped: "ring" };

export class Bar {
  readonly root = h("div", "rw-task");
  readonly #title = h("span", "rw-task-title");
  readonly #runs = h("span", "rw-task-runs");
  readonly #note = h("span", "rw-task-note");
  readonly #state = h("span", "rw-task-state");
  readonly #mark = h("span", "rw-task-mark");
  readonly #word = h("span", "rw-task-word");
  readonly #percent = h("span", "rw-task-percent");
  readonly #bar = h("div", "rw-bar");
  readonly #fill = h("div", "rw-fill");
  readonly #did = h("span", "rw-task-did");
  readonly #time = h("span", "rw-task-time");
  readonly #error = h("div", "rw-error");

  constructor(signal: AbortSignal) {
    const head = h("div", "rw-task-head");
    const foot = h("div", "rw-task-foot");
    const name = h("span", "rw-task-name");
    for (const el of [this.#title, this.#note]) tellWhole(el, signal);
    name.append(this.#title, this.#runs, this.#note);
    this.#state.append(this.#mark, this.#word, this.#percent);
    head.append(name, this.#state);
    this.#bar.append(this.#fill);
    setAttribute(this.#bar, "role", "progressbar");
    setAttribute(this.#bar, "aria-valuemin", "0");
    foot.append(this.#did, this.#time);
    this.root.append(head, this.#bar, foot, this.#error);
  }

  /** Draws a row, `since` seconds after the kernel said what is in it; `why` it failed, where that is not said above. */
  draw(row: Row, since: number, locale: string, why = row.error ?? ""): void {
    const say = progressWords(locale);
    const said = told(row, since, locale);
    const { root } = this;
    if (root.dataset.rwTask !== row.state) root.dataset.rwTask = row.state;
    root.style.setProperty("--rw-depth", String(Math.min(row.depth, 6)));
    setText(this.#title, row.title ?? "");
    setText(this.#runs, row.runs > 1 ? `×${row.runs}` : "");
    this.#runs.title = row.runs > 1 ? say("run", String(row.runs)) : "";
    setText(this.#note, row.note ?? "");
    this.#drawState(row, said);
    this.#drawBar(row, said, row.title || say("progress"));
    setText(this.#did, [said.count, said.rate].filter(Boolean).join(" · "));
    setText(this.#time, [said.elapsed, said.left].filter(Boolean).join(" · "));
    setText(this.#error, why);
    this.#error.hidden = !why;
  }

  #drawState({ state }: Row, { word, percent }: Said): void {
    const shape = ICONS[state];
    if (shape) showIcon(this.#mark, shape);
    this.#mark.hidden = !shape;
    setText(this.#word, word);
    const whole = state === "done" ? "" : percent; // a check says it
    setText(this.#percent, whole);
  }

  #drawBar({ done, total, state }: Row, { share, percent, count, left, word }: Said, name: string): void {
    const bar = this.#bar;
    const unknown = share === null && state === "running";
    bar.toggleAttribute("data-rw-unknown", unknown);
    this.#fill.style.inlineSize = unknown ? "" : `${(share ?? (done ? 1 : 0)) * 100}%`;
    setAttribute(bar, "aria-label", name);
    setAttribute(bar, "aria-valuetext", [word, percent, count, left].filter(Boolean).join(", "));
    if (share === null || !total || done > total) {
      bar.removeAttribute("aria-valuemax");
      bar.removeAttribute("aria-valuenow");
    } else {
      setAttribute(bar, "aria-valuemax", String(total));
      setAttribute(bar, "aria-valuenow", String(done));
    }
  }
}

/** How something has ended, for those who listen; empty while it has not. */
export function endText(row: Row, locale: string): string {
  const say = progressWords(locale);
  const { word, elapsed } = told(row, 0, locale);
  if (!word) return "";
  const why = row.state === "failed" ? row.error : elapsed;
  return why ? say("why" satisfies ProgressWord, word, why) : word;
}
