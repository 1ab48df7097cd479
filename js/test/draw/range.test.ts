// Range: the values that an axis spans.

import { describe, expect, it } from "vitest";
import { allWhole, niceRange } from "../../src/lib/draw/range";

describe("the range of an axis", () => {
  it("ends on round numbers with a little room", () => {
    expect(niceRange([1.2, 8.7], null)).toEqual([0, 10]);
    expect(niceRange([-3, 3], null)).toEqual([-4, 4]);
  });

  it("does not cross zero or one hundred percent for the sake of room", () => {
    expect(niceRange([0.01, 0.99], null, { most: 1 })).toEqual([0, 1]);
    expect(niceRange([0.5, 1.7], null, { most: 1 })![1]).toBeGreaterThan(1.7);
  });

  it("stays while the values fit and fill it", () => {
    const before = niceRange([0, 100], null);
    expect(niceRange([5, 95], before)).toBe(before);
    expect(niceRange([5, 20], before)![1]).toBeLessThan(30);
    expect(niceRange([5, 500], before)![1]).toBeGreaterThan(500);
  });

  it("has an extent even when the values have none", () => {
    for (const value of [0, 5, -5, 1e-9, 1e12]) {
      const [from, to] = niceRange([value, value], null)!;
      expect(from).toBeLessThanOrEqual(value);
      expect(to).toBeGreaterThanOrEqual(value);
      expect(to).toBeGreaterThan(from);
    }
  });

  it("of bytes is round in powers of two", () => {
    expect(niceRange([0, 3_000_000], null, { binary: true })).toEqual([0, 3.5 * 2 ** 20].map(Math.round));
  });

  it("of whole numbers has room for two of them", () => {
    expect(niceRange([0, 0], null, { whole: true })).toEqual([0, 1]);
    expect(niceRange([1, 1], null, { whole: true })).toEqual([0, 2]);
    expect(niceRange([7, 7], null, { whole: true })).toEqual([6, 8]);
    expect(niceRange([-1, -1], null, { whole: true })).toEqual([-2, 0]);
  });

  it("of durations is round by the clock", () => {
    expect(niceRange([0, 100 * 60_000], null, { clock: true })).toEqual([0, 2 * 3_600_000]);
  });

  it("of numbers of any size has a length that is a number, and some room", () => {
    for (const extent of [
      [-Number.MAX_VALUE, Number.MAX_VALUE],
      [Number.MAX_VALUE, Number.MAX_VALUE],
      [1e16, 1e16 + 2],
      [0, 5e-324],
      [1e38, 1e38],
    ] as [number, number][]) {
      const [from, to] = niceRange(extent, null)!;
      expect(Number.isFinite(to - from)).toBe(true);
      expect(to - from).toBeGreaterThan(1e-9 * Math.abs(to));
    }
  });
});

describe("the values of lines", () => {
  const line = { x: [1, 2, 3, 4], y: [0.5, 3, Number.NaN, 1e15] };

  it("are whole numbers when all within the window are, whatever was before", () => {
    expect(allWhole([line], 2, 4)).toBe(true);
    expect(allWhole([line], 1, 4)).toBe(false);
    expect(allWhole([line, { x: [3], y: [2.5] }], 2, 4)).toBe(false);
  });

  it("are none when there are none", () => {
    expect(allWhole([line], 3, 3)).toBe(false);
    expect(allWhole([], 0, 9)).toBe(false);
  });
});
