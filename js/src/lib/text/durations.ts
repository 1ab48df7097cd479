// Durations: lengths of time as text, in the units that suit their size.

import { numberWriter, unbroken } from "./intl";
import { words } from "./words";

export const UNITS = [
  ["unit_d", 86_400],
  ["unit_h", 3600],
  ["unit_min", 60],
  ["unit_s", 1],
] as const;

/** What is shorter than this many milliseconds is written in the next smaller unit. */
const LEAST_MS = 0.01;

/** Seconds up to which a window is called by its seconds. */
const IN_SECONDS = 120;

/**
 * A duration in its two largest units: `0.4 ms`, `850 ms`, `1.2 s`, `1 min 34 s`, `3 d 4 h`. With a `precision` what has
 * one unit has so many digits after the decimal point. A line may end between the two units.
 */
export function durationText(ms: number, locale: string, precision?: number): string {
  const size = Math.abs(ms);
  const sign = ms < 0 ? "−" : "";
  if (!Number.isFinite(size)) return `${sign}∞`;
  return size < 999.5 ? shortText(ms, locale, precision) : sign + longText(size / 1000, locale, precision);
}

/** Below a second. */
function shortText(ms: number, locale: string, precision?: number): string {
  const least = precision === undefined ? 0 : 0.5e-6 * 10 ** -precision;
  const size = Math.abs(ms) < least ? 0 : Math.abs(ms); // what is written as 0 has the unit of 0
  const [scale, unit] =
    size >= LEAST_MS || size === 0 ? [1, "ms"] : size >= LEAST_MS / 1000 ? [1e3, "µs"] : [1e6, "ns"];
  const digits =
    precision === undefined
      ? { maximumSignificantDigits: 3 }
      : { minimumFractionDigits: precision, maximumFractionDigits: precision };
  return `${numberWriter(locale, digits)(ms * scale)}\u00a0${unit}`;
}

/** From a second on. */
function longText(seconds: number, locale: string, precision?: number): string {
  const say = words(locale);
  const whole = numberWriter(locale, { maximumFractionDigits: 0 });
  for (const [i, [unit, size]] of UNITS.slice(0, 3).entries()) {
    const [smaller, part] = UNITS[i + 1]!;
    const count = Math.round(seconds / part);
    if (count * part < size) continue;
    const rest = count % (size / part);
    const large = `${whole(Math.floor((count * part) / size))}\u00a0${say(unit)}`;
    return rest ? `${large} ${whole(rest)}\u00a0${say(smaller)}` : large;
  }
  const write = numberWriter(locale, {
    minimumFractionDigits: precision ?? 0,
    maximumFractionDigits: precision ?? 1,
  });
  return `${write(seconds)}\u00a0${say("unit_s")}`;
}

/** The length of a window, such as `60 s` or `5 min`. */
export function windowText(seconds: number, locale: string): string {
  const say = words(locale);
  return seconds >= 1 && seconds <= IN_SECONDS
    ? `${numberWriter(locale, { maximumFractionDigits: 1 })(seconds)} ${say("unit_s")}`
    : durationText(seconds * 1000, locale);
}

/** How long ago something was, in whole seconds, or else minutes, hours or days; to stand in a sentence. */
export function agoText(seconds: number, locale: string): string {
  const [, size] = UNITS.find(([, each]) => seconds >= each) ?? ["unit_s", 1];
  return unbroken(
    seconds < 1
      ? `0 ${words(locale)("unit_s")}`
      : durationText(Math.floor(seconds / size) * size * 1000, locale),
  );
}
