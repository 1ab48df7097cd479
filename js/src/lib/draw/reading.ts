// Reading: what a line has at a place of the axis, as the eye finds it there: the values in one column of pixels.

import type { Line } from "./lines";

/** What a line has at one place: its nearest point, and the least and greatest value beside it. */
export interface Reading {
  x: number;
  y: number;
  lo: number;
  hi: number;
}

/**
 * The values of a line at the point that is nearest to a place, and of all others within a column of pixels around it.
 *
 * None where no line is drawn at the place: beyond its ends or in a gap, farther than `reach` from the nearest point.
 */
export function reading({ x, y }: Line, place: number, column: number, reach: number): Reading | null {
  const at = nearest(x, place);
  if (at < 0 || Number.isNaN(y[at]!)) return null;
  if (Math.abs(x[at]! - place) > reach && !crosses({ x, y }, at, place)) return null;
  let [lo, hi] = [y[at]!, y[at]!];
  for (const step of [-1, 1]) {
    for (let i = at + step; Math.abs(x[i]! - x[at]!) <= column / 2 && !Number.isNaN(y[i]!); i += step) {
      lo = Math.min(lo, y[i]!);
      hi = Math.max(hi, y[i]!);
    }
  }
  return { x: x[at]!, y: y[at]!, lo, hi };
}

/** The index of the first of ordered values that is not below one; their number when all are. */
function atOrAfter(values: number[], wanted: number): number {
  let [from, to] = [0, values.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (values[middle]! < wanted) from = middle + 1;
    else to = middle;
  }
  return from;
}

function nearest(x: number[], place: number): number {
  const after = atOrAfter(x, place);
  if (after === x.length || (after > 0 && place - x[after - 1]! <= x[after]! - place)) return after - 1;
  return after;
}

/** Whether the line runs on from a point across a place. */
function crosses({ x, y }: Line, at: number, place: number): boolean {
  const next = place > x[at]! ? at + 1 : at - 1;
  return next >= 0 && next < x.length && !Number.isNaN(y[next]!);
}

/** How a cursor moves along the points: so many columns of pixels, or to an end. */
export type Move = number | "first" | "last";

/**
 * The place of the point that a cursor comes to from another: a record each, where those within one column of pixels
 * count as one. It stays where there is none.
 */
export function moved(
  all: Line[],
  from: number | null,
  move: Move,
  [start, end]: [number, number],
  column: number,
): number | null {
  const places = all.flatMap(({ x, y }) =>
    x.filter((each, i) => each >= start && each <= end && !Number.isNaN(y[i]!)),
  );
  if (!places.length) return null;
  const least = places.reduce((one, other) => Math.min(one, other));
  const most = places.reduce((one, other) => Math.max(one, other));
  if (move === "first") return least;
  if (move === "last" || from === null) return most;
  let at = Math.min(most, Math.max(least, from));
  for (let left = Math.abs(move); left > 0; left--) {
    let next = move > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    for (const each of places) {
      if (move > 0 ? each >= at + column && each < next : each <= at - column && each > next) next = each;
    }
    if (!Number.isFinite(next)) return move > 0 ? most : least;
    at = next;
  }
  return at;
}
