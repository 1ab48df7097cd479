// Time ticks: where the ticks of a time axis are, and what is written at them.

import { kept } from "../text/intl";
import { offsetAt, zoneText } from "../text/offsets";
import { clockText, dateText, dayOf, splitSecond, yearOf } from "../text/places";
import { written } from "../text/times";
import { moments, ODD_STEPS, STEPS, type Step } from "./calendar";
import type { Tick } from "./ticks";

const DAY = 86_400;

/** Between the middles of two labels, and between their ends, CSS pixels; the last is what narrow axes make do with. */
const LEAST_PX = 64;
const GAP_PX = 14;
const LEAST_GAP_PX = 6;

/** Of the labels, CSS pixels: spaces and stops, half-width letters, and full ones. */
const STOP_PX = 4;
const LETTER_PX = 7;
const WIDE_LETTER_PX = 11.5;

/** The longest first, and how many of them a narrow axis tries. */
const ALL_STEPS = [...STEPS, ...ODD_STEPS].sort((a, b) => b.most - a.most);
const MOST_TRIED = 12;

/** In what words, and where, and when the reader looks. */
export interface Reader {
  locale: string;
  zone: string;
  /** Seconds since 1970; what is of this day or year goes without saying. */
  now: number;
}

/** What was written at ticks: most are those of the drawing before. */
const labels = new Map<string, string>();
const MOST_LABELS = 1000;

/** How wide the labels of steps are at most. */
const widths = new Map<string, number>();

/** Roughly how wide a label is, CSS pixels. */
export function widthOf(text: string): number {
  let [widest, width] = [0, 0];
  for (const letter of text) {
    if (letter === "\n") [widest, width] = [Math.max(widest, width), 0];
    else if (letter >= "\u2e80") width += WIDE_LETTER_PX;
    else width += " .,:".includes(letter) ? STOP_PX : LETTER_PX;
  }
  return Math.max(widest, width);
}

/** How long an axis is, and from where to where its labels may be, CSS pixels from its left end. */
export type Room = readonly [px: number, first: number, last: number];

/**
 * The ticks from `from` to `to`: at least two where there is room for two, as near to each other as their labels allow. The
 * step is that of the length and the width, so that it stays while a window slides. Below the label is the day, or the
 * year, where it changes, and at the first tick when it is not the present one.
 */
export function timeTicks(from: number, to: number, room: Room, reader: Reader): Tick[] {
  const length = to - from;
  const [first, last, present] = [from, to, reader.now].map((each) => yearOf(each, reader.zone));
  const fits = (step: Step) => {
    const apart = (step.most / length) * room[0];
    if (apart < LEAST_PX || 2 * step.most > length) return false;
    const leading = widestOf(step, first !== present || last !== present, reader);
    return apart >= (leading + widestOf(step, first !== last, reader)) / 2 + GAP_PX;
  };
  const shorter = ALL_STEPS.filter(({ most }) => 2 * most <= length).slice(0, MOST_TRIED);
  let found: Tick[] = [];
  for (const step of [STEPS.find(fits) ?? ODD_STEPS.find(fits) ?? shorter[0] ?? STEPS[0]!, ...shorter]) {
    const more = ticksAt(step, from, to, room, reader);
    if (more.length > found.length) found = more;
    if (found.length > 1) break;
  }
  return found;
}

/** The ticks of a step, but those whose labels have no room, beside the ones before or at the ends. */
function ticksAt(step: Step, from: number, to: number, room: Room, reader: Reader): Tick[] {
  const [px, first, last] = room;
  const found: Tick[] = [];
  let before = [from, reader.now];
  let end = first; // of the label before
  for (const at of moments(step, from, to, reader.zone)) {
    const middle = ((at - from) / (to - from)) * px;
    if (middle <= end) continue;
    const text = textOf(step, at, before, reader);
    const half = widthOf(text) / 2;
    if (middle - half < end || middle + half > last) continue;
    found.push({ at, text });
    before = [at];
    end = middle + half + LEAST_GAP_PX;
  }
  return found;
}

/** How wide the labels of a step are at most, of all months: those that say the year, or others. */
function widestOf(step: Step, year: boolean, reader: Reader): number {
  return kept(widths, [step.unit, step.count, year, reader.locale, reader.zone].join(), () => {
    let widest = 0;
    for (let month = 1; month <= 12; month += 1) {
      const at = Date.UTC(2026, month, -3) / 1000;
      const text = textOf(step, at, [at - (year ? 365 : 1) * DAY], reader);
      widest = Math.max(widest, widthOf(text));
    }
    return widest;
  });
}

/** What is written at a tick, with as much of it as changes from one to the next. */
function label(step: Step, ts: number, reader: Reader): string {
  if (labels.size > MOST_LABELS) labels.clear();
  return kept(labels, [step.unit, step.count, ts, reader.locale, reader.zone].join(), () =>
    labelOf(step, ts, reader),
  );
}

function labelOf(step: Step, ts: number, { locale, zone }: Reader): string {
  const { unit, count } = step;
  if (unit === "day") return dateText(ts, locale, zone, false);
  if (unit === "month")
    return written(ts, locale, zone, count % 12 ? { month: "short" } : { year: "numeric" });
  if (count >= 60) return written(ts, locale, zone, { hour: "2-digit", minute: "2-digit" });
  const digits = digitsOf(count);
  return digits > 3 ? splitSecond(ts, locale, digits)[1] : clockText(ts, locale, zone, digits);
}

/** Digits after the decimal point that a step below a minute has. */
function digitsOf(count: number): number {
  return Math.max(0, Math.ceil(-Math.log10(count) - 1e-9));
}

/**
 * The label of a tick, and below it what goes without saying as long as it is the same as before: the second, the day or
 * the year.
 */
function textOf(step: Step, ts: number, before: number[], reader: Reader): string {
  const { locale, zone } = reader;
  const { unit, count } = step;
  const differs = (of: (ts: number, zone: string) => number) =>
    before.some((each) => of(each, zone) !== of(ts, zone));
  const lines = [label(step, ts, reader)];
  if (unit === "second") {
    const digits = digitsOf(count);
    const second = (each: number) => splitSecond(each, locale, digits)[0];
    if (digits > 3 && differs(second)) lines.push(clockText(second(ts), locale, zone, 0));
    if (differs(dayOf)) lines.push(dateText(ts, locale, zone, differs(yearOf)));
    // Clocks show some times twice, or leave some out: only the zone tells.
    if (offsetAt(before[0]!, zone) !== offsetAt(ts, zone)) lines.push(zoneText(ts, locale, zone));
  } else if (count % 12 && differs(yearOf)) {
    lines.push(written(ts, locale, zone, { year: "numeric" }));
  }
  return lines.join("\n");
}
