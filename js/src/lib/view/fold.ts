// Fold: an event that says more than one line: a button that opens it, and what stands below it then.

import { type LogWord, logWords } from "../text/log_words";
import { words } from "../text/words";
import type { Told } from "./details";
import { h, setAttribute } from "./dom";
import { plain } from "./filter";
import { marked } from "./highlight";
import { icon } from "./icons";
import type { LogEvent } from "./log";

/** Characters of a line beyond which it is folded: three lines of a wide log. */
const LONG = 400;

/** The field that needs no name: what `logging` has to say of an error. */
const DETAILS = "details";

/** Whether an event says more than its line shows. */
export function folds({ more, message }: LogEvent): boolean {
  return more === true || (typeof message === "string" && (message.length > LONG || message.includes("\n")));
}

/** The line that stands for a message: its first, or the first that has what is looked for. */
export function lineOf(message: string, looked: string): string {
  const lines = message.split("\n");
  const line = (looked && lines.find((each) => plain(each).includes(looked))) || lines[0]!;
  if (line.length <= LONG) return line;
  const at = looked ? Math.max(0, plain(line).indexOf(looked) - LONG / 2) : 0;
  return `${at ? "…" : ""}${line.slice(at, at + LONG)}…`;
}

/** Makes the button that opens an event, or closes it. */
export function foldButton(seq: number, open: boolean, locale: string): HTMLButtonElement {
  const button = h("button", "rw-button rw-fold");
  button.type = "button";
  button.tabIndex = -1; // the list gives one of them a place among the stops
  button.dataset.rwSeq = String(seq);
  setAttribute(button, "aria-expanded", String(open));
  setAttribute(button, "aria-label", logWords(locale)("details"));
  button.append(icon("fold"));
  return button;
}

/** Makes what stands below an open event; `told` is null where its row has it all. */
export function foldBlock(event: LogEvent, told: Told | null, looked: string, locale: string): HTMLElement {
  const block = h("div", "rw-details");
  const message = told?.message || String(event.message ?? "");
  if (folds({ ...event, more: false, message })) block.append(preformatted(message, looked));
  const list = h("dl", "rw-fields");
  for (const [name, text] of told?.fields ?? []) {
    if (name === DETAILS) {
      block.append(preformatted(text, looked));
      continue;
    }
    const value = h("dd", "rw-said-of");
    value.dir = "auto";
    value.append(...marked(text, looked));
    list.append(h("dt", "rw-field", name), value);
  }
  if (list.childElementCount) block.append(list);
  if (told && told.state !== "here") block.append(h("div", "rw-waits", waitText(told.state, locale)));
  return block;
}

function waitText(state: "asked" | "late" | "gone", locale: string): string {
  if (state === "asked") return `${words(locale)("loading")}…`;
  const said: LogWord = state === "late" ? "details_late" : "details_gone";
  return logWords(locale)(said);
}

function preformatted(text: string, looked: string): HTMLElement {
  const whole = h("pre", "rw-whole");
  whole.dir = "auto";
  whole.append(...marked(text, looked));
  return whole;
}
