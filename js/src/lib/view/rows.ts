// Rows: what a log says in each of its lines, as elements, and as text to take away.

import { formatter } from "../text/format";
import { type LogWord, logWords } from "../text/log_words";
import { momentText, timeText } from "../text/times";
import { type Word, words } from "../text/words";
import { h } from "./dom";
import { foldButton, folds, lineOf } from "./fold";
import { marked } from "./highlight";
import { type Icon, icon } from "./icons";
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
  return icon(LOOKS.get(level)?.icon ?? "disc");
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
  const at = h("time", "rw-at", timeText(item.ts, locale, false, zone));
  at.title = momentText(item.ts, locale, zone);
  const grade = h("span", "rw-grade");
  line.dataset.rwLevel = lookOf(item.level);
  if (item.level) grade.append(levelIcon(item.level), levelText(item.level, locale));
  const source = h("span", "rw-source");
  source.append(...marked(item.source, looked));
  if (item.level.length > FITTING.level) grade.title = item.level;
  if (item.source.length > FITTING.source) source.title = item.source;
  const message = h("span", "rw-message");
  message.dir = "auto";
  const text = String(item.message);
  const folded = folds(item);
  if (folded) {
    const first = h("span", "rw-line");
    first.append(...marked(lineOf(text, looked), looked));
    message.append(foldButton(item.seq, open, locale), first);
  } else message.append(...marked(text, looked));
  line.toggleAttribute("data-rw-open", open && folded);
  line.append(at, grade, source, message);
  return line;
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
