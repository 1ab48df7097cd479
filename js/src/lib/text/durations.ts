// Durations: lengths of time as text, in the units that suit their size.

import { numberWriter, unbroken } from "./intl";
import { words } from "./words";

export const UNITS = [
  ["unit_d", 86_400],
  ["unit_h", 3600],
  ["unit_min", 60],
  ["unit_s", 1],
] as const;

/** The units of less than a second: how many are a millisecond, and from how many milliseconds on they are taken. */
const SHORT_UNITS = [
  [1, "ms", 0.01],
  [1e3, "µs", 1e-5],
  [1e6, "ns", 0],
] as const;

/** Of nanoseconds; fewer have an exponent. */
const FEW_NS = 1e-3;

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
  const size = Math.abs(ms);
  const told = (scale: number) => precision === undefined || Number((size * scale).toFixed(precision)) > 0;
  const found = SHORT_UNITS.find(([scale, , from]) => size >= from && size > 0 && told(scale));
  const [scale, unit] = found ?? SHORT_UNITS[0]; // what is written as 0 has the unit of 0
  const digits =
    precision !== undefined
      ? { minimumFractionDigits: precision, maximumFractionDigits: precision }
      : size > 0 && size * scale < FEW_NS
        ? { notation: "scientific" as const, maximumSignificantDigits: 3 }
        : { maximumSignificantDigits: 3 };
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
