// Rows: what a log says in each of its lines, as elements, and as text to take away.

import { formatter } from "../text/format";
import { type LogWord, logWords } from "../text/log_words";
import { momentText, timeText } from "../text/times";
import { type Word, words } from "../text/words";
import { h, setAttribute, setText } from "./dom";
import { foldButton, folds, lineOf } from "./fold";
import { marked } from "./highlight";
import { type Icon, icon, showIcon } from "./icons";
import { type Item, isEvent, isGap, type LogEvent } from "./log";

/** The levels we know, the gravest first; others show their own word, whatever that is, and look like `info`. */
const LOOKS: ReadonlyMap<string, { icon: Icon; word: Word }> = new Map([
  ["error", { icon: "cross", word: "error" }],
  ["warning", { icon: "triangle", word: "warning" }],
  ["success", { icon: "check", word: "success" }],
  ["info", { icon: "disc", word: "info" }],
  ["debug", { icon: "dot", word: "debug" }],
]);

/** Why events can be missing; see realtime_widgets/streams/gaps.py. */
const REASONS: LogWord[] = ["trimmed", "epoch_changed", "overflow", "lost", "unknown_source"];

/** Characters above which a text may not fit its column. */
const FITTING = { level: 7, source: 12 };

/** Levels in the order in which they are offered: ours, the gravest first, then those of others. */
export function inOrder(levels: Iterable<string>): string[] {
  const known = [...LOOKS.keys()];
  const others = [...levels].filter((level) => level && !LOOKS.has(level)).sort();
  const given = new Set(levels);
  return [...known.filter((level) => given.has(level)), ...others];
}

/** The look of a level: its own, or that of info. */
export function lookOf(level: string): string {
  return LOOKS.has(level) ? level : "info";
}

export function levelIcon(level: string): SVGElement {
  return icon(iconOf(level));
}

function iconOf(level: string): Icon {
  return LOOKS.get(level)?.icon ?? "disc";
}

/** The word for a level. */
export function levelText(level: string, locale: string): string {
  const known = LOOKS.get(level);
  return known ? words(locale)(known.word) : level;
}

/** Makes the line of an item, with what is looked for marked; below one that is open its details are to stand. */
export function row(item: Item, locale: string, zone: string, looked = "", open = false): HTMLElement {
  if (isGap(item)) return h("div", "rw-missed", missedText(item.count, locale));
  if (item.level === null) return h("div", "rw-missed rw-lost", lostText(item, locale));
  const line = h("div", "rw-event");
  const message = h("span", "rw-message");
  message.dir = "auto";
  line.append(h("time", "rw-at"), h("span", "rw-grade"), h("span", "rw-source"), message);
  writeRow(line, item as LogEvent & { level: string }, locale, zone, looked, open);
  return line;
}

/** Writes an event into a line, in place of what it says: that costs the browser half of a new one. */
export function writeRow(
  line: HTMLElement,
  item: LogEvent & { level: string },
  locale: string,
  zone: string,
  looked = "",
  open = false,
): void {
  const [at, grade, source, message] = line.children as unknown as HTMLElement[];
  const { seq, ts, level } = item;
  setText(at!, timeText(ts, locale, false, zone));
  setTitle(at!, momentText(ts, locale, zone));
  setAttribute(line, "data-rw-level", lookOf(level));
  if (level) {
    showIcon(grade!, iconOf(level));
    const word = levelText(level, locale);
    const last = grade!.lastChild;
    if (!(last instanceof Text)) grade!.append(word);
    else if (last.data !== word) last.data = word;
  } else grade!.replaceChildren();
  setTitle(grade!, level.length > FITTING.level ? level : "");
  setMarked(source!, item.source, looked);
  setTitle(source!, item.source.length > FITTING.source ? item.source : "");
  const text = String(item.message);
  const folded = folds(item);
  if (folded) {
    const first = h("span", "rw-line");
    first.append(...marked(lineOf(text, looked), looked));
    message!.replaceChildren(foldButton(seq, open, locale), first);
  } else setMarked(message!, text, looked);
  line.toggleAttribute("data-rw-open", open && folded);
}

function setMarked(el: HTMLElement, text: string, looked: string): void {
  if (looked || el.firstElementChild) el.replaceChildren(...marked(text, looked));
  else setText(el, text);
}

function setTitle(el: HTMLElement, title: string): void {
  if (title) setAttribute(el, "title", title);
  else el.removeAttribute("title");
}

/** Makes the line that names the day of the lines below it. */
export function dayRow(text: string): HTMLElement {
  return h("div", "rw-day", text);
}

/** Items as lines of text; tabs between their parts, of which those are left out that no line has. */
export function rowsText(items: Item[], locale: string, zone: string): string {
  const events = items.filter(isEvent);
  const graded = events.some(({ level }) => level);
  const sourced = events.some(({ source }) => source);
  const lines = items.map((item) => {
    if (isGap(item)) return missedText(item.count, locale);
    if (item.level === null) return lostText(item, locale);
    const { ts, level, source, message } = item;
    const parts = [
      momentText(ts, locale, zone),
      graded && levelText(level, locale),
      sourced && source,
      `${message}`,
    ];
    return parts.filter((part) => part !== false).join("\t");
  });
  return `${lines.join("\n")}\n`;
}

function missedText(missed: number, locale: string): string {
  const say = logWords(locale);
  const count = formatter({ name: "number" }, locale)(missed);
  return missed === 1 ? say("missed_event") : say("missed_events", count);
}

/** What never came, and why. */
function lostText({ source: reason, message: count }: LogEvent, locale: string): string {
  const say = logWords(locale);
  const number = formatter({ name: "number" }, locale);
  const what =
    typeof count !== "number"
      ? say(reason === "unknown_source" ? "missing_maybe" : "missing_some")
      : count === 1
        ? say("missing_one")
        : say("missing_count", number(count));
  return REASONS.includes(reason as LogWord) ? words(locale)("because", what, say(reason as LogWord)) : what;
}
