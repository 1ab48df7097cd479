import { describe, expect, it } from "vitest";
import { changeFormatter, exactText } from "../../src/lib/text/changes";
import type { NumberFormat } from "../../src/lib/text/format";

describe("a change", () => {
  it.each([
    [{ name: "number" }, 1498, "+1,498"],
    [{ name: "number" }, -0.3, "−0.3"],
    [{ name: "number" }, 0, "±0"],
    [{ name: "number", precision: 1 }, -0.01, "±0.0"],
    [{ name: "number", unit: "$" }, -5, "−$5"],
    [{ name: "percentage" }, -0.337, "−33.7 pp"],
    [{ name: "percentage", precision: 0 }, 0.02, "+2 pp"],
    [{ name: "duration" }, 94_000, "+1 min 34 s"],
    [{ name: "bytes" }, -1536, "−1.5 KiB"],
  ] as [NumberFormat, number, string][])("of %j by %d is %s", (format, change, text) => {
    expect(changeFormatter(format, "en")(change)).toBe(text);
  });

  it("of a percentage is in points in Japanese too", () => {
    expect(changeFormatter({ name: "percentage" }, "ja")(0.05)).toBe("+5.0 ポイント");
  });

  it.each([
    [{ name: "number", unit: "V" }, 0.5, "+50.0%"],
    [{ name: "percentage" }, -0.25, "−25.0%"],
    [{ name: "bytes" }, 0, "±0.0%"],
  ] as [NumberFormat, number, string][])("relative of %j by %d is %s", (format, change, text) => {
    expect(changeFormatter(format, "en", true)(change)).toBe(text);
  });
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
