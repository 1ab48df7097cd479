// Duration ticks: what is written at ticks of an axis of durations that are minutes and more.

import { UNITS } from "../text/durations";
import { numberWriter } from "../text/intl";
import { words } from "../text/words";

/** A duration to a fraction of a second, `digits` of it: all units from the largest on that are not 0. */
export function exactDuration(ms: number, locale: string, digits: number): string {
  const say = words(locale);
  const whole = numberWriter(locale, { maximumFractionDigits: 0 });
  const precise = numberWriter(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const scale = 10 ** digits;
  let left = Math.round((Math.abs(ms) / 1000) * scale); // whole numbers, so that nothing is rounded to 60 s
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const last = size === 1;
    const count = last ? left / scale : Math.floor(left / (size * scale));
    left -= last ? 0 : count * size * scale;
    if (count) parts.push(`${(last ? precise : whole)(count)} ${say(unit)}`);
  }
  return (ms < 0 ? "−" : "") + (parts.join(" ") || `0 ${say("unit_s")}`);
}
