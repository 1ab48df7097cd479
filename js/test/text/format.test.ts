import { describe, expect, it } from "vitest";
import {
  formatter,
  localeOf,
  MISSING,
  type NumberFormat,
  parted,
  shortened,
  wholeText,
} from "../../src/lib/text/format";

const write = (format: NumberFormat, value: number | null | undefined, locale = "en") =>
  formatter(format, locale)(value);

describe("numbers", () => {
  it.each([
    [{ name: "number" }, 1234567.8912, "1,234,567.89"],
    [{ name: "number" }, 99.8912, "99.891"],
    [{ name: "number" }, 1000.004, "1,000"],
    [{ name: "number" }, 0, "0"],
    [{ name: "number" }, -0, "0"],
    [{ name: "number", precision: 2 }, -0.001, "0.00"],
    [{ name: "number" }, -5.5, "−5.5"],
    [{ name: "number" }, 0.000123, "0.000123"],
    [{ name: "number" }, 0.0000123, "1.23E−5"],
    [{ name: "number" }, 1e18, "1,000,000,000,000,000,000"],
    [{ name: "number" }, -1.5e38, "−1.5E38"],
    [{ name: "number", precision: 4 }, 0.31, "0.3100"],
    [{ name: "number", precision: 2, unit: "$" }, 20, "$20.00"],
    [{ name: "number", unit: "$" }, 20, "$20"],
    [{ name: "number", unit: "°C" }, 21.5, "21.5°C"],
    [{ name: "number", unit: "req" }, 5, "5 req"],
    [{ name: "number", unit: "件" }, 5, "5件"],
    [{ name: "percentage" }, 0.4253, "42.5%"],
    [{ name: "percentage" }, 0, "0.0%"],
    [{ name: "percentage" }, 0.0015, "0.2%"],
    [{ name: "percentage" }, 0.0004, "0.04%"],
    [{ name: "percentage" }, -0.0001234, "−0.012%"],
    [{ name: "percentage" }, 5e-9, "5E−7%"],
    [{ name: "percentage", precision: 1 }, 0.0004, "0.0%"],
    [{ name: "duration" }, 94_000, "1 min 34 s"],
    [{ name: "bytes" }, 0, "0 B"],
    [{ name: "bytes" }, 1023.4, "1,023 B"],
    [{ name: "bytes", unit: "/s" }, 0.3, "0.3 B/s"],
    [{ name: "bytes" }, -0.012, "−0.012 B"],
    [{ name: "bytes" }, 0.999, "1 B"],
    [{ name: "bytes", precision: 0 }, 0.3, "0 B"],
    [{ name: "bytes" }, 1023.6, "1.0 KiB"],
    [{ name: "bytes" }, 1536, "1.5 KiB"],
    [{ name: "bytes" }, 1024 ** 2 - 1, "1.0 MiB"],
    [{ name: "bytes", precision: 3 }, 1024 ** 2 - 1024, "1,023.000 KiB"],
    [{ name: "bytes" }, -(1024 ** 4), "−1.0 TiB"],
    [{ name: "bytes", unit: "/s" }, 3 * 1024 ** 3, "3.0 GiB/s"],
    [{ name: "si", unit: "W" }, 1200, "1.2 kW"],
    [{ name: "si", unit: "W" }, 0, "0 W"],
    [{ name: "si", unit: "W" }, -0, "0 W"],
    [{ name: "si", unit: "W" }, -230.46, "−230 W"],
    [{ name: "si", unit: "W" }, 999.6, "1 kW"],
    [{ name: "si", unit: "W" }, 1_234_567, "1.23 MW"],
    [{ name: "si", unit: "W", precision: 2 }, 1_200_000, "1.20 MW"],
    [{ name: "si", unit: "W", precision: 0 }, 999.4, "999 W"],
    [{ name: "si", unit: "W", precision: 0 }, 999.6, "1 kW"],
    [{ name: "si", unit: "V" }, 0.0456, "45.6 mV"],
    [{ name: "si", unit: "A" }, 1e-12, "1 pA"],
    [{ name: "si", unit: "A" }, 9.999e-16, "1 fA"],
    [{ name: "si", unit: "A" }, 2e-18, "2E−18 A"],
    [{ name: "si", unit: "J" }, 1e18, "1 EJ"],
    [{ name: "si", unit: "J" }, 9.996e20, "1,000 EJ"],
    [{ name: "si", unit: "J" }, 1e24, "1E24 J"],
    [{ name: "si" }, 45_600, "45.6 k"],
    [{ name: "si" }, 45, "45"],
    [{ name: "compact" }, 1_234_567, "1.2M"],
    [{ name: "compact" }, 999_960, "1M"],
    [{ name: "compact" }, 0.15, "0.2"],
    [{ name: "compact" }, 0.04, "0.04"],
    [{ name: "compact" }, -5e-11, "−5E−11"],
    [{ name: "compact", precision: 1 }, 0.04, "0.0"],
    [{ name: "compact" }, 1e38, "1E38"],
    [{ name: "percentage" }, -1e38, "−1E40%"],
    [{ name: "bytes" }, 1.5e38, "1.5E38 B"],
    [{ name: "bytes", unit: "/s" }, 1e38, "1E38 B/s"],
    [{ name: "duration" }, 1e38, "1E38 ms"],
    [{ name: "number", precision: 2 }, 1e38, "1E38"],
  ] as [NumberFormat, number, string][])("%j of %d is %s", (format, value, text) => {
    expect(write(format, value).replaceAll("\u00a0", " ")).toBe(text);
  });

  it.each([
    ["$", "en", 1234, "$1,234"],
    ["$", "en", -5, "−$5"],
    ["$", "en", 1234.5, "$1,234.50"],
    ["$", "en", 0.00123, "$0.00123"],
    ["€", "de", 1234.5, "1.234,50 €"],
    ["€", "en", 3, "€3"],
    ["¥", "ja", 1234, "¥1,234"],
    ["¥", "ja", 1234.5, "¥1,235"],
    ["¥", "ja", 0.25, "¥0.25"],
    ["JPY", "en", 1234.5, "¥1,235"],
    ["USD", "en", 1234.5, "$1,234.50"],
    ["USD", "ja", 5, "$5"],
    ["USD", "en-CA", 5, "US$5"],
    ["EUR", "de", 1234.5, "1.234,50 €"],
    ["CPU", "en", 3, "3 CPU"],
    ["kr", "en", 3, "3 kr"],
  ])("of money have the %s where %s puts it: %d is %s", (unit, locale, value, text) => {
    expect(write({ name: "number", unit }, value, locale).replace("\u00a0", " ")).toBe(text);
  });

  it("in short have the sign of a currency too, but ratios do not", () => {
    expect(write({ name: "compact", unit: "$" }, 1_234_567)).toBe("$1.2M");
    expect(write({ name: "percentage", unit: "$" }, 0.5)).toBe("50.0% $");
  });

  it("in short are of yen without sen", () => {
    expect([
      write({ name: "compact", unit: "JPY" }, 1_234_567, "ja"),
      write({ name: "compact", unit: "USD" }, 5),
    ]).toEqual(["￥123.5万", "$5"]);
  });

  it("are written in the reader's way", () => {
    expect(write({ name: "compact" }, 123_456.7, "ja")).toBe("12.3万");
    expect(write({ name: "number" }, 1234.5, "de")).toBe("1.234,5");
    expect(write({ name: "number" }, -3, "sv")).toBe("−3");
    expect(wholeText(-(10n ** 20n), "en")).toBe("−100,000,000,000,000,000,000");
  });

  it.each([null, undefined, Number.NaN])("missing (%s) is a dash, never 0", (value) => {
    expect(write({ name: "number", unit: "V" }, value)).toBe(MISSING);
  });
});

describe("where there is little room", () => {
  it.each([
    [{ name: "number", unit: "€", precision: 2 }, -12_345_678.9, "−€12.3M"],
    [{ name: "number", unit: "V" }, 1e20, "1E20 V"],
    [{ name: "percentage" }, 12_345.678, "1.23M%"],
    [{ name: "percentage" }, 0.4253, "42.5%"],
    [{ name: "bytes", precision: 9 }, 1.5 * 1024 ** 3, "1.5 GiB"],
    [{ name: "duration", precision: 9 }, 12.3456789, "12.3 ms"],
    [{ name: "compact", precision: 6 }, 1_234_567, "1.23M"],
    [{ name: "si", unit: "W", precision: 6 }, 1_234_567, "1.23 MW"],
  ] as [NumberFormat, number, string][])("%j of %d is %s", (format, value, text) => {
    expect(write(shortened(format), value).replace("\u00a0", " ")).toBe(text);
  });

  it("has three digits, or all before the point", () => {
    const short = shortened({ name: "number" });
    const texts = [1234, 123_456, 12_345_678, 123_456_789].map((value) => write(short, value, "ja"));
    expect(texts).toEqual(["1234", "12.3万", "1235万", "1.23億"]);
  });
});

describe("the parts of a number", () => {
  it.each([
    [{ name: "number", unit: "requests per second" }, 10_000, "en", "10,000| requests per second"],
    [{ name: "number", unit: "件/秒" }, 10_000, "ja", "10,000|件/秒"],
    [{ name: "number" }, -1234.5, "fr", "−1\u202f234,5|"],
    [{ name: "number", unit: "€" }, -3, "en", "−€3|"],
    [{ name: "compact", unit: "requests" }, 12_345, "ja", "1.2万| requests"],
    [{ name: "percentage", unit: "of all" }, 0.5, "en", "50.0%| of all"],
    [{ name: "bytes", unit: "/s" }, 1536, "en", "1.5| KiB/s"],
    [{ name: "duration" }, 850, "en", "850\u00a0ms|"],
    [{ name: "duration" }, 94_000, "ja", "1\u00a0分| 34\u00a0秒"],
  ] as [NumberFormat, number, string, string][])("%j of %d in %s are %s", (format, value, locale, parts) => {
    expect(parted(write(format, value, locale), format).join("|")).toBe(parts);
  });
});

describe("the locale", () => {
  it.each([
    ["ja", "ja"],
    ["ja_JP", "ja-JP"],
    ["", navigator.language],
    ["no such tongue", navigator.language],
  ])("asked for as %j is %s", (wanted, found) => {
    expect(localeOf(wanted)).toBe(found);
    expect(() => formatter({ name: "number" }, localeOf(wanted))).not.toThrow();
  });
});

describe("what is infinite", () => {
  it.each(["number", "percentage", "bytes", "compact", "duration"] as const)("is written as %s", (name) => {
    for (const value of [Number.POSITIVE_INFINITY, -1.8e306, 1.7e308])
      expect(formatter({ name }, "en")(value)).toMatch(/∞|\d/);
  });
});
