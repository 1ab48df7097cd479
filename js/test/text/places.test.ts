import { describe, expect, it } from "vitest";
import { clockText, dayOf, placeText, splitSecond, weekdayText } from "../../src/lib/text/places";

const NOW = Date.UTC(2026, 10, 28, 12, 30) / 1000;
const DAY = 86_400;
const place = (ts: number, width: number, zone = "UTC", locale = "en", now = NOW) =>
  placeText(ts, [ts - width, ts], locale, zone, now);

describe("a place in a view", () => {
  it.each([
    [60, "12:30:00 UTC"],
    [10, "12:30:00.000 UTC"],
    [0.01, "12:30:00.000000 UTC"],
    [DAY, "Nov 28, 12:30:00 UTC"],
    [365 * DAY, "Nov 28, 2026, 12:30:00 UTC"],
    [500 * DAY, "Nov 28, 2026"],
  ])("of %d s is as fine as that: %s", (width, text) => {
    expect(place(NOW, width)).toBe(text);
  });

  it("is in the zone, and says which", () => {
    expect(place(NOW, 60, "Asia/Tokyo")).toBe("21:30:00 UTC+9");
    expect(place(NOW, 60, "Asia/Tokyo", "ja")).toBe("21:30:00 JST");
  });

  it("at midnight is a day, in a view of days", () => {
    const midnight = Date.UTC(2026, 10, 28) / 1000;
    expect(place(midnight, 20 * DAY)).toBe("Nov 28");
    expect(place(midnight, 20 * DAY, "Asia/Tokyo")).toBe("Nov 28, 09:00:00 UTC+9");
    expect(place(midnight, 3600)).toBe("Nov 28, 00:00:00 UTC");
  });

  it("of another day or year says which", () => {
    expect(place(NOW, 60, "UTC", "en", NOW + DAY)).toBe("Nov 28, 12:30:00 UTC");
    expect(place(NOW, 60, "UTC", "en", NOW + 100 * DAY)).toBe("Nov 28, 2026, 12:30:00 UTC");
    expect(place(Date.UTC(1950, 5, 1) / 1000, 60, "UTC")).toBe("Jun 1, 1950, 00:00:00 UTC");
  });

  it("of a simulated clock is plain seconds", () => {
    expect(place(12.5, 60)).toBe("12.5 s");
    expect(place(0.0000125, 1e-4)).toBe("0.000013 s");
  });
});

describe("parts of a second", () => {
  it("are carried into the next one", () => {
    expect(splitSecond(NOW + 0.9999999, "en", 6)).toEqual([NOW + 1, ".000000"]);
    expect(clockText(NOW - 1 + 0.9999999, "en", "UTC", 6)).toBe("12:30:00.000000");
  });
});

describe("the day of a moment", () => {
  it("is that of the zone", () => {
    const evening = Date.UTC(2026, 10, 28, 16) / 1000;
    expect(dayOf(evening, "Asia/Tokyo") - dayOf(evening, "UTC")).toBe(1);
  });
});

it("writes a day with its year and weekday, in the reader's language", () => {
  const noon = Date.UTC(2026, 10, 28, 12) / 1000;
  expect(weekdayText(noon, "en", "UTC")).toBe("Sat, Nov 28, 2026");
  expect(weekdayText(noon, "ja", "UTC")).toBe("2026年11月28日(土)");
});
