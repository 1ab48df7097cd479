// Tabulate: lines as rows, the newest first.

import { describe, expect, it } from "vitest";
import { tabulate } from "../../src/lib/draw/tabulate";

const nan = Number.NaN;

describe("lines as a table", () => {
  it("have a row for each place, with nothing where a line has no value", () => {
    const all = [
      { x: [1, 2, 3], y: [10, 20, 30] },
      { x: [2, 3], y: [5, nan] },
    ];
    expect(tabulate(all, [0, 9], 0.5, 10)).toEqual({
      rows: [
        [3, [[30, 30], null]],
        [
          2,
          [
            [20, 20],
            [5, 5],
          ],
        ],
        [1, [[10, 10], null]],
      ],
      count: 3,
    });
  });

  it("have one row for a column of pixels, with its extremes", () => {
    const { rows } = tabulate([{ x: [1, 1.2, 1.4, 2], y: [3, 9, 1, 4] }], [0, 9], 0.5, 10);
    expect(rows).toEqual([
      [2, [[4, 4]]],
      [1, [[1, 9]]],
    ]);
  });

  it("have the newest rows within the span, and say how many there are", () => {
    const x = Array.from({ length: 100 }, (_, i) => i);
    const { rows, count } = tabulate([{ x, y: x }], [10, 89], 0.5, 3);
    expect([rows.map(([at]) => at), count]).toEqual([[89, 88, 87], 80]);
  });
});
