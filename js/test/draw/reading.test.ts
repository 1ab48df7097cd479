// Reading: what a line has at a place, and where a cursor goes from there.

import { describe, expect, it } from "vitest";
import { moved, reading } from "../../src/lib/draw/reading";

const nan = Number.NaN;
const line = (x: number[], y = x.map((each) => 10 * each)) => ({ x, y });

describe("the reading at a place", () => {
  it.each([
    [0, 1],
    [1.4, 1],
    [1.6, 2],
    [99, 3],
  ])("%d is that of the nearest point, at %d", (place, x) => {
    const y = 10 * x;
    expect(reading(line([1, 2, 3]), place, 0.1, 1000)).toEqual({ x, y, lo: y, hi: y });
  });

  it("has both extremes of its column of pixels", () => {
    const found = reading(line([1, 2, 2.04, 2.3], [0, 5, 9, 100]), 2, 0.1, 1);
    expect(found).toEqual({ x: 2, y: 5, lo: 5, hi: 9 });
  });

  it("is none in a break, and none when there is nothing", () => {
    expect(reading(line([1, 2, 3], [1, nan, 3]), 2, 0.1, 9)).toBeNull();
    expect(reading(line([]), 2, 0.1, 9)).toBeNull();
  });

  it("does not reach over a break into what is behind it", () => {
    expect(reading(line([1, 2, 2, 3], [1, nan, 5, 7]), 3, 4, 9)).toMatchObject({ lo: 5, hi: 7 });
  });

  it("counts however far the point is where a line runs across, and beyond its ends only nearby", () => {
    expect(reading(line([0, 100]), 40, 1, 5)?.x).toBe(0);
    expect(reading(line([0, 100]), 104, 1, 5)?.x).toBe(100);
    expect(reading(line([0, 100]), 106, 1, 5)).toBeNull();
    expect(reading(line([0, 50, 100], [1, nan, 2]), 30, 1, 5)).toBeNull();
  });
});

describe("a cursor", () => {
  const all = [line([1, 2, 3, 10]), line([2.5, 2.55, 20])];
  const go = (from: number | null, move: number | "first" | "last") => moved(all, from, move, [0, 15], 0.1);

  it.each([
    ["comes in at the newest point in view", null, -1, 10],
    ["goes to the next of any line", 2, 1, 2.5],
    ["takes those in one column of pixels as one", 2.5, 1, 3],
    ["goes back", 2.5, -1, 2],
    ["goes several", 1, 3, 3],
    ["stays at the end", 10, 1, 10],
    ["stays at the beginning", 1, -10, 1],
    ["goes to the first", 3, "first", 1],
    ["goes to the last in view", 3, "last", 10],
    ["that the picture has left behind goes on from its edge", -5, 1, 2],
  ] as const)("%s", (_, from, move, to) => {
    expect(go(from, move)).toBe(to);
  });

  it("has nowhere to go without points", () => {
    expect(moved([line([1], [nan])], null, 1, [0, 9], 1)).toBeNull();
  });
});
