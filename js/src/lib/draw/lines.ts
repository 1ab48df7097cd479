// Lines: the buckets of a series as the points that its line runs through.

import { ABSENT, BREAK_AFTER, BREAK_BEFORE, type Buckets, NEW_RUN, type Series } from "./buckets";

/** Points in order; NaN among the values where the line breaks. */
export interface Line {
  x: number[];
  y: number[];
}

/** Runs that are drawn, the newest; those before would not be told apart. */
export const MAX_RUNS = 8;

/**
 * The indices of the buckets at which the newest runs begin: one for each. What is left of an earlier run is none when it
 * would begin in the midst of the view, because there is no room for all of it.
 */
export function runStarts({ series, k, x, window, newest }: Buckets): number[] {
  const starts = [0];
  const flags = series[0]?.flags ?? [];
  for (let i = 1; i < k.length; i++) if (flags[i]! & NEW_RUN) starts.push(i);
  const cut = window !== null && !(flags[0]! & NEW_RUN) && x[0]! > newest! - window;
  return starts.slice(Math.max(starts.length - MAX_RUNS, cut && starts.length > 1 ? 1 : 0));
}

/** The lines of a series, one for each run, the newest last; `shift` is added to their coordinates. */
export function lines(buckets: Buckets, series: Series, shift = 0): Line[] {
  const starts = runStarts(buckets);
  return starts.map((start, i) => {
    const line: Line = { x: [], y: [] };
    if (start === 0 && series.lead && !(series.flags[0]! & BREAK_BEFORE))
      push(line, series.lead[0] + shift, series.lead[1]);
    fill(line, buckets, series, start, starts[i + 1] ?? buckets.k.length, shift);
    return line;
  });
}

function fill(line: Line, buckets: Buckets, series: Series, from: number, to: number, shift: number): void {
  const { lo, hi, loAt, hiAt, ends, flags } = series;
  const { k } = buckets;
  for (let i = from; i < to; i++) {
    const bits = flags[i]!;
    const x = buckets.x[i]! + shift;
    const [least, most] = [lo[i]!, hi[i]!];
    if (bits & BREAK_BEFORE && i > from) push(line, x, Number.NaN);
    if (bits & ABSENT) continue;
    if (Number.isNaN(least)) {
      push(line, x, Number.NaN);
      continue;
    }
    const [low, high] = [loAt[i]!, hiAt[i]!];
    if (least === most) {
      push(line, x + low, least);
      if (low !== high) push(line, x + high, most);
    } else {
      const known = ends.size ? ends.get(k[i]!) : undefined;
      const begins = known ? known[0] : Number.NaN;
      let falls = high < low;
      if (low === high) {
        // At one place the nearer extreme comes first: the line then runs on instead of zigzagging.
        const before = Number.isNaN(begins) ? line.y[line.y.length - 1] : begins;
        falls = before !== undefined && Math.abs(before - most) < Math.abs(before - least);
      }
      const one = falls ? most : least;
      const other = falls ? least : most;
      const first = x + Math.min(low, high);
      const last = x + Math.max(low, high);
      if (!Number.isNaN(begins) && begins !== one) push(line, first, begins);
      push(line, first, one);
      push(line, last, other);
      if (known && !Number.isNaN(known[1]) && known[1] !== other) push(line, last, known[1]);
    }
    if (bits & BREAK_AFTER) push(line, x + Math.max(low, high), Number.NaN);
  }
}

function push(line: Line, x: number, y: number): void {
  line.x.push(x);
  line.y.push(y);
}

/** Of their size, what is nearer to each other cannot be told apart in a picture. */
export const FINEST = 1e-13;

/** Places within their buckets are rounded as they travel: by less than this part of a view. */
const ROUNDED = 1e-4;

/** Whether a coordinate is between two, which may be of records themselves. */
export function between(from: number, to: number): (x: number) => boolean {
  const slack = (to - from) * ROUNDED;
  const [least, most] = [from - slack, to + slack];
  return (x) => x >= least && x <= most;
}

/** Least and greatest value of lines between two coordinates, or null when there is none. */
export function extent(all: Iterable<Line>, from: number, to: number): [number, number] | null {
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  const within = between(from, to);
  for (const { x, y } of all) {
    for (let i = 0; i < x.length; i++) {
      if (!within(x[i]!)) continue;
      const value = y[i]!;
      if (value < lo) lo = value;
      if (value > hi) hi = value;
    }
  }
  return lo <= hi ? [lo, hi] : null;
}
