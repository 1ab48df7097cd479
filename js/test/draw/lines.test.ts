// Lines: the buckets of a series as points, and what is read from them.

import { describe, expect, it } from "vitest";
import { ABSENT, BREAK_AFTER, BREAK_BEFORE, Buckets, NEW_RUN } from "../../src/lib/draw/buckets";
import { extent, type Line, lines, MAX_RUNS } from "../../src/lib/draw/lines";

interface Given {
  x: number[];
  lo: number[];
  hi?: number[];
  /** In 255ths of a bucket. */
  loAt?: number[];
  hiAt?: number[];
  open?: number[];
  close?: number[];
  flags?: number[];
}

/** Buckets of one series, a unit wide. */
function made({ x, lo, hi = lo, loAt, hiAt, open, close, flags }: Given): Buckets {
  const buckets = new Buckets();
  const columns = {
    k: x.map((_, i) => i),
    x,
    lo,
    hi,
    ...(loAt ? { lo_at: loAt } : {}),
    ...(hiAt ? { hi_at: hiAt } : {}),
    ...(open && close ? { open, close } : {}),
    ...(flags ? { flags } : {}),
  };
  buckets.replace({ body: { series: ["s"], layout: { step: 1, capacity: 1000 }, k0: 0 }, columns });
  return buckets;
}

const only = (buckets: Buckets): Line[] => lines(buckets, buckets.series[0]!);
const nan = Number.NaN;

describe("a line", () => {
  it("runs through a point for each bucket with one value", () => {
    expect(only(made({ x: [1, 2], lo: [5, 6] }))).toEqual([{ x: [1, 2], y: [5, 6] }]);
  });

  it("runs through both extremes of a bucket in their order of time", () => {
    const [line] = only(made({ x: [0, 1], lo: [1, 2], hi: [3, 9], loAt: [0, 255], hiAt: [51, 0] }));
    expect(line).toEqual({ x: [0, 0.2, 1, 2], y: [1, 3, 9, 2] });
  });

  it("takes the nearer extreme first where both are at one place", () => {
    const [line] = only(made({ x: [1, 2, 3], lo: [0, 0, 8], hi: [1, 9, 9] }));
    expect(line!.y).toEqual([0, 1, 0, 9, 9, 8]);
  });

  it("begins and ends in a bucket where its records do, as far as that is known", () => {
    const extremes = { x: [0, 5, 9], lo: [0, 0, 0], hi: [9, 9, 9], loAt: [0, 51, 0], hiAt: [51, 0, 0] };
    const [line] = only(made({ ...extremes, open: [5, 9, 1], close: [6, 5, 8] }));
    expect(line!.y).toEqual([5, 0, 9, 6, 9, 0, 5, 1, 0, 9, 8]);
    expect(line!.x).toEqual([0, 0, 0.2, 0.2, 5, 5.2, 5.2, 9, 9, 9, 9]);
    expect(only(made({ ...extremes, open: [nan, nan, nan], close: [nan, nan, nan] }))[0]!.y).toEqual([
      0, 9, 9, 0, 0, 9,
    ]);
  });

  it("begins where its first record was, also when that came alone and others by themselves", () => {
    const buckets = new Buckets();
    const body = { series: ["s"], layout: { step: 1, capacity: 99 }, k0: 0 };
    buckets.replace({ body, columns: { k: [0, 50], lo: [5, 0.5], lo_at: [0, 0] } });
    buckets.append({ body: {}, columns: { ts: [50.25, 50.5], values: [0, 1] } });
    expect(only(buckets)[0]!.y).toEqual([5, 0.5, 0, 1]);
  });

  it("leaves the buckets from where their last record was", () => {
    const buckets = new Buckets();
    const body = { series: ["s"], layout: { step: 1, capacity: 2 }, k0: 0 };
    const columns = { k: [0], lo: [0], hi: [9], lo_at: [0], hi_at: [255], open: [1], close: [6] };
    buckets.replace({ body, columns });
    buckets.append({ body: {}, columns: { ts: [30.5], values: [7] } });
    expect(only(buckets)).toEqual([{ x: [1, 30.5], y: [6, 7] }]);
    buckets.append({ body: {}, columns: { ts: [30.6, 30.7, 30.8], values: [1, 9, 8] } });
    expect(only(buckets)[0]!.y).toEqual([6, 7, 1, 9, 8]);
  });

  it("keeps both ends of a bucket of equal values", () => {
    const [line] = only(made({ x: [0], lo: [5], loAt: [0], hiAt: [255] }));
    expect(line).toEqual({ x: [0, 1], y: [5, 5] });
  });

  it("breaks where a value is missing, and goes on where one is absent", () => {
    expect(only(made({ x: [1, 2, 3], lo: [1, nan, 3] }))[0]!.y).toEqual([1, nan, 3]);
    expect(only(made({ x: [1, 2, 3], lo: [1, nan, 3], flags: [0, ABSENT, 0] }))[0]!.y).toEqual([1, 3]);
  });

  it("breaks before and after buckets that say so", () => {
    const [line] = only(made({ x: [1, 2, 3], lo: [1, 2, 3], flags: [BREAK_AFTER, 0, BREAK_BEFORE] }));
    expect(line!.y).toEqual([1, nan, 2, nan, 3]);
  });

  it("breaks where a bucket says so that leaves it out", () => {
    const flags = [0, ABSENT | BREAK_BEFORE, 0];
    expect(only(made({ x: [1, 2, 3], lo: [1, nan, 3], flags }))[0]!.y).toEqual([1, nan, 3]);
    const buckets = new Buckets();
    const body = { series: ["s"], layout: { step: 1, capacity: 2 }, lead: [[-7, 4]], k0: 0 };
    buckets.replace({ body, columns: { k: [0, 1], lo: [5, 6], flags: [BREAK_BEFORE, 0] } });
    expect(only(buckets)).toEqual([{ x: [0, 1], y: [5, 6] }]);
    buckets.append({ body: { k0: 2 }, columns: { k: [0], lo: [nan], flags: [ABSENT | BREAK_BEFORE] } });
    buckets.append({ body: { k0: 3 }, columns: { k: [0, 1], lo: [nan, 9], flags: [ABSENT, 0] } });
    expect(only(buckets)).toEqual([{ x: [4], y: [9] }]);
  });

  it("keeps the break of a bucket that a record joins later", () => {
    const buckets = new Buckets();
    const body = { series: ["s"], layout: { step: 1, capacity: 9 }, k0: 0 };
    buckets.replace({ body, columns: { k: [0, 1], lo: [5, nan], flags: [0, ABSENT | BREAK_BEFORE] } });
    buckets.append({ body: {}, columns: { ts: [1.5, 2.5], values: [6, 7] } });
    expect(only(buckets)[0]!.y).toEqual([5, nan, 6, 7]);
  });

  it("is drawn in from the last point before the buckets, and from those that leave them", () => {
    const buckets = new Buckets();
    const body = { series: ["s"], layout: { step: 1, capacity: 2 }, lead: [[-7, 4]], k0: 0 };
    buckets.replace({ body, columns: { k: [0, 1], lo: [5, 6] } });
    expect(only(buckets)).toEqual([{ x: [-7, 0, 1], y: [4, 5, 6] }]);
    buckets.append({ body: { k0: 2 }, columns: { k: [0], lo: [7] } });
    expect(only(buckets)).toEqual([{ x: [0, 1, 2], y: [5, 6, 7] }]);
    buckets.append({ body: { k0: 3 }, columns: { k: [0], lo: [nan], flags: [ABSENT] } });
    expect(only(buckets)).toEqual([{ x: [1, 2], y: [6, 7] }]);
    buckets.append({ body: { k0: 4 }, columns: { k: [0], lo: [nan], flags: [ABSENT] } });
    buckets.append({ body: { k0: 5 }, columns: { k: [0], lo: [1] } });
    expect(only(buckets)).toEqual([{ x: [2, 5], y: [7, 1] }]);
  });

  it("is one for each run, of which the newest are drawn", () => {
    const flags = [0, 0, NEW_RUN | BREAK_BEFORE, 0];
    expect(only(made({ x: [1, 2, 1, 2], lo: [9, 8, 7, 6], flags }))).toEqual([
      { x: [1, 2], y: [9, 8] },
      { x: [1, 2], y: [7, 6] },
    ]);
    const many = Array.from({ length: 20 }, (_, i) => i);
    expect(only(made({ x: many, lo: many, flags: many.map(() => NEW_RUN) }))).toHaveLength(MAX_RUNS);
  });

  it("is not drawn in from another run", () => {
    const buckets = new Buckets();
    const body = { series: ["s"], layout: { step: 1, capacity: 3 }, k0: 0 };
    buckets.replace({
      body,
      columns: { k: [0, 1, 2], x: [7, 8, 0], lo: [5, 6, 1], flags: [NEW_RUN, 0, NEW_RUN | BREAK_BEFORE] },
    });
    buckets.append({ body: { k0: 3 }, columns: { k: [0, 1], x: [1, 2], lo: [2, 3] } });
    expect(only(buckets)).toEqual([{ x: [0, 1, 2], y: [1, 2, 3] }]);
    buckets.append({ body: { k0: 5 }, columns: { k: [0], x: [3], lo: [4] } });
    expect(only(buckets)).toEqual([{ x: [0, 1, 2, 3], y: [1, 2, 3, 4] }]);
    const flags = [NEW_RUN, 0, NEW_RUN | BREAK_BEFORE | ABSENT, ABSENT];
    buckets.replace({ body, columns: { k: [0, 1, 2, 3], x: [7, 8, 0, 1], lo: [5, 6, nan, nan], flags } });
    buckets.append({ body: { k0: 4 }, columns: { k: [0, 1, 2], x: [2, 3, 4], lo: [1, 2, 3] } });
    expect(only(buckets)).toEqual([{ x: [2, 3, 4], y: [1, 2, 3] }]);
  });

  it("is none for what is left of an earlier run, where that would begin in the midst of the view", () => {
    const drawn = (newest: number, first: number) => {
      const buckets = made({ x: [6, 7, 1, 5], lo: [1, 2, 3, 4], flags: [first, 0, NEW_RUN, 0] });
      Object.assign(buckets, { window: 4, newest });
      return only(buckets).map(({ y }) => y);
    };
    expect(drawn(9, NEW_RUN)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(drawn(9, 0)).toEqual([[3, 4]]);
    expect(drawn(11, 0)).toHaveLength(2); // what has gone is out of view, too
    const alone = made({ x: [6, 7], lo: [1, 2] });
    Object.assign(alone, { window: 4, newest: 9 });
    expect(only(alone)).toHaveLength(1);
  });

  it("is shifted where its numbers are counted from the newest", () => {
    const buckets = made({ x: [1, 2], lo: [5, 6] });
    expect(lines(buckets, buckets.series[0]!, -2)).toEqual([{ x: [-1, 0], y: [5, 6] }]);
  });
});

describe("the extent of lines", () => {
  const some: Line[] = [
    { x: [1, 2, 3], y: [900, 5, 6] },
    { x: [1, 2, 9], y: [-900, nan, 40] },
  ];

  it("is that of what lies in the window: a dead line does not squash the live ones", () => {
    expect(extent(some, 2, 10)).toEqual([5, 40]);
    expect(extent(some, 2, 3)).toEqual([5, 6]);
  });

  it("is none when nothing is there", () => {
    expect(extent(some, 4, 5)).toBeNull();
    expect(extent([], 0, 9)).toBeNull();
  });
});

describe("the edges of a view", () => {
  it("has the records at the edges of a view, whose places are rounded as they travel", () => {
    const line = { x: [1000 - 4e-5, 1030, 1060 + 4e-5], y: [5, 1, 900] };
    expect(extent([line], 1000, 1060)).toEqual([1, 900]);
    expect(extent([line], 1001, 1059)).toEqual([1, 1]);
  });
});
