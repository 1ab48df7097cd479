import { describe, expect, it } from "vitest";
import {
  agoText,
  formatter,
  isCalendar,
  localeOf,
  MISSING,
  momentText,
  type NumberFormat,
  tickFormatter,
  timeText,
} from "../../src/lib/text/format";

const write = (format: NumberFormat, value: number | null | undefined, locale = "en") =>
  formatter(format, locale)(value);

describe("numbers", () => {
  it.each([
    [{ name: "number" }, 1234567.8912, "1,234,567.891"],
    [{ name: "number" }, 0, "0"],
    [{ name: "number" }, 0.000123, "0.000123"],
    [{ name: "number" }, 0.0000123, "1.23E-5"],
    [{ name: "number", precision: 4 }, 0.31, "0.3100"],
    [{ name: "number", unit: "°C" }, 21.5, "21.5°C"],
    [{ name: "number", unit: "req" }, 5, "5 req"],
    [{ name: "percentage" }, 0.4253, "42.5%"],
    [{ name: "duration" }, 1234.5, "1,235 ms"],
    [{ name: "bytes" }, 0, "0 B"],
    [{ name: "bytes" }, 1536, "1.5 KiB"],
    [{ name: "bytes", unit: "/s" }, 3 * 1024 ** 3, "3.0 GiB/s"],
    [{ name: "compact" }, 1_234_567, "1.2M"],
  ] as [NumberFormat, number, string][])("%j of %d is %s", (format, value, text) => {
    expect(write(format, value)).toBe(text);
  });

  it("are written in the reader's way", () => {
    expect(write({ name: "compact" }, 123_456.7, "ja")).toBe("12.3万");
    expect(write({ name: "number" }, 1234.5, "de")).toBe("1.234,5");
  });

  it.each([null, undefined, Number.NaN])("missing (%s) is a dash, never 0", (value) => {
    expect(write({ name: "number", unit: "V" }, value)).toBe(MISSING);
  });

  it("on an axis have as many digits as tell its ticks apart", () => {
    expect(tickFormatter({ name: "percentage" }, "en", 0.2)(0.4)).toBe("40%");
    expect(tickFormatter({ name: "percentage" }, "en", 0.0005)(0.4005)).toBe("40.05%");
    expect(tickFormatter({ name: "number" }, "en", 0.2)(0.4)).toBe("0.4");
    expect(tickFormatter({ name: "number" }, "en", 50)(1000)).toBe("1,000");
    expect(tickFormatter({ name: "number" }, "en", 0.25)(1.25)).toBe("1.25");
    expect(tickFormatter({ name: "number" }, "en", 2.5)(7.5)).toBe("7.5");
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

describe("times", () => {
  it("on the calendar are of the day, others plain seconds", () => {
    expect(isCalendar(1_795_000_000)).toBe(true);
    expect(timeText(12.5, "en", true)).toBe("12.5 s");
    expect(timeText(1_795_000_000.25, "en", true)).toMatch(/^\d\d:\d\d:\d\d\.250$/);
    expect(timeText(1_795_000_000.25, "en", false)).toMatch(/^\d\d:\d\d:\d\d$/);
  });

  it("have their day and milliseconds where there is room", () => {
    expect(momentText(1_795_000_000.25, "en")).toMatch(/^Nov 1\d, 2026, \d\d:\d\d:\d\d\.250$/);
    expect(momentText(12.5, "en")).toBe("12.5 s");
  });

  it("ago are in the largest whole unit", () => {
    expect(agoText(59.9, "en")).toBe("59s");
    expect(agoText(61, "en")).toBe("1m");
    expect(agoText(7300, "en")).toBe("2h");
  });
});
