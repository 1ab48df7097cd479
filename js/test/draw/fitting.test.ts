// Fitting: the size at which a text stands in one line.

import { describe, expect, it } from "vitest";
import { ems, fitting, placed, SIZES, wrapped } from "../../src/lib/draw/fitting";
import type { Parted } from "../../src/lib/text/format";

describe("the size of a number", () => {
  it("is the greatest that fits, down by steps, and none when the least is too large", () => {
    expect(fitting("42", 200)).toBe(28);
    const found = [260, 190, 160, 130, 110, 90].map((width) => fitting("12,345,678,901.5", width));
    expect(found).toEqual([24, 17, 14, 12, null, null]);
    expect(fitting("42", 0)).toBe(null);
  });

  it.each([
    [282, "14 line: 10,000 requests per second"],
    [182, "28 apart: 10,000 requests per second"],
    [82, "20 apart: 10,000 requests per second"],
    [42, "17 apart: 10K requests per second"],
    [16, "8 apart: 10K requests per second"],
  ])("in %d pixels gives way to its unit at last: %s", (width, expected) => {
    const { parts, look, size } = placed(
      ["10,000", " requests per second"],
      () => ["10K", " requests per second"],
      width,
    );
    expect(`${size} ${look}: ${parts.join("")}`).toBe(expected);
  });

  it.each([
    [282, "28 line: −€12,345,678.90"],
    [122, "12 line: −€12,345,678.90"],
    [82, "14 line: −€12.3M"],
    [44, "8 line: −€12.3M"],
  ])("in %d pixels is one that can be read, in short if need be: %s", (width, expected) => {
    const short = (): Parted => ["−€12.3M", ""];
    const { parts, look, size } = placed(["−€12,345,678.90", ""], short, width);
    expect(`${size} ${look}: ${parts.join("")}`).toBe(expected);
  });

  it("is that at which the longest word of a text has room", () => {
    expect(wrapped("waiting for the third replica", 130)).toBe(14);
    expect(wrapped("2026/11/18 20:06:40", 82)).toBe(12);
    expect(wrapped("x".repeat(100), 82)).toBe(12);
  });

  it("never takes less room than the text has", () => {
    for (const size of SIZES) {
      const text = "1,234.5";
      expect(fitting(text, ems(text) * size)).toBe(size);
    }
  });

  it("counts what is thin, broad and as wide as high as such", () => {
    expect(ems("1,1")).toBeLessThan(ems("111"));
    expect(ems("99%")).toBeGreaterThan(ems("999"));
    expect(ems("接続中")).toBeGreaterThan(ems("abc"));
    expect(ems("👥")).toBeGreaterThan(1);
  });
});

it("wraps a text of any length", () => {
  expect(wrapped("a ".repeat(200_000), 50)).toBe(14);
});
