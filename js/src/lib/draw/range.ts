// Range: the values an axis spans, on round numbers and without twitching at every new point.

export interface Rules {
  /** Round in powers of two, for bytes. */
  binary?: boolean;
  /** The axis does not go beyond this unless the values do. */
  most?: number;
}

/** Steps for an axis of bytes: round in KiB, MiB, GiB. */
export const BINARY_STEPS = Array.from({ length: 54 }, (_, i) => 2 ** i);

/** A round step near a fifth of the span. */
function roundStep(span: number, binary: boolean): number {
  if (binary) return 2 ** Math.max(0, Math.round(Math.log2(span / 5)));
  const power = 10 ** Math.floor(Math.log10(span / 5));
  const digit = span / 5 / power;
  return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
}

/**
 * Range for values from `extent[0]` to `extent[1]`: a little room, ends on round numbers, zero not crossed
 * for the sake of room. The range before stays while the values fit it and fill more than half.
 */
export function niceRange(
  extent: [number, number] | null,
  before: [number, number] | null,
  { binary = false, most }: Rules = {},
): [number, number] | null {
  if (!extent) return before;
  const [lo, hi] = extent;
  if (before && before[0] <= lo && hi <= before[1] && hi - lo > (before[1] - before[0]) / 2) return before;
  const span = hi - lo || Math.abs(hi) || 1;
  const room = hi > lo ? span * 0.06 : span * 0.1;
  const step = roundStep(span + 2 * room, binary);
  let from = Math.floor((lo - room) / step) * step;
  let to = Math.ceil((hi + room) / step) * step;
  if (lo >= 0 && from < 0) from = 0;
  if (hi <= 0 && to > 0) to = 0;
  if (most !== undefined && hi <= most) to = Math.min(to, most);
  return from < to ? [from, to] : [lo - 1, hi + 1];
}
