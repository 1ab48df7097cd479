// Coordinates: places in words.

import { describe, expect, it } from "vitest";
import { type Along, coordinateText, countedText } from "../../src/lib/text/coordinates";

const axis = (more: Partial<Along>): Along => ({
  axis: "field",
  name: "step",
  origin: 0n,
  zone: "UTC",
  span: [0, 60],
  ...more,
});

describe("a place", () => {
  it("along a field has its name", () => {
    expect(coordinateText(1234.5, axis({}), "en")).toBe("step 1,234.5");
  });

  it("among records is a whole number", () => {
    expect(coordinateText(7.4, axis({ axis: "records", name: "#" }), "en")).toBe("# 7");
  });

  it("in time is as fine as the view", () => {
    expect(coordinateText(12.3456, axis({ axis: "time" }), "en")).toBe("12.346 s");
    const span = (width: number): [number, number] => [1_795_000_000, 1_795_000_000 + width];
    expect(coordinateText(1_795_000_000.25, axis({ axis: "time", span: span(60) }), "en")).toMatch(
      /:40 UTC$/,
    );
    expect(coordinateText(1_795_000_000.25, axis({ axis: "time", span: span(10) }), "en")).toMatch(
      /:40\.250 UTC$/,
    );
  });

  it("that no number could hold has all its digits, and its axis says what it is counted from", () => {
    const far = axis({ origin: 10n ** 18n });
    expect(coordinateText(4, far, "en")).toBe("step 1,000,000,000,000,000,004");
    expect(countedText(far, "en")).toBe("step − 1,000,000,000,000,000,000");
    expect(countedText(axis({ origin: -5n }), "en")).toBe("step + 5");
    expect(countedText(axis({}), "en")).toBe("");
  });
});
