// Offsets: what the clocks of a zone show at a moment.

import { dateFormat, kept, withMinus } from "./intl";
import { options } from "./zones";

/** Offsets are kept for quarters of an hour: zones in use change theirs on these. */
const QUARTER = 900;
const MOST_KEPT = 4096;

const DAY = 86_400;

const offsets = new Map<string, Map<number, number>>();

/** How many seconds the clocks of a zone are ahead of UTC at a time, both in seconds since 1970. */
export function offsetAt(ts: number, zone: string): number {
  const quarter = Math.floor(ts / QUARTER);
  const own = kept(offsets, zone, () => new Map<number, number>());
  let found = own.get(quarter);
  if (found === undefined) {
    if (own.size >= MOST_KEPT) own.clear();
    found = lookUp(quarter * QUARTER, zone);
    own.set(quarter, found);
  }
  return found;
}

function lookUp(ts: number, zone: string): number {
  const numeric = "numeric";
  const intl = dateFormat("en-u-ca-iso8601-nu-latn", {
    ...options(zone),
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  });
  const shown: Record<string, number> = {};
  for (const { type, value } of intl.formatToParts(ts * 1000)) shown[type] = Number(value);
  const clock = new Date(0);
  clock.setUTCFullYear(shown.year!, shown.month! - 1, shown.day!);
  clock.setUTCHours(shown.hour!, shown.minute!, shown.second!);
  return clock.getTime() / 1000 - ts;
}

/**
 * The moment at which the clocks of a zone show a time, in seconds since 1970 by these clocks: the first of two, and where
 * clocks skip it, the moment at which they do.
 */
export function momentOf(clock: number, zone: string): number {
  const before = offsetAt(clock - DAY, zone);
  for (const offset of [before, offsetAt(clock + DAY, zone)])
    if (offsetAt(clock - offset, zone) === offset) return clock - offset;
  return clock - before;
}

/** Moments after `from` and up to `to` at which a zone changes its offset. */
export function changesOf(from: number, to: number, zone: string): number[] {
  const found: number[] = [];
  for (let start = from; start < to; start += DAY / 2) {
    const end = Math.min(to, start + DAY / 2);
    const offset = offsetAt(start, zone);
    if (offsetAt(end, zone) === offset) continue;
    let [low, high] = [Math.floor(start / QUARTER), Math.floor(end / QUARTER)];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offsetAt(middle * QUARTER, zone) === offset) low = middle;
      else high = middle;
    }
    found.push(high * QUARTER);
  }
  return found;
}

/** A zone at a moment in short, such as `UTC+9` or `EST`. */
export function zoneText(ts: number, locale: string, zone: string): string {
  const parts = dateFormat(locale, { ...options(zone), timeZoneName: "short" }).formatToParts(ts * 1000);
  const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  return withMinus(name.replace(/^GMT(?=[-+−])/, "UTC"));
}
