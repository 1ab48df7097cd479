// Tasks: what is said of something that is counted: how far it is, how fast, since when, until when.

import { durationText } from "./durations";
import { formatter } from "./format";
import { numberWriter } from "./intl";
import { progressWords } from "./progress_words";

/** What the kernel says of one thing that is counted; see realtime_widgets/feeds/progress.py. */
export interface Row {
  key: number;
  depth: number;
  title?: string;
  note?: string;
  unit?: string;
  done: number;
  total?: number;
  state: "waiting" | "running" | "done" | "failed" | "stopped";
  runs: number;
  /** Seconds; while it runs, as it was when the kernel said so. */
  elapsed?: number;
  rate?: number;
  remaining?: number;
  error?: string;
}

export interface Said {
  /** How much of the bar is full, 0 to 1; null: nobody knows how much there is. */
  share: number | null;
  percent: string;
  count: string;
  rate: string;
  elapsed: string;
  left: string;
  /** The state in a word; empty while there is none to say. */
  word: string;
}

/** From here on a rate is written in thousands, millions … */
const COMPACT_FROM = 1e5;

/** Seconds from which on what remains is said in steps of so many. */
const STEPS = [
  [600, 60],
  [60, 5],
  [0, 1],
] as const;

/** What to say of a row, `since` seconds after the kernel said what is in it. */
export function told(row: Row, since: number, locale: string): Said {
  const say = progressWords(locale);
  const share = shareOf(row);
  const running = row.state === "running";
  const elapsed = row.elapsed === undefined ? null : row.elapsed + (running ? since : 0);
  return {
    share,
    percent: share === null ? "" : percentText(share, locale),
    count: countText(row, locale),
    rate: row.rate === undefined ? "" : rateText(row.rate, row.unit ?? "", locale),
    elapsed:
      elapsed === null
        ? ""
        : running
          ? say("elapsed", wholeSeconds(elapsed, locale))
          : say("took", durationText(elapsed * 1000, locale)),
    left:
      running && row.remaining !== undefined
        ? say("left", wholeSeconds(stepped(row.remaining - since), locale))
        : "",
    word: row.state === "running" || row.state === "waiting" ? "" : say(row.state),
  };
}

/** More than there should be is no share. */
function shareOf({ done, total, state }: Row): number | null {
  if (total === undefined || done > total) return state === "done" ? 1 : null;
  if (total === 0) return state === "done" ? 1 : 0;
  return done / total;
}

/** Only what is whole is 100 %. */
function percentText(share: number, locale: string): string {
  return formatter({ name: "percentage", precision: 0 }, locale)(Math.floor(share * 100 + 1e-9) / 100);
}

function countText({ done, total, unit = "" }: Row, locale: string): string {
  const bytes = unit === "B";
  const write = formatter(bytes ? { name: "bytes" } : { name: "number" }, locale);
  const count = total === undefined ? write(done) : `${write(done)} / ${write(total)}`;
  return unit && !bytes ? `${count} ${unit}` : count;
}

/** So many a second; of what is slower than that, how long each takes. */
export function rateText(rate: number, unit: string, locale: string): string {
  const say = progressWords(locale);
  if (unit === "B") return say("bytes_rate", formatter({ name: "bytes" }, locale)(rate));
  const of = unit || say("item");
  if (rate <= 0) return say("rate", "0", of);
  if (rate < 1) return say("each", durationText(1000 / rate, locale), of);
  const write = numberWriter(locale, {
    maximumSignificantDigits: 3,
    ...(rate >= COMPACT_FROM && { notation: "compact" }),
  });
  return say("rate", write(rate), of);
}

/** What remains, to no more than can be known: it is never nothing. */
function stepped(seconds: number): number {
  const [, step] = STEPS.find(([from]) => seconds >= from) ?? STEPS[2];
  return Math.max(1, Math.ceil(seconds / step) * step);
}

function wholeSeconds(seconds: number, locale: string): string {
  return seconds < 1 ? progressWords(locale)("no_seconds") : durationText(Math.floor(seconds) * 1000, locale);
}
