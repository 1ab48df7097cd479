// Calendar: moments at which clocks and calendars of a zone show round times, some step apart.

import { changesOf, momentOf, offsetAt } from "../text/offsets";

const DAY = 86_400;
/** A Monday, in days since 1970. */
const MONDAY = -3;

/** So many of a unit; seconds are those of a clock, at most half a day. */
export interface Step {
  unit: "second" | "day" | "month";
  count: number;
  /** The longest it ever is, in seconds. */
  most: number;
}

const second = (count: number): Step => ({ unit: "second", count, most: count });
const day = (count: number): Step => ({ unit: "day", count, most: count * DAY + 3600 });
const month = (count: number): Step => ({
  unit: "month",
  count,
  most: Math.min(31, 30.6 + 0.4 / count) * count * DAY,
});
const year = (count: number): Step => ({ unit: "month", count: 12 * count, most: count * 366 * DAY });

const powers = (from: number, to: number, digits: number[]) =>
  Array.from({ length: to - from + 1 }, (_, i) =>
    digits.map((digit) => Number(`${digit}e${from + i}`)),
  ).flat();

/** The steps that people expect, the shortest first. */
export const STEPS: readonly Step[] = [
  ...powers(-7, -1, [1, 2, 5]).map(second),
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200].map(second),
  ...[1, 2, 7].map(day),
  ...[1, 2, 3, 6].map(month),
  ...powers(0, 5, [1, 2, 5]).map(year),
];

/** Those beside them, for where none of the others suits: too long for two ticks, or too short for labels. */
export const ODD_STEPS: readonly Step[] = [
  ...powers(-7, -1, [3, 4]).map(second),
  ...[3, 4, 20, 180, 240, 1200, 14_400, 28_800].map(second),
  ...[3, 4, 5, 14, 21].map(day),
  month(4),
  ...powers(0, 5, [3, 4]).map(year),
];

/** The moments from `from` to `to` at multiples of a step, by the clocks and the calendar of a zone. */
export function moments(step: Step, from: number, to: number, zone: string): number[] {
  if (step.unit === "second") return clockMoments(step.count, from, to, zone);
  const clock = from + offsetAt(from, zone) - DAY; // a day earlier: offsets may change
  const found: number[] = [];
  for (let index = indexOf(clock, step); ; index += 1) {
    const moment = momentOf(startOf(index, step), zone);
    if (moment > to || Number.isNaN(moment)) return found;
    // A day that a zone has left out begins with the day after.
    if (moment >= from && moment !== found.at(-1)) found.push(moment);
  }
}

/** How many whole steps there are before a time by the clock, from an origin of round numbers. */
function indexOf(clock: number, { unit, count }: Step): number {
  const date = new Date(clock * 1000);
  if (unit === "month") return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / count);
  return Math.floor((Math.floor(clock / DAY) - MONDAY) / count);
}

/** The midnight by the clock at which a step begins. */
function startOf(index: number, { unit, count }: Step): number {
  if (unit === "day") return (index * count + MONDAY) * DAY;
  const months = index * count;
  return new Date(0).setUTCFullYear(Math.floor(months / 12), ((months % 12) + 12) % 12, 1) / 1000;
}

/** Moments within a day: where a zone changes its offset, clocks go on from another time. */
function clockMoments(step: number, from: number, to: number, zone: string): number[] {
  const found: number[] = [];
  const starts = [from, ...changesOf(from, to, zone)];
  for (const [i, start] of starts.entries()) {
    const offset = offsetAt(i ? start : from, zone);
    const end = starts[i + 1] ?? Number.POSITIVE_INFINITY;
    // Counted from a whole step near by, so that fractions stay exact.
    const base = step < 1 ? Math.floor(start) : Math.floor((start + offset) / step) * step - offset;
    for (let n = Math.ceil((start - base) / step - 1e-9); ; n += 1) {
      const moment = base + n * step;
      if (moment > to || moment >= end) break;
      if (moment !== found.at(-1)) found.push(moment); // numbers are no finer
    }
  }
  return found;
}
