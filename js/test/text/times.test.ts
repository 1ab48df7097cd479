import { describe, expect, it } from "vitest";
import { calendarText, isCalendar, momentText, timeText } from "../../src/lib/text/times";

const NOON = Date.UTC(2026, 10, 28, 12, 30) / 1000;

describe("a time", () => {
  it.each([
    [NOON, true],
    [-631_152_000, true], // 1950
    [1e8, false],
    [-5, false],
    [0, false],
    [1e13, false],
  ])("of %d s is on the calendar: %s", (ts, found) => {
    expect(isCalendar(ts)).toBe(found);
  });

  it("of a simulated clock is plain seconds", () => {
    expect(timeText(-12.5, "en", true)).toBe("−12.5 s");
    expect(momentText(12.5, "en")).toBe("12.5 s");
  });

  it.each([
    ["UTC", "12:30:00"],
    ["Asia/Tokyo", "21:30:00"],
    ["America/New_York", "07:30:00"],
    ["Asia/Kathmandu", "18:15:00"],
    ["Australia/Lord_Howe", "23:30:00"],
  ])("is that of the clocks of %s: %s", (zone, text) => {
    expect(timeText(NOON, "en", false, zone)).toBe(text);
  });

  it("has its milliseconds when asked, and is not cut below them", () => {
    expect(timeText(NOON + 0.123, "en", true, "UTC")).toBe("12:30:00.123");
    expect(timeText(NOON + 0.25, "de", true, "UTC")).toBe("12:30:00,250");
  });
});

describe("a moment", () => {
  it("has its day, and milliseconds where it has any", () => {
    expect(momentText(NOON, "en", "Asia/Tokyo")).toBe("Nov 28, 2026, 21:30:00");
    expect(momentText(NOON + 0.25, "en", "UTC")).toBe("Nov 28, 2026, 12:30:00.250");
    expect(momentText(NOON, "ja", "Asia/Tokyo")).toBe("2026年11月28日 21:30:00");
  });

  it("that is known to be one is so in 1970, too", () => {
    expect(calendarText(0, "en", "UTC")).toBe("Jan 1, 1970, 00:00:00");
  });
});
