// Times: moments as text, in the reader's locale and in a zone.

import { dateFormat, numberWriter } from "./intl";
import { options } from "./zones";

/** Smaller times, in seconds either way, are those of simulated clocks. */
const SIMULATED = 1e8;
/** No calendar goes further, in seconds. */
const FURTHEST = 8.64e12;

export const CLOCK: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
export const DATE: Intl.DateTimeFormatOptions = { month: "short", day: "numeric" };

/** Whether a time is on the calendar; others are simulated clocks, shown as plain seconds. */
export function isCalendar(ts: number): boolean {
  return Math.abs(ts) > SIMULATED && Math.abs(ts) < FURTHEST;
}

/** A moment by some options of `Intl.DateTimeFormat`. */
export function written(
  ts: number,
  locale: string,
  zone: string,
  format: Intl.DateTimeFormatOptions,
): string {
  return dateFormat(locale, { ...options(zone), ...format }).format(Math.round(ts * 1000));
}

/** So many digits after the seconds, at most 3. */
export function fraction(digits: number): Intl.DateTimeFormatOptions {
  return digits ? ({ fractionalSecondDigits: digits } as Intl.DateTimeFormatOptions) : {};
}

/** A moment of the day, down to the milliseconds when asked. */
export function timeText(ts: number, locale: string, fine: boolean, zone = ""): string {
  if (!isCalendar(ts)) return secondsText(ts, locale, 3);
  return written(ts, locale, zone, { ...CLOCK, ...fraction(fine ? 3 : 0) });
}

/** Seconds of a simulated clock. */
export function secondsText(ts: number, locale: string, digits: number): string {
  return `${numberWriter(locale, { maximumFractionDigits: digits })(ts)} s`;
}

/** A moment with its day, and with its milliseconds where it has any; of simulated clocks plain seconds. */
export function momentText(ts: number, locale: string, zone = ""): string {
  return isCalendar(ts) ? calendarText(ts, locale, zone) : timeText(ts, locale, true);
}

/** Likewise, of a moment that is known to be on the calendar. */
export function calendarText(ts: number, locale: string, zone: string): string {
  const milli = Math.round(ts * 1000) % 1000 ? fraction(3) : {};
  return written(ts, locale, zone, { year: "numeric", ...DATE, ...CLOCK, ...milli });
}
