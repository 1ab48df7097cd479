// Rows: the buckets of all feeds as one table, and what is read from it.

import { describe, expect, it } from "vitest";
import { Buckets } from "../../src/lib/draw/buckets";
import { extent, reading, rows } from "../../src/lib/draw/rows";

function cells(x: number[], lo: number[][], hi = lo, breaks = lo.map((row) => row.map(() => 0))): Buckets {
  const made = new Buckets();
  made.series = lo.map((_, i) => `s${i}`);
  made.k.push(...x.map((_, i) => i));
  made.x.push(...x);
  Object.assign(made, { lo, hi, breaks });
  return made;
}

describe("rows", () => {
  it("are one per point", () => {
    expect(rows([cells([1, 2], [[5, 6]])])).toEqual({ x: [1, 2], columns: [[5, 6]] });
  });

  it("are two per bucket with an extent, the nearer extreme first", () => {
    const table = rows([cells([1, 2, 3], [[0, 0, 8]], [[1, 9, 9]])]);
    expect(table.x).toEqual([1, 1, 2, 2, 3, 3]);
    expect(table.columns).toEqual([[0, 1, 0, 9, 9, 8]]);
  });

  it("break at NaN, and only there", () => {
    const nan = Number.NaN;
    expect(
      rows([
        cells(
          [1, 2, 3],
          [
            [1, nan, 3],
            [1, 2, 3],
          ],
        ),
      ]).columns,
    ).toEqual([
      [1, null, 3],
      [1, 2, 3],
    ]);
  });

  it("break before and after buckets that say so, in their own series", () => {
    const table = rows([
      cells(
        [1, 2],
        [
          [1, 2],
          [3, 4],
        ],
        undefined,
        [
          [2, 1],
          [0, 0],
        ],
      ),
    ]);
    expect(table.columns).toEqual([
      [1, null, null, 2],
      [3, undefined, undefined, 4],
    ]);
  });

  it("of several feeds are merged by time without breaking each other", () => {
    const table = rows([cells([1, 3], [[1, 3]]), cells([2], [[2]])]);
    expect(table).toEqual({
      x: [1, 2, 3],
      columns: [
        [1, undefined, 3],
        [undefined, 2, undefined],
      ],
    });
  });

  it("put late points in order of time", () => {
    expect(rows([cells([1, 3, 2], [[1, 3, 2]])])).toEqual({ x: [1, 2, 3], columns: [[1, 2, 3]] });
  });
});

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe("rows of any feeds", () => {
  it("hold both extremes of every bucket at its time, nothing else, and go on in time", () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = randomNumbers(seed);
      const feeds = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
        const rate = 1 + Math.floor(random() * 40); // each at its own
        const x = Array.from({ length: rate }, (_, i) => i / rate + (random() < 0.1 ? -0.2 : 0));
        const lo = Array.from({ length: 1 + Math.floor(random() * 2) }, () =>
          x.map(() => (random() < 0.1 ? Number.NaN : random())),
        );
        const hi = lo.map((row) => row.map((value) => (random() < 0.5 ? value : value + random())));
        return cells(
          x,
          lo,
          hi,
          lo.map((row) => row.map(() => Math.floor(random() * 4))),
        );
      });
      const table = rows(feeds);
      expect(table.x.every((x, i) => i === 0 || x >= table.x[i - 1]!)).toBe(true);
      let column = 0;
      for (const feed of feeds) {
        for (const s of feed.series.keys()) {
          const drawn = new Set<string>();
          for (const [i, value] of table.columns[column++]!.entries()) {
            if (typeof value === "number") drawn.add(`${table.x[i]} ${value}`);
          }
          const kept = new Set<string>();
          for (const [i, x] of feed.x.entries()) {
            for (const value of [feed.lo[s]![i]!, feed.hi[s]![i]!]) {
              if (!Number.isNaN(value)) kept.add(`${x} ${value}`);
            }
          }
          expect(drawn, `seed ${seed}`).toEqual(kept);
        }
      }
    }
  });
});

describe("the reading at a time", () => {
  it.each([
    [0, 1],
    [1.4, 1],
    [1.6, 2],
    [99, 3],
  ])("%d is that of the nearest point, at %d", (time, x) => {
    const table = rows([cells([1, 2, 3], [[10, 20, 30]])]);
    expect(reading(table, 0, time)).toEqual({ x, lo: 10 * x, hi: 10 * x });
  });

  it("has both extremes of a bucket", () => {
    const table = rows([cells([1, 2], [[0, 5]], [[1, 9]])]);
    expect(reading(table, 0, 2.2)).toEqual({ x: 2, lo: 5, hi: 9 });
  });

  it("is none in a break, and none when there is nothing", () => {
    expect(reading(rows([cells([1, 2, 3], [[1, Number.NaN, 3]])]), 0, 2)).toBeNull();
    expect(reading({ x: [], columns: [[]] }, 0, 2)).toBeNull();
  });

  it("passes over rows of other feeds", () => {
    const table = rows([cells([1, 9], [[1, 9]]), cells([2, 3, 4], [[2, 3, 4]])]);
    expect(reading(table, 0, 4)).toEqual({ x: 1, lo: 1, hi: 1 });
    expect(reading(table, 1, 9)).toEqual({ x: 4, lo: 4, hi: 4 });
  });
});

describe("the extent of what is shown", () => {
  const table = rows([cells([1, 2, 3], [[900, 5, 6]]), cells([1, 2], [[-900, 40]])]);

  it("leaves out what lies before the window: a dead line does not squash the live ones", () => {
    expect(extent(table, 2, [true, true])).toEqual([5, 40]);
  });

  it("leaves out hidden columns, and is none when nothing is left", () => {
    expect(extent(table, 2, [true, false])).toEqual([5, 6]);
    expect(extent(table, 4, [true, true])).toBeNull();
  });
});
