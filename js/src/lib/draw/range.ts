// Range: the values an axis spans, on round numbers and without twitching at every new point.

import { between, FINEST, type Line } from "./lines";
import { type Rules, stepFrom } from "./steps";

/** No range goes beyond this either way: its length has to be a number, too. */
const LARGEST = Number.MAX_VALUE / 4;

/** What is smaller is 0. */
const LEAST = 1e-300;

/**
 * Range for values from `extent[0]` to `extent[1]`: a little room, ends on round numbers, zero not crossed
 * for the sake of room. The range before stays while the values fit it and fill more than half.
 */
export function niceRange(
  extent: [number, number] | null,
  before: [number, number] | null,
  rules: Rules = {},
): [number, number] | null {
  if (!extent) return before;
  const { most, whole, ...steps } = rules;
  const [lo, hi] = extent.map((end) => Math.min(LARGEST, Math.max(-LARGEST, end))) as [number, number];
  if (before && before[0] <= lo && hi <= before[1] && hi - lo > (before[1] - before[0]) / 2) return before;
  const size = Math.max(Math.abs(lo), Math.abs(hi));
  if (size < LEAST) return [0, 1];
  const differ = hi - lo > size * FINEST;
  const span = differ ? hi - lo : size;
  const room = differ ? span * 0.06 : span * 0.1;
  // A step near a fifth of the span: the next larger one of what is a little smaller.
  const step = stepFrom(((span + 2 * room) / 5) * 0.7, steps);
  let from = Math.floor((lo - room) / step) * step;
  let to = Math.ceil((hi + room) / step) * step;
  if (whole && Math.floor(to) - Math.ceil(from) < 1) [from, to] = [lo - 1, hi + 1]; // room for two ticks
  if (lo >= 0 && from < 0) from = 0;
  if (hi <= 0 && to > 0) to = 0;
  if (most !== undefined && hi <= most) to = Math.min(to, most);
  return [from, to];
}

/** Whether the values of lines between two coordinates are whole numbers; without any they are not. */
export function allWhole(all: Iterable<Line>, from: number, to: number): boolean {
  const within = between(from, to);
  let any = false;
  for (const { x, y } of all) {
    for (let i = 0; i < x.length; i++) {
      if (!within(x[i]!) || Number.isNaN(y[i]!)) continue;
      if (!Number.isInteger(y[i]!)) return false;
      any = true;
    }
  }
  return any;
}
