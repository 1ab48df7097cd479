// Places: a moment within a view as text, as fine as the view is.

import { numberFormat } from "./intl";
import { offsetAt, zoneText } from "./offsets";
import { CLOCK, DATE, fraction, isCalendar, secondsText, written } from "./times";

const DAY = 86_400;

/** Widths of a view, in seconds, below which a moment is written down to its microsecond or millisecond. */
const MICRO = 0.03;
const MILLI = 30;
/** Widths from which on days are what matters. */
const DAYS = 3 * DAY;
const ONLY_DAYS = 400 * DAY;

/** The number of a day of a zone; equal for moments of one day. */
export function dayOf(ts: number, zone: string): number {
  return Math.floor((ts + offsetAt(ts, zone)) / DAY);
}

/** The year that a zone has at a moment. */
export function yearOf(ts: number, zone: string): number {
  return new Date((ts + offsetAt(ts, zone)) * 1000).getUTCFullYear();
}

/** A day with its weekday, such as "Sat, Nov 28, 2026". */
export function weekdayText(ts: number, locale: string, zone: string): string {
  return written(ts, locale, zone, { weekday: "short", year: "numeric", ...DATE });
}

/** A day, with its year where that is wanted. */
export function dateText(ts: number, locale: string, zone: string, year: boolean): string {
  return written(ts, locale, zone, year ? { ...DATE, year: "numeric" } : DATE);
}

/** The clock down to a fraction of a second of so many digits. */
export function clockText(ts: number, locale: string, zone: string, digits: number): string {
  if (digits <= 3) return written(ts, locale, zone, { ...CLOCK, ...fraction(digits) });
  const [second, part] = splitSecond(ts, locale, digits);
  return written(second, locale, zone, CLOCK) + part;
}

/** The whole second of a moment, and the rest of it as text, such as `.000250`. */
export function splitSecond(ts: number, locale: string, digits: number): [number, string] {
  const scale = 10 ** digits;
  let second = Math.floor(ts);
  let rest = Math.round((ts - second) * scale);
  if (rest === scale) [second, rest] = [second + 1, 0];
  const parts = numberFormat(locale, { minimumFractionDigits: 1 }).formatToParts(0);
  const point = parts.find(({ type }) => type === "decimal")?.value ?? ".";
  return [second, point + String(rest).padStart(digits, "0")];
}

/**
 * A moment within a view from `from` to `to`: as fine as the view is, with its day where that is not today for all of
 * it, and the zone. Moments at midnight in a view of days are days.
 */
export function placeText(
  ts: number,
  [from, to]: [number, number],
  locale: string,
  zone: string,
  now: number,
): string {
  const width = to - from;
  const digits = width < MICRO ? 6 : width < MILLI ? 3 : 0;
  if (!isCalendar(ts)) return secondsText(ts, locale, Math.max(3, digits));
  const years = [ts, from, now].map((each) => yearOf(each, zone));
  const year = years.some((each) => each !== years[0]);
  const midnight = (ts + offsetAt(ts, zone)) % DAY === 0;
  if (width >= ONLY_DAYS || (width >= DAYS && midnight)) return dateText(ts, locale, zone, year);
  const days = [ts, from, now].map((each) => dayOf(each, zone));
  const day = days.some((each) => each !== days[0]) ? { ...DATE, ...(year ? { year: "numeric" } : {}) } : {};
  const clock =
    digits > 3
      ? clockText(ts, locale, zone, digits)
      : written(ts, locale, zone, { ...day, ...CLOCK, ...fraction(digits) } as Intl.DateTimeFormatOptions);
  return `${clock} ${zoneText(ts, locale, zone)}`;
}
