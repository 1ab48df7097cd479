// Fitting: the size at which a text stands in one line.

import { describe, expect, it } from "vitest";
import { ems, fitting, SIZES, squeezed } from "../../src/lib/draw/fitting";

describe("the size of a number", () => {
  it("is the greatest that fits, down by steps, and none when the least is too large", () => {
    expect(fitting("42", 200)).toBe(28);
    const found = [260, 190, 160, 130, 110, 90].map((width) => fitting("12,345,678,901.5", width));
    expect(found).toEqual([24, 17, 14, 12, null, null]);
    expect(fitting("42", 0)).toBe(null);
  });

  it("is less than the least for a number that is longer still, down to what can be read at all", () => {
    expect(squeezed("12,345,678,901.5", 110)).toBe(11);
    expect(squeezed("12,345,678,901.5", 20)).toBe(8);
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
