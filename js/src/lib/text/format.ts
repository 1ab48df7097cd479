// Format: numbers as text, in the reader's locale. Names and rules: realtime_widgets/feeds/formats.py.

import { durationText } from "./durations";
import { kept, numberFormat, numberWriter, withMinus } from "./intl";

export interface NumberFormat {
  name: "number" | "percentage" | "duration" | "bytes" | "compact" | "si";
  unit?: string;
  precision?: number;
  /** Few digits are written, whatever its size: see `shortened`. */
  short?: boolean | undefined;
}

export const MISSING = "—";

/** Of bytes, each 1024 of the one before. */
export const PREFIXES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** Of physical units, each a thousand times the one before; the one without a name is that of 1. */
const SI_PREFIXES = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E"];

/** How many there are below that of 1. */
const BELOW = SI_PREFIXES.indexOf("");

/** Signs of currencies that stand where the reader's locale puts them. */
const CURRENCIES: Readonly<Record<string, string>> = {
  $: "USD",
  US$: "USD",
  "€": "EUR",
  "£": "GBP",
  "¥": "JPY",
  "₩": "KRW",
  "₹": "INR",
  "₽": "RUB",
  "₺": "TRY",
  "₫": "VND",
  "₿": "BTC",
};

/** Currencies that are called by their codes. */
const CODES = new Set(
  "USD EUR GBP JPY CNY KRW INR RUB TRY VND BRL CAD AUD NZD CHF SEK NOK DKK PLN CZK HUF ILS MXN ZAR SGD HKD TWD THB IDR PHP".split(
    " ",
  ),
);

/** From here on numbers have two digits after the point at most; smaller ones have three. */
export const TWO_DIGITS = 100;

/** What is smaller is written with an exponent. */
export const SMALL = 1e-4;

/** Whole numbers from here on, and all numbers on an axis, are written with an exponent. */
export const HUGE = 1e21;

/** Likewise, where only few digits are written. */
const SHORT_HUGE = 1e9;

/** Three digits, or all before the point. */
const SHORT = {
  notation: "compact",
  maximumSignificantDigits: 3,
  maximumFractionDigits: 0,
  roundingPriority: "morePrecision",
} as Intl.NumberFormatOptions;

/** Sizes from which on a format has no larger unit left. */
const BEYOND: Readonly<Record<string, number>> = {
  percentage: 1e13,
  compact: 1e18,
  bytes: 1e24,
  si: 1e21,
  duration: 1e17,
};

/** A number, and what stands behind it. */
export type Parted = [number: string, rest: string];

/** What stands behind plain numbers in its place. */
const PLAIN_UNITS: Readonly<Record<string, string>> = { percentage: "%", bytes: "B", duration: "ms" };

const locales = new Map<string, string>();
const writers = new Map<string, Write>();

/** The reader's locale: the one asked for (`ja_JP` is fine), or the browser's where that is none. */
export function localeOf(wanted: string): string {
  return kept(locales, `${wanted} ${navigator.language}`, () => canonical(wanted));
}

function canonical(wanted: string): string {
  for (const tag of [wanted, navigator.language]) {
    try {
      return Intl.getCanonicalLocales(tag.replaceAll("_", "-"))[0]!;
    } catch {} // not a language tag: the next may be
  }
  return "en";
}

type Write = (value: number | null | undefined) => string;

/** A function from value to text; null, undefined and NaN are missing. */
export function formatter(format: NumberFormat, locale: string): Write {
  return kept(writers, locale + JSON.stringify(format), () => make(format, locale));
}

function make(format: NumberFormat, locale: string): Write {
  const write = writer(format, locale);
  const unit = suffix(format);
  return (value) => {
    if (value === null || value === undefined || Number.isNaN(value)) return MISSING;
    const plain = plainly(format, value);
    return plain ? formatter(plain.format, locale)(value * plain.factor) : write(value) + unit;
  };
}

/** The format of plain numbers for values so large that another has no unit for them, and what they are multiplied by. */
export function plainly(format: NumberFormat, size: number): { format: NumberFormat; factor: number } | null {
  const { name, unit = "" } = format;
  const beyond = BEYOND[name];
  if (beyond === undefined || !(Math.abs(size) >= beyond)) return null;
  const own = PLAIN_UNITS[name];
  const both = own ? [own, unit].filter(Boolean).join(unit.startsWith("/") ? "" : " ") : unit;
  return {
    format: { name: "number", unit: both, short: format.short },
    factor: name === "percentage" ? 100 : 1,
  };
}

/** The format of what has no room for more than a few digits. */
export function shortened({ name, unit = "" }: NumberFormat): NumberFormat {
  return { name: name === "number" ? "compact" : name, unit, short: true };
}

/**
 * What is written of a number in two parts: no line may end within the first; the other is a unit, or the smaller one of
 * two units.
 */
export function parted(text: string, format: NumberFormat): Parted {
  const spaced = format.name !== "compact" && isScaled(format);
  const end = spaced ? text.indexOf(" ") : text.lastIndexOf(suffix(format));
  return end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end)];
}

/** Whether it writes numbers with the units that suit their size: not all digits are there. */
export function isScaled({ name }: NumberFormat): boolean {
  return name === "bytes" || name === "duration" || name === "si" || name === "compact";
}

/** The unit as it stands behind a number; empty where there is none, or it stands elsewhere. */
export function suffix(format: NumberFormat): string {
  const { unit } = format;
  if (!unit || format.name === "si" || currencyOf(format)) return "";
  return /^[/%°‰′″\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u.test(unit) ? unit : ` ${unit}`;
}

/** The code of the currency that numbers are of, if they are. */
export function currencyOf({ name, unit = "" }: NumberFormat): string | undefined {
  const may = name === "number" || name === "compact";
  if (!may) return undefined;
  return Object.hasOwn(CURRENCIES, unit) ? CURRENCIES[unit] : CODES.has(unit) ? unit : undefined;
}

/** Digits after the point that amounts of a currency have: none of yen. */
export function minorDigits(currency: string): number {
  const { maximumFractionDigits } = numberFormat("en", { style: "currency", currency }).resolvedOptions();
  return maximumFractionDigits ?? 2;
}

/** A function from number to text, with the currency where there is one. */
export function moneyWriter(
  format: NumberFormat,
  locale: string,
  options: Intl.NumberFormatOptions,
): (value: number) => string {
  const currency = currencyOf(format);
  if (!currency) return numberWriter(locale, options);
  const intl = numberFormat(locale, {
    ...options,
    style: "currency",
    currency,
    currencyDisplay: currency === format.unit ? "symbol" : "narrowSymbol",
  });
  const sign = currency === format.unit ? null : format.unit!; // a code is written as the locale does
  return (value) => {
    const parts = intl.formatToParts(value);
    return withMinus(
      parts.map(({ type, value }) => (type === "currency" ? (sign ?? value) : value)).join(""),
    );
  };
}

function writer(format: NumberFormat, locale: string): (value: number) => string {
  const { name, precision } = format;
  const digits = (least: number, most: number): Intl.NumberFormatOptions => ({
    minimumFractionDigits: precision ?? least,
    maximumFractionDigits: precision ?? most,
  });
  switch (name) {
    case "percentage":
      return percentWriter(format, locale, { style: "percent" });
    case "duration":
      return (value) => durationText(value, locale, precision);
    case "compact": {
      const few = format.short ? SHORT : { notation: "compact" as const, ...digits(0, 1) };
      const usual = moneyWriter(format, locale, few);
      const make = (options: Intl.NumberFormatOptions) => moneyWriter(format, locale, options);
      return precision === undefined ? withSmall(usual, make, FEW) : usual;
    }
    case "bytes": {
      const make = (options: Intl.NumberFormatOptions) => numberWriter(locale, options);
      const few = make(digits(0, 0));
      const whole = precision === undefined ? withSmall(few, make, PART) : few;
      const scaled = numberWriter(locale, digits(1, 1));
      return (value) => {
        const power = prefixOf(value, precision ?? 1);
        return `${(power ? scaled : whole)(value / 1024 ** power)} ${PREFIXES[power]}`;
      };
    }
    case "si": {
      const few = precision === undefined ? { maximumSignificantDigits: 3 } : digits(0, 0);
      const write = numberWriter(locale, few);
      const plain = numbersOf({ name: "number" }, locale, (least, most) => ({
        minimumFractionDigits: least,
        maximumFractionDigits: most,
      }));
      return (value) => {
        const power = thousandsOf(value, precision);
        const told = power === null ? plain(value) : write(value / 1000 ** power);
        return [told, siUnit(power ?? 0, format)].filter(Boolean).join(" ");
      };
    }
    default:
      return numbersOf(format, locale, digits);
  }
}

/** A unit with the prefix of a power of a thousand. */
export function siUnit(power: number, { unit = "" }: NumberFormat): string {
  return SI_PREFIXES[BELOW + power] + unit;
}

/** The power of a thousand whose prefix a number has: of the one that it is rounded to; null for what is smaller than all. */
export function thousandsOf(value: number, precision?: number): number | null {
  const size = Math.abs(value);
  if (!size) return 0;
  let power = Math.max(-BELOW, Math.min(SI_PREFIXES.length - 1 - BELOW, Math.floor(Math.log10(size) / 3)));
  const told = size / 1000 ** power;
  const rounded = Number(precision === undefined ? told.toPrecision(3) : told.toFixed(precision));
  if (rounded >= 1000 && power < SI_PREFIXES.length - 1 - BELOW) power += 1;
  return told < 0.9995 && power === -BELOW ? null : power;
}

function numbersOf(
  format: NumberFormat,
  locale: string,
  digits: (least: number, most: number) => Intl.NumberFormatOptions,
): (value: number) => string {
  const strip = format.precision === undefined ? { trailingZeroDisplay: "stripIfInteger" } : {};
  const currency = currencyOf(format);
  const minor = currency ? minorDigits(currency) : 0;
  const money = { ...digits(minor, minor), ...strip } as Intl.NumberFormatOptions;
  const plain = moneyWriter(format, locale, currency ? money : digits(0, 3));
  const large = moneyWriter(format, locale, currency ? money : digits(0, 2));
  const extreme = moneyWriter(format, locale, { notation: "scientific", maximumSignificantDigits: 3 });
  const usual = (value: number) => {
    const size = Math.abs(value);
    if (size >= (format.short ? SHORT_HUGE : HUGE) && size < Number.POSITIVE_INFINITY) return extreme(value);
    return (size < TWO_DIGITS || format.precision !== undefined ? plain : large)(value);
  };
  const make = (options: Intl.NumberFormatOptions) => moneyWriter(format, locale, options);
  return format.precision === undefined ? withSmall(usual, make, smallOf(format)) : usual;
}

/** Which numbers are too small for the usual digits after the point, and how many of them then matter. */
interface Small {
  below: number;
  digits: number;
}

/** Of what has one digit after the point. */
export const FEW: Small = { below: 0.1, digits: 2 };

/** Of what is whole from 1 on. */
const PART: Small = { below: 1, digits: 2 };

export function smallOf(format: NumberFormat): Small {
  const currency = currencyOf(format);
  return { below: currency ? 10 ** -minorDigits(currency) : 0.1, digits: 3 };
}

/** Writes small numbers by the digits that matter, and others as usual: nothing but 0 is written as 0. */
function withSmall(
  usual: (value: number) => string,
  make: (options: Intl.NumberFormatOptions) => (value: number) => string,
  { below, digits }: Small,
  factor = 1,
): (value: number) => string {
  const small = make({ maximumSignificantDigits: digits });
  const extreme = make({ notation: "scientific", maximumSignificantDigits: digits });
  return (value) => {
    const size = Math.abs(value) * factor;
    return (size === 0 || size >= below ? usual : size < SMALL ? extreme : small)(value);
  };
}

/** A function from ratio to percents, or to the same number without their sign. */
export function percentWriter(
  { precision, short }: NumberFormat,
  locale: string,
  style: Intl.NumberFormatOptions,
): (ratio: number) => string {
  const factor = style.style ? 1 : 100;
  const make = (options: Intl.NumberFormatOptions) => {
    const write = numberWriter(locale, { ...style, ...options });
    return (ratio: number) => write(factor * ratio);
  };
  const usual = make(
    short ? SHORT : { minimumFractionDigits: precision ?? 1, maximumFractionDigits: precision ?? 1 },
  );
  return precision === undefined ? withSmall(usual, make, FEW, 100) : usual;
}

/** The index of the prefix of a number of bytes: of the one that it is rounded to. */
function prefixOf(value: number, digits: number): number {
  let power = 0;
  let size = Math.abs(value);
  while (power < PREFIXES.length - 1 && Number(size.toFixed(power ? digits : 0)) >= 1024) {
    size /= 1024;
    power += 1;
  }
  return power;
}

/** A whole number of any size, with all its digits. */
export function wholeText(value: bigint, locale: string): string {
  return withMinus(numberFormat(locale, {}).format(value));
}
