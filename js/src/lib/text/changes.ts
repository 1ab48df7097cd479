// Changes: by how much a number has changed, and the number with all its digits.

import { cardWords } from "./card_words";
import {
  currencyOf,
  FEW,
  formatter,
  HUGE,
  minorDigits,
  moneyWriter,
  type NumberFormat,
  percentWriter,
  plainly,
  smallOf,
  suffix,
  TWO_DIGITS,
} from "./format";
import { numberWriter } from "./intl";

/** What has become of a number. */
export interface Change {
  direction: "up" | "down" | "neutral";
  /** With its sign; empty where no digits tell it. */
  text: string;
}

/** Of numbers, the part by which sums of them may be off: binary fractions are rounded. */
const NOISE = 1e-12;

/** Of numbers in a short form, the part below which a change is none. */
const LITTLE = 1e-4;

/**
 * How a number has become what it is, by `delta`, in the digits that are written of it: what is less than those can tell
 * is no change. The change of a percentage is in points, or relative to what it was before; of that, an infinite one and
 * one that is next to nothing have no text. `written` is the format of the change, where that is another one.
 */
export function changeOf(
  value: number,
  delta: number,
  format: NumberFormat,
  locale: string,
  relative = false,
  written = format,
): Change {
  const before = value - delta;
  const size = Math.max(Math.abs(value), Math.abs(before));
  const real = Math.abs(delta) > NOISE * size ? delta : 0;
  const told = inDigits(real, size, format);
  const write = formatter(format, locale);
  const change = told || (write(value) === write(before) ? 0 : real);
  const say = sizeWriter(written, locale, relative);
  if (!change) return { direction: "neutral", text: `±${say(0)}` };
  const up = change > 0;
  const ratio = before ? Math.abs(real / before) : 0; // there is none to nothing
  const by = say(!relative ? Math.abs(change) : ratio < LITTLE ? 0 : ratio);
  return { direction: up ? "up" : "down", text: by === say(0) ? "" : (up ? "+" : "−") + by };
}

/** A change rounded to the last digit that is written of numbers of a size. */
function inDigits(change: number, size: number, format: NumberFormat): number {
  const digit = lastDigit(format, size);
  if (digit) return Math.round(change / digit) * digit;
  return Math.abs(change) < LITTLE * size ? 0 : change;
}

/** What one of the last digit counts that is written of a number of this size; 0 where it is short for one of more digits. */
function lastDigit(format: NumberFormat, size: number): number {
  const plain = plainly(format, size);
  if (plain) return lastDigit(plain.format, size * plain.factor) / plain.factor;
  const { name, precision } = format;
  if (name !== "number" && name !== "percentage") return 0;
  const factor = name === "percentage" ? 100 : 1;
  const shown = size * factor;
  const { below, digits } = factor > 1 ? FEW : smallOf(format);
  const currency = currencyOf(format);
  const after = factor > 1 ? 1 : currency ? minorDigits(currency) : shown >= TWO_DIGITS ? 2 : 3;
  const exact = shown >= HUGE || (shown > 0 && shown < below && precision === undefined);
  return 10 ** -(exact ? digits - 1 - Math.floor(Math.log10(shown)) : (precision ?? after)) / factor;
}

function sizeWriter(format: NumberFormat, locale: string, relative: boolean): (size: number) => string {
  if (relative) return formatter({ name: "percentage", short: format.short }, locale);
  if (format.name !== "percentage") return formatter(format, locale);
  const usual = percentWriter(format, locale, {});
  return (change) => {
    const plain = plainly(format, change);
    const points = plain
      ? formatter({ ...plain.format, unit: "" }, locale)(change * plain.factor)
      : usual(change);
    return `${points} ${cardWords(locale)("points")}`;
  };
}

/** A value with all its digits, for tooltips. */
export function exactText(value: number, format: NumberFormat, locale: string): string {
  const { name } = format;
  const all = { maximumFractionDigits: 20 };
  if (name === "percentage") return numberWriter(locale, { style: "percent", ...all })(value);
  const unit = { bytes: " B", duration: " ms" }[name as string] ?? "";
  const size = Math.abs(value);
  const extreme = size >= HUGE || (size > 0 && size < 1e-6);
  const options: Intl.NumberFormatOptions = extreme ? { notation: "scientific", ...all } : all;
  const own = name === "si" ? suffix({ ...format, name: "number" }) : suffix(format);
  return moneyWriter(format, locale, options)(value) + unit + own;
}
