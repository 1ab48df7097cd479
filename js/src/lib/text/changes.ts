// Changes: by how much a number has changed, and the number with all its digits.

import { formatter, HUGE, moneyWriter, type NumberFormat, suffix } from "./format";
import { numberWriter } from "./intl";
import { words } from "./words";

/**
 * A function from change to text with its sign. The change of a percentage is in points, or relative to what it was
 * before; of that, an infinite one is none.
 */
export function changeFormatter(
  format: NumberFormat,
  locale: string,
  relative = false,
): (change: number) => string {
  const { precision } = format;
  const write = relative
    ? formatter({ name: "percentage" }, locale)
    : format.name === "percentage"
      ? points(locale, precision ?? 1)
      : formatter(format, locale);
  return (change) => {
    const size = write(Math.abs(change));
    return size === write(0) ? `±${size}` : (change < 0 ? "−" : "+") + size;
  };
}

function points(locale: string, digits: number): (change: number) => string {
  const write = numberWriter(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (change) => `${write(100 * change)} ${words(locale)("points")}`;
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
  return moneyWriter(format, locale, options)(value) + unit + suffix(format);
}
