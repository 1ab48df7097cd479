// Tabulate: lines as rows of a table: for each place the values that the lines have there.

import { between, extent, type Line } from "./lines";

/** A place, and what each line has there: its least and greatest value, or nothing. */
export type TableRow = [number, ([number, number] | null)[]];

/**
 * Rows for lines within a span, the newest first, `most` of them, and how many there are. Points within `column` of each
 * other are one row, so that there are no more than columns of pixels.
 */
export function tabulate(
  all: Line[],
  [start, end]: [number, number],
  column: number,
  most: number,
): { rows: TableRow[]; count: number } {
  const within = between(start, end);
  const places = all
    .flatMap(({ x, y }) => x.filter((each, i) => within(each) && !Number.isNaN(y[i]!)))
    .sort((one, other) => one - other);
  const groups: [number, number][] = [];
  for (const place of places) {
    const last = groups[groups.length - 1];
    if (last && place - last[0] < column) last[1] = place;
    else groups.push([place, place]);
  }
  const newest = groups.reverse().slice(0, most);
  const rows = newest.map(([from, to]): TableRow => [from, all.map((line) => extent([line], from, to))]);
  return { rows, count: groups.length };
}
