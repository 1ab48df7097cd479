import { describe, expect, it } from "vitest";
import { changeOf, exactText } from "../../src/lib/text/changes";
import type { NumberFormat } from "../../src/lib/text/format";

/** What is said of a change that a value ends with, without its no-break spaces. */
function said(format: NumberFormat, value: number, delta: number, locale = "en", relative = false) {
  const { direction, text } = changeOf(value, delta, format, locale, relative);
  return `${direction} ${text}`.trim().replaceAll("\u00a0", " ");
}

describe("a change", () => {
  it.each([
    [{ name: "number" }, 2000, 1498, "up +1,498"],
    [{ name: "number" }, 1, -0.3, "down −0.3"],
    [{ name: "number" }, 1, 0, "neutral ±0"],
    [{ name: "number", unit: "$" }, 1, -5, "down −$5"],
    [{ name: "percentage" }, 0.5, -0.337, "down −33.7 pp"],
    [{ name: "percentage", precision: 0 }, 0.5, 0.02, "up +2 pp"],
    [{ name: "duration" }, 100_000, 94_000, "up +1 min 34 s"],
    [{ name: "bytes" }, 2048, -1536, "down −1.5 KiB"],
  ] as [NumberFormat, number, number, string][])("of %j to %d by %d is %s", (format, value, delta, text) => {
    expect(said(format, value, delta)).toBe(text);
  });

  it.each([
    [{ name: "number" }, 0.1 + 0.2, 0.1 + 0.2 - 0.3, "neutral ±0"],
    [{ name: "number", precision: 12 }, 4096.1, 4.5e-13, "neutral ±0.000000000000"],
    [{ name: "compact" }, 0.1 + 0.2, 0.1 + 0.2 - 0.3, "neutral ±0"],
    [{ name: "percentage" }, 1e300, 1e300, "up +1E302 pp"],
    [{ name: "bytes", unit: "/s" }, 0.5, 0.2, "up +0.2 B/s"],
    [{ name: "percentage" }, 0.1 + 0.2, 0.1 + 0.2 - 0.3, "neutral ±0.0 pp"],
    [{ name: "duration" }, 0.1 + 0.2, 0.1 + 0.2 - 0.3, "neutral ±0 ms"],
    [{ name: "duration", precision: 1 }, 0.1 + 0.2, 0.1 + 0.2 - 0.3, "neutral ±0.0 ms"],
    [{ name: "duration", precision: 0 }, 3, -4e-16, "neutral ±0 ms"],
    [{ name: "bytes" }, 2 ** 30, 1e-6, "neutral ±0 B"],
  ] as [NumberFormat, number, number, string][])(
    "of %j to %d by the rounding of sums, %d, is none",
    (format, value, delta, text) => {
      expect(said(format, value, delta)).toBe(text);
    },
  );

  it.each([
    [{ name: "number" }, 12.3, 0.0123456, "up +0.012"],
    [{ name: "number" }, 12.3, 0.0003, "neutral ±0"],
    [{ name: "number" }, 1234.5, -0.004, "neutral ±0"],
    [{ name: "number" }, 3e-7, 1e-7, "up +1E−7"],
    [{ name: "number" }, 0, -3e-7, "down −3E−7"],
    [{ name: "number", precision: 1 }, 1, -0.01, "neutral ±0.0"],
    [{ name: "number", precision: 6 }, 1000.000002, 0.000001, "up +0.000001"],
    [{ name: "percentage" }, 0.425, 0.0003, "neutral ±0.0 pp"],
    [{ name: "percentage" }, 0.0004, -0.00003, "down −0.003 pp"],
    [{ name: "compact" }, 7e-11, 2e-11, "up +2E−11"],
    [{ name: "compact" }, 12_300_000, 45, "neutral ±0"],
    [{ name: "duration" }, 76 * 3_600_000, 10, "neutral ±0 ms"],
  ] as [NumberFormat, number, number, string][])(
    "of %j to %d by %d is told in the digits of the value: %s",
    (format, value, delta, text) => {
      expect(said(format, value, delta)).toBe(text);
    },
  );

  it.each([
    [{ name: "compact" }, 12_300_000, 4500, "up +4.5K"],
    [{ name: "bytes" }, 1.5 * 2 ** 30, 2e7, "up +19.1 MiB"],
    [{ name: "duration" }, 76 * 3_600_000, 60_000, "up +1 min"],
  ] as [NumberFormat, number, number, string][])(
    "of %j to %d by %d is told in its own unit where that of the value is a large one: %s",
    (format, value, delta, text) => {
      expect(said(format, value, delta)).toBe(text);
    },
  );

  it.each([
    [{ name: "number" }, 0.3006, 0.0002, "up +0.0002"],
    [{ name: "number", precision: 1 }, 1.06, 0.02, "up"],
    [{ name: "number", precision: 1 }, 1.04, -0.02, "down"],
    [{ name: "compact" }, 1_250_001, 2, "up +2"],
  ] as [NumberFormat, number, number, string][])(
    "of %j to %d by %d that is seen in the digits is told: %s",
    (format, value, delta, text) => {
      expect(said(format, value, delta)).toBe(text);
    },
  );

  it("of a percentage is in points in Japanese too", () => {
    expect(said({ name: "percentage" }, 0.5, 0.05, "ja")).toBe("up +5.0 ポイント");
  });

  it.each([
    [{ name: "number", unit: "V" }, 1.5, 0.5, "up +50.0%"],
    [{ name: "percentage" }, 0.75, -0.25, "down −25.0%"],
    [{ name: "bytes" }, 7, 0, "neutral ±0.0%"],
    [{ name: "number" }, 2000.8, 0.8, "up +0.04%"],
    [{ name: "number" }, 1_234_567, 1, "up"],
    [{ name: "number" }, 0.3, 0.3, "up"],
    [{ name: "number" }, 0.1 + 0.2, 0.1 + 0.2 - 0.3, "neutral ±0.0%"],
  ] as [NumberFormat, number, number, string][])(
    "relative of %j to %d by %d is %s",
    (format, value, delta, text) => {
      expect(said(format, value, delta, "en", true)).toBe(text);
    },
  );
});

describe("all digits", () => {
  it.each([
    [{ name: "compact" }, 1_234_567.25, "1,234,567.25"],
    [{ name: "number", unit: "V" }, 0.1, "0.1 V"],
    [{ name: "number" }, 1.23456e-9, "1.23456E−9"],
    [{ name: "percentage" }, 0.425317, "42.5317%"],
    [{ name: "bytes", unit: "/s" }, 1_610_612_737, "1,610,612,737 B/s"],
    [{ name: "duration" }, 94_320.5, "94,320.5 ms"],
    [{ name: "number", unit: "$" }, 1234.125, "$1,234.125"],
  ] as [NumberFormat, number, string][])("of %j of %d are %s", (format, value, text) => {
    expect(exactText(value, format, "en")).toBe(text);
  });
});
