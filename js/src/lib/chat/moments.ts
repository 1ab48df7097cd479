// Moments: when something was said, as short as the place for it: the clock beside a message, the day above, both in a list.

import { dayOf, weekdayText, yearOf } from "../text/places";
import { DATE, isCalendar, timeText, written } from "../text/times";
import { chatWords } from "./words";

/** Days ago within which a weekday tells which day is meant. */
const WEEK = 7;

/** Hours and minutes. */
export function clockText(ts: number, locale: string, zone: string): string {
  if (!isCalendar(ts)) return timeText(ts, locale, false);
  return written(ts, locale, zone, { hour: "2-digit", minute: "2-digit" });
}

/** A day: today, yesterday, or its name, with the year where that is another. */
export function dayText(ts: number, now: number, locale: string, zone: string): string {
  const ago = dayOf(now, zone) - dayOf(ts, zone);
  if (ago === 0 || ago === 1) return chatWords(locale)(ago ? "yesterday" : "today");
  if (yearOf(ts, zone) !== yearOf(now, zone)) return weekdayText(ts, locale, zone);
  return written(ts, locale, zone, { weekday: "long", month: "long", day: "numeric" });
}

/** The clock for what is of today, the weekday of this week, else the date. */
export function lastText(ts: number, now: number, locale: string, zone: string): string {
  if (!isCalendar(ts)) return timeText(ts, locale, false);
  const ago = dayOf(now, zone) - dayOf(ts, zone);
  if (ago === 0) return clockText(ts, locale, zone);
  if (ago > 0 && ago < WEEK) return written(ts, locale, zone, { weekday: "short" });
  return written(ts, locale, zone, DATE);
}
