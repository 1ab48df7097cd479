// Comparisons: what the number of a card is made of, and what its change is since, in words. What is asked for:
// realtime_widgets/feeds/comparison.py.

import { cardWords } from "./card_words";
import { durationText, windowText } from "./durations";
import { formatter, type NumberFormat } from "./format";
import { unbroken } from "./intl";

export interface Comparison {
  kind: "window" | "previous" | "value" | "ago" | "none";
  /** The number, of the kind `value`; seconds, of `ago`. */
  value: number;
}

export type Reduce = "last" | "mean" | "max" | "min" | "sum" | "rate";

/** A time that is shorter than the one asked for by less than this part is called by that: it is not counted in seconds. */
const NEARLY = 0.99;

/**
 * Of which numbers a change tells: `last 60 s`, `vs previous`, `vs 0.5`, `vs 5 min ago`. `seconds` are those of the window,
 * `span` those that the change really covers.
 */
export function sinceText(
  { kind, value }: Comparison,
  reduce: Reduce,
  seconds: number,
  span: number,
  format: NumberFormat,
  locale: string,
): string {
  const say = cardWords(locale);
  if (kind === "value") return say("vs_value", unbroken(formatter(format, locale)(value)));
  if (reduce === "last" && kind === "window") return say("over", unbroken(windowText(seconds, locale)));
  if (reduce === "last" && kind === "previous") return say("vs_previous");
  if (kind !== "ago") return say("vs_ago", lengthText(seconds, span, windowText, locale));
  return say(
    "vs_ago",
    lengthText(value, span, (length) => durationText(length * 1000, locale), locale),
  );
}

/** What a number is made of: `mean · 60 s`; empty for the newest value. `known` are the seconds that are known of its window. */
export function madeText(reduce: Reduce, seconds: number, known: number, locale: string): string {
  return reduce === "last" ? "" : cardWords(locale)(reduce, lengthText(seconds, known, windowText, locale));
}

/** A length of time that was asked for, or the one that it is, where that is shorter. */
function lengthText(
  asked: number,
  found: number,
  write: (seconds: number, locale: string) => string,
  locale: string,
): string {
  const whole = found < asked * NEARLY ? (found < 1 ? found : Math.floor(found)) : asked;
  return unbroken(write(whole, locale));
}
