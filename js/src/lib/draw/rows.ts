// Rows: the buckets of all feeds as one table for the plot: times in order, null where a line breaks,
// undefined where a row belongs to another feed.

import { BREAK_AFTER, BREAK_BEFORE, type Buckets } from "./buckets";

export type Row = (number | null | undefined)[];

export interface Table {
  x: number[];
  columns: Row[];
}

/** What a table holds of one column at one time; `lo === hi` for a point. */
export interface Reading {
  x: number;
  lo: number;
  hi: number;
}

/** The value of a column nearest to a time, or null where there is none, or a break. */
export function reading({ x, columns }: Table, column: number, time: number): Reading | null {
  const values = columns[column]!;
  const middle = firstAt(x, time);
  let right = middle;
  while (right < x.length && values[right] === undefined) right++;
  let left = middle - 1;
  while (left >= 0 && values[left] === undefined) left--;
  if (left < 0 && right >= x.length) return null;
  const nearer = left >= 0 && (right >= x.length || time - x[left]! < x[right]! - time) ? left : right;
  const at = x[nearer]!;
  let [lo, hi] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = firstAt(x, at); x[i] === at; i++) {
    const value = values[i];
    if (value === null || value === undefined) continue;
    lo = Math.min(lo, value);
    hi = Math.max(hi, value);
  }
  return lo <= hi ? { x: at, lo, hi } : null;
}

/** Least and greatest value of the shown columns from a time on, or null when there is none. */
export function extent({ x, columns }: Table, from: number, shown: boolean[]): [number, number] | null {
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  const first = firstAt(x, from);
  for (const [c, column] of columns.entries()) {
    if (!shown[c]) continue;
    for (let i = first; i < column.length; i++) {
      const value = column[i];
      if (value === null || value === undefined) continue;
      if (value < lo) lo = value;
      if (value > hi) hi = value;
    }
  }
  return lo <= hi ? [lo, hi] : null;
}

/** Index of the first row that is not before a time. */
function firstAt(x: number[], time: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The table of all feeds; one column per series, in the order of the feeds. */
export function rows(feeds: Buckets[]): Table {
  const tables = feeds.map(rowsOf);
  const only = tables[0];
  if (tables.length === 1 && only) return only;
  return merged(tables);
}

/** A bucket is one row, or two at the same time (both extremes), and a row of null where a line breaks. */
function rowsOf(buckets: Buckets): Table {
  const order = inTime(buckets.x);
  const x: number[] = [];
  const columns: Row[] = buckets.series.map(() => []);
  const last = buckets.series.map(() => Number.NaN);
  for (const i of order) {
    const time = buckets.x[i]!;
    let breaks = 0;
    let double = false;
    for (let s = 0; s < columns.length; s++) {
      breaks |= buckets.breaks[s]![i]!;
      double ||= buckets.lo[s]![i]! !== buckets.hi[s]![i]! && !Number.isNaN(buckets.lo[s]![i]!);
    }
    if (breaks & BREAK_BEFORE) pushBreak(buckets, i, BREAK_BEFORE, time, x, columns);
    x.push(time);
    if (double) x.push(time);
    for (let s = 0; s < columns.length; s++) {
      const lo = buckets.lo[s]![i]!;
      const hi = buckets.hi[s]![i]!;
      const column = columns[s]!;
      if (Number.isNaN(lo)) {
        column.push(null);
        if (double) column.push(null);
        continue;
      }
      // The nearer extreme first: the line then runs on instead of zigzagging.
      const upFirst = Math.abs(last[s]! - hi) < Math.abs(last[s]! - lo);
      const [one, two] = upFirst ? [hi, lo] : [lo, hi];
      column.push(one);
      if (double) column.push(two);
      last[s] = double ? two : one;
    }
    if (breaks & BREAK_AFTER) pushBreak(buckets, i, BREAK_AFTER, time, x, columns);
  }
  return { x, columns };
}

function pushBreak(
  buckets: Buckets,
  i: number,
  bit: number,
  time: number,
  x: number[],
  columns: Row[],
): void {
  x.push(time);
  for (const [s, column] of columns.entries()) column.push(buckets.breaks[s]![i]! & bit ? null : undefined);
}

/** Indices in order of time; buckets mostly are already. */
function inTime(x: number[]): number[] {
  const order = x.map((_, i) => i);
  for (let i = 1; i < x.length; i++) {
    if (x[i]! < x[i - 1]!) return order.sort((a, b) => x[a]! - x[b]! || a - b);
  }
  return order;
}

function merged(tables: Table[]): Table {
  const width = tables.reduce((sum, { columns }) => sum + columns.length, 0);
  const x: number[] = [];
  const columns: Row[] = Array.from({ length: width }, () => []);
  const at = tables.map(() => 0);
  for (;;) {
    let next = -1;
    for (let t = 0; t < tables.length; t++) {
      const time = tables[t]!.x[at[t]!];
      if (time !== undefined && (next < 0 || time < tables[next]!.x[at[next]!]!)) next = t;
    }
    if (next < 0) return { x, columns };
    const row = at[next]!;
    at[next] = row + 1;
    x.push(tables[next]!.x[row]!);
    let c = 0;
    for (let t = 0; t < tables.length; t++) {
      for (const column of tables[t]!.columns) columns[c++]!.push(t === next ? column[row] : undefined);
    }
  }
}
