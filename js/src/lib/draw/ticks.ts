// Ticks: where the ticks of an axis of numbers are, and what is written at them.

import {
  currencyOf,
  moneyWriter,
  type NumberFormat,
  PREFIXES,
  plainly,
  SMALL,
  siUnit,
  suffix,
  TWO_DIGITS,
  thousandsOf,
} from "../text/format";
import { numberFormat, numberWriter } from "../text/intl";
import { words } from "../text/words";
import { exactDuration } from "./duration_ticks";
import { rulesOf, stepFrom } from "./steps";

/** A place on an axis, and its label, of one or two lines. */
export interface Tick {
  at: number;
  text: string;
}

/** An axis of numbers. */
export interface Scale {
  format: NumberFormat;
  locale: string;
  /** Whether its numbers are whole ones: there is nothing between them. */
  whole: boolean;
}

/** From here on numbers are written with an exponent, as small ones are. */
const LARGE = 1e15;

/** Letters of a unit that has room behind a number; longer ones have a line of their own. */
const SHORT_UNIT = 4;

/** The ticks from `from` to `to`: at least two, and `apart` or more from each other where that leaves two. */
export function ticks(from: number, to: number, apart: number, scale: Scale): Tick[] {
  const size = Math.max(Math.abs(from), Math.abs(to));
  const { format } = plainly(scale.format, size) ?? scale;
  const rules = { ...rulesOf(format), whole: scale.whole };
  const fine = size * 2 ** -50; // numbers are no finer
  let least = Math.max(apart, fine);
  let step = stepFrom(least, rules);
  let found = multiples(step, from, to);
  while (found.length < 2 && least > fine && least > step / 64) {
    least /= 2;
    step = stepFrom(Math.max(least, fine), rules);
    found = multiples(step, from, to);
  }
  if (found.length < 2 && scale.whole) return ticks(from, to, apart, { ...scale, whole: false });
  const write = tickWriter(step, size, scale);
  return found.map((at, i) => ({ at, text: write(at, i === found.length - 1) }));
}

function multiples(step: number, from: number, to: number): number[] {
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  const inverse = Math.round(1 / step); // of 0.2, 5: three fifths are exactly 0.6
  const exact = step < 1 && Math.abs(inverse * step - 1) < 1e-12;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
    exact ? (first + i) / inverse : (first + i) * step,
  );
}

/** Digits after the decimal point that multiples of a step have: 2 for 0.25. */
export function digitsOf(step: number): number {
  let digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const isWhole = (number: number) => Math.abs(number - Math.round(number)) < 1e-6 * number;
  for (const most = digits + 3; digits < most && !isWhole(step * 10 ** digits); ) digits += 1;
  return Math.min(20, digits);
}

/** A function from value to text with as many digits as tell ticks apart; the unit is with the topmost only. */
export function tickWriter(
  step: number,
  size: number,
  scale: Scale,
): (value: number, top: boolean) => string {
  const [write, unit] = parts(step, size, scale);
  const own = unit.trim().length > SHORT_UNIT ? `\n${unit.trim()}` : unit;
  return (value, top) => write(value) + (top ? own : "");
}

/** Of the length of an axis, what a reading beside it should tell apart. */
const READABLE = 1 / 100;

/** Of the size of its values, the length below which an axis is one of small differences. */
const CLOSE = 1 / 10;

/** What the other formats write by themselves, digits after the decimal point. */
const USUAL: Readonly<Record<string, number>> = { percentage: 1, bytes: 1, compact: 1, si: 2 };

/** A format with as many digits as tell values apart that are all near to each other, on an axis from `from` to `to`. */
export function readingFormat(
  format: NumberFormat,
  [from, to]: readonly [number, number],
  locale: string,
): NumberFormat {
  const size = Math.max(Math.abs(from), Math.abs(to));
  const usual = format.name === "number" ? (size < TWO_DIGITS ? 3 : 2) : USUAL[format.name];
  const percent = format.name === "percentage";
  const extreme = size * (percent ? 100 : 1) < SMALL || (format.name === "number" && size >= LARGE);
  if (format.precision !== undefined || usual === undefined || extreme || to - from > size * CLOSE)
    return format;
  const unit = percent
    ? 0.01
    : format.name === "bytes"
      ? 1024 ** Math.floor(Math.log2(Math.max(1, size)) / 10)
      : format.name === "compact"
        ? compactUnit(size, locale)
        : format.name === "si"
          ? 1000 ** (thousandsOf(size) ?? 0)
          : 1;
  const digits = Math.ceil(-Math.log10(((to - from) * READABLE) / unit) - 1e-9);
  return digits > usual ? { ...format, precision: Math.min(12, digits) } : format;
}

type Write = (value: number) => string;
type Parts = [write: Write, unit: string];

const fixed = (digits: number): Intl.NumberFormatOptions => ({
  minimumFractionDigits: digits,
  maximumFractionDigits: digits,
});

function parts(step: number, size: number, { format, locale }: Scale): Parts {
  const plain = plainly(format, size);
  if (plain) {
    const [write, unit] = parts(step * plain.factor, size * plain.factor, {
      format: plain.format,
      locale,
      whole: false,
    });
    return [(value) => write(value * plain.factor), unit];
  }
  const unit = suffix(format.name === "si" ? { ...format, name: "number" } : format);
  switch (format.name) {
    case "percentage": {
      const percent = (options: Intl.NumberFormatOptions) => {
        const write = numberWriter(locale, { style: "percent", ...options });
        return (value: number) => write(value / 100);
      };
      const write = stepWriter(step * 100, size * 100, percent);
      return [(value) => write(value * 100), unit];
    }
    case "bytes": {
      // The largest prefix of which three digits tell the ticks apart.
      let power = 0;
      while (power < PREFIXES.length - 1 && size >= 1024 ** (power + 1) && step * 8 >= 1024 ** (power + 1))
        power += 1;
      const write = numberWriter(locale, fixed(digitsOf(step / 1024 ** power)));
      return [(value) => write(value / 1024 ** power), ` ${PREFIXES[power]}${unit}`];
    }
    case "si": {
      const power = thousandsOf(size);
      if (power === null) break;
      const divisor = 1000 ** power;
      const write = numberWriter(locale, fixed(digitsOf(step / divisor)));
      const named = siUnit(power, format);
      return [(value) => write(value / divisor), named && ` ${named}`];
    }
    case "duration": {
      if (size >= 60_000) {
        const digits = digitsOf(step / 1000);
        return [(value) => exactDuration(value, locale, digits), unit];
      }
      const [divisor, name] =
        size > 1000
          ? [1000, words(locale)("unit_s")]
          : size > 0.01
            ? [1, "ms"]
            : size > 1e-5
              ? [1e-3, "µs"]
              : [1e-6, "ns"];
      const write = stepWriter(step / divisor, size / divisor, (options) => numberWriter(locale, options));
      return [(value) => write(value / divisor), ` ${name}${unit}`];
    }
    case "compact": {
      if (size < SMALL) break; // as plain numbers are
      const write = (value: number, digits: number) =>
        moneyWriter(format, locale, { notation: "compact", ...fixed(digits) })(value);
      return [(value) => write(value, value ? digitsOf(step / compactUnit(value, locale)) : 0), unit];
    }
  }
  const money = (options: Intl.NumberFormatOptions) => moneyWriter(format, locale, options);
  return [stepWriter(step, size, money, currencyOf(format) ? 2 : 0), unit];
}

/** A function from value to text with the digits that tell steps apart, with an exponent where sizes are extreme. */
function stepWriter(
  step: number,
  size: number,
  make: (options: Intl.NumberFormatOptions) => Write,
  least = 0,
): Write {
  if (size < LARGE && size >= SMALL) {
    const digits = digitsOf(step);
    return make(fixed(digits && Math.max(least, digits)));
  }
  return (value) => {
    if (!value) return make({})(0);
    const exponent = Math.floor(Math.log10(Math.abs(value)) + 1e-9);
    return make({ notation: "scientific", ...fixed(digitsOf(step / 10 ** exponent)) })(value);
  };
}

/** What a locale's short form of a number counts: 1000 for 12K, 10,000 for 3万. */
function compactUnit(value: number, locale: string): number {
  if (Math.abs(value) < 999.5) return 1; // none has a shorter form of these
  const latin = locale.includes("-u-") ? locale : `${locale}-u-nu-latn`;
  const parts = numberFormat(latin, { notation: "compact", maximumFractionDigits: 0 });
  const digits = parts
    .formatToParts(Math.abs(value))
    .filter(({ type }) => type === "integer")
    .map(({ value }) => value)
    .join("");
  const count = Number(digits) || 1;
  return 10 ** Math.round(Math.log10(Math.abs(value) / count));
}
