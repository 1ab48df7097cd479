// Time ticks: where the ticks of a time axis are, and what is written at them.

import { kept } from "../text/intl";
import { offsetAt, zoneText } from "../text/offsets";
import { clockText, dateText, dayOf, splitSecond, yearOf } from "../text/places";
import { written } from "../text/times";
import { moments, ODD_STEPS, STEPS, type Step } from "./calendar";
import type { Tick } from "./ticks";

const DAY = 86_400;

/** Between the middles of two labels at least, and between their ends, CSS pixels. */
const LEAST_PX = 64;
const GAP_PX = 14;

/** Of the labels, CSS pixels: half-width letters, and full ones. */
const LETTER_PX = 6.3;
const WIDE_LETTER_PX = 11.5;

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

/** Roughly how wide a label is, CSS pixels. */
export function widthOf(text: string): number {
  let [widest, width] = [0, 0];
  for (const letter of text) {
    if (letter === "\n") [widest, width] = [Math.max(widest, width), 0];
    else width += letter.charCodeAt(0) >= 0x2e80 ? WIDE_LETTER_PX : LETTER_PX;
  }
  return Math.max(widest, width);
}

/**
 * The ticks from `from` to `to` on an axis of `px` CSS pixels: at least two, as near to each other as their labels allow.
 * The step is that of the length and the width, so that it stays while a window slides. A second line has the day, or the
 * year, where it changes, and at the first tick when it is not the present one.
 */
export function timeTicks(from: number, to: number, px: number, reader: Reader): Tick[] {
  const length = to - from;
  const fits = (step: Step) => {
    const room = (step.most / length) * px;
    if (room < LEAST_PX || 2 * step.most > length) return false;
    return room >= widthOf(label(step, Math.floor(to / DAY) * DAY, reader)) + GAP_PX;
  };
  let step =
    STEPS.find(fits) ??
    ODD_STEPS.find(fits) ??
    STEPS.filter(({ most }) => 2 * most <= length).at(-1) ??
    STEPS[0]!;
  let found = moments(step, from, to, reader.zone);
  for (let i = STEPS.indexOf(step) - 1; found.length < 2 && i >= 0; i -= 1) {
    step = STEPS[i]!;
    found = moments(step, from, to, reader.zone);
  }
  const labelled = found.map((at) => ({ at, text: label(step, at, reader) }));
  const shown = fits(step) ? labelled : withRoom(labelled, px / length);
  return shown.map(({ at, text }, i) => {
    const before = i ? [shown[i - 1]!.at] : [from, reader.now];
    const context = contextOf(step, at, before, reader);
    return { at, text: text + (context && `\n${context}`) };
  });
}

/** The ticks whose labels do not overlap with those of the ones before. */
function withRoom(ticks: Tick[], scale: number): Tick[] {
  const found: Tick[] = [];
  for (const tick of ticks) {
    const last = found.at(-1);
    const need = last ? (widthOf(last.text) + widthOf(tick.text)) / 2 : 0;
    if (!last || (tick.at - last.at) * scale > need) found.push(tick);
  }
  return found;
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

/** What goes without saying at a tick as long as it is the same as at those before: the second, the day or the year. */
function contextOf(step: Step, ts: number, before: number[], reader: Reader): string {
  const { locale, zone, now } = reader;
  if (step.unit === "month" && step.count % 12 === 0) return "";
  const differs = (of: (ts: number) => number) => before.some((each) => of(each) !== of(ts));
  const year = (each: number) => yearOf(each, zone);
  if (step.unit !== "second") return differs(year) ? written(ts, locale, zone, { year: "numeric" }) : "";
  const withYear = differs(year) || year(ts) !== year(now);
  const date = differs((each) => dayOf(each, zone)) ? dateText(ts, locale, zone, withYear) : "";
  const digits = digitsOf(step.count);
  if (digits > 3) {
    const second = (each: number) => splitSecond(each, locale, digits)[0];
    return differs(second) ? [date, clockText(second(ts), locale, zone, 0)].filter(Boolean).join(", ") : "";
  }
  // Clocks show some times twice, or leave some out: only the zone tells.
  const changed = offsetAt(before[0]!, zone) !== offsetAt(ts, zone);
  return [date, changed ? zoneText(ts, locale, zone) : ""].filter(Boolean).join(" ");
}
