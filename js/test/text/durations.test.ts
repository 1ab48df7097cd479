import { describe, expect, it } from "vitest";
import { agoText, durationText, windowText } from "../../src/lib/text/durations";

const HOUR = 3_600_000;

/** Without its no-break spaces. */
const breakable = (text: string) => text.replaceAll("\u00a0", " ");

describe("a duration", () => {
  it.each([
    [0.0004, "400\u00a0ns"],
    [0.004, "4\u00a0µs"],
    [0.4, "400\u00a0µs"],
    [0.6, "1\u00a0ms"],
    [4e-7, "0\u00a0ms"],
    [0, "0\u00a0ms"],
  ])("of %s ms without digits after the point is %s: nothing but what no unit tells is 0", (ms, text) => {
    expect(durationText(ms, "en", 0)).toBe(text);
  });

  it.each([
    [0, "0 ms", "0 ms"],
    [1e-15, "1E−9 ns", "1E−9 ns"],
    [2.5e-6, "2.5 ns", "2.5 ns"],
    [0.0025, "2.5 µs", "2.5 µs"],
    [0.01, "0.01 ms", "0.01 ms"],
    [0.4, "0.4 ms", "0.4 ms"],
    [12.345, "12.3 ms", "12.3 ms"],
    [850, "850 ms", "850 ms"],
    [999.4, "999 ms", "999 ms"],
    [999.6, "1 s", "1 秒"],
    [1234.5, "1.2 s", "1.2 秒"],
    [59_960, "1 min", "1 分"],
    [94_000, "1 min 34 s", "1 分 34 秒"],
    [-94_000, "−1 min 34 s", "−1 分 34 秒"],
    [3_599_600, "1 h", "1 時間"],
    [100 * 60_000, "1 h 40 min", "1 時間 40 分"],
    [24 * HOUR - 1, "1 d", "1 日"],
    [76 * HOUR, "3 d 4 h", "3 日 4 時間"],
    [24 * HOUR * 12_345, "12,345 d", "12,345 日"],
    [Number.POSITIVE_INFINITY, "∞", "∞"],
  ])("of %d ms is %s, in Japanese %s", (ms, english, japanese) => {
    expect(breakable(durationText(ms, "en"))).toBe(english);
    expect(breakable(durationText(ms, "ja"))).toBe(japanese);
  });

  it("has the digits asked for where it has one unit", () => {
    expect(breakable(durationText(12.3456, "en", 2))).toBe("12.35 ms");
    expect(breakable(durationText(1234.5, "en", 3))).toBe("1.235 s");
    expect(breakable(durationText(94_000, "en", 3))).toBe("1 min 34 s");
    expect(breakable(durationText(-1e-9, "en", 1))).toBe("0.0 ms");
  });

  it("lets a line end between its units, and nowhere else", () => {
    expect(durationText(94_000, "ja").split(" ")).toEqual(["1\u00a0分", "34\u00a0秒"]);
  });
});

describe("a window", () => {
  it.each([
    [0.5, "500 ms"],
    [60, "60 s"],
    [90, "90 s"],
    [300, "5 min"],
    [86_400, "1 d"],
  ])("of %d s is called %s", (seconds, text) => {
    expect(breakable(windowText(seconds, "en"))).toBe(text);
  });
});

describe("how long ago something was", () => {
  it.each([
    [0.4, "0 s", "0 秒"],
    [59.9, "59 s", "59 秒"],
    [119, "1 min", "1 分"],
    [7300, "2 h", "2 時間"],
    [200_000, "2 d", "2 日"],
  ])("%d s is said in its largest whole unit: %s", (seconds, en, ja) => {
    expect([agoText(seconds, "en"), agoText(seconds, "ja")].map(breakable)).toEqual([en, ja]);
  });
});

it("has one kind of digits", () => {
  expect(durationText(94_000, "fa").replace(/\u00a0/g, " ")).toBe("۱ min ۳۴ s");
});
