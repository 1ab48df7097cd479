// Days: which day of the reader's a moment is on.

import { isCalendar } from "./format";

const formats = new Map<string, Intl.DateTimeFormat>();

/** The day of a moment, as a whole number that later days exceed; null where times are no dates. */
export function dayOf(ts: number): number | null {
  if (!isCalendar(ts)) return null;
  const date = new Date(ts * 1000);
  return (date.getFullYear() * 12 + date.getMonth()) * 31 + date.getDate();
}

/** A day with its weekday, such as "Sat, Nov 28, 2026". */
export function dayText(ts: number, locale: string): string {
  let format = formats.get(locale);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, {
      weekday: "short",
      year: "numeric",
      month: "short",
      day: "numeric",
    });
    formats.set(locale, format);
  }
  return format.format(ts * 1000);
}
