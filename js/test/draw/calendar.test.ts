import { describe, expect, it } from "vitest";
import { moments, ODD_STEPS, STEPS } from "../../src/lib/draw/calendar";

const at = (...when: [number, number, number?, number?, number?]) => Date.UTC(...when) / 1000;
const step = (unit: string, count: number) =>
  [...STEPS, ...ODD_STEPS].find((each) => each.unit === unit && each.count === count)!;

describe("round moments", () => {
  it("are midnights of the zone, through both changes of its clocks", () => {
    const days = moments(step("day", 1), at(2026, 2, 7), at(2026, 2, 10), "America/New_York");
    expect(days).toEqual([at(2026, 2, 7, 5), at(2026, 2, 8, 5), at(2026, 2, 9, 4)]);
    const autumn = moments(step("day", 1), at(2026, 9, 31), at(2026, 10, 3), "America/New_York");
    expect(autumn).toEqual([at(2026, 9, 31, 4), at(2026, 10, 1, 4), at(2026, 10, 2, 5)]);
  });

  it("are Mondays", () => {
    const weeks = moments(step("day", 7), at(2026, 10, 1), at(2026, 10, 30), "UTC");
    expect(weeks.map((ts) => new Date(ts * 1000).getUTCDay())).toEqual([1, 1, 1, 1, 1]);
  });

  it("are the first of months and of years, before 1970 too", () => {
    expect(moments(step("month", 3), at(1949, 10), at(1950, 7), "UTC")).toEqual([
      at(1950, 0),
      at(1950, 3),
      at(1950, 6),
    ]);
    expect(moments(step("month", 120), at(1931, 0), at(1975, 0), "Asia/Tokyo")).toEqual(
      [1940, 1950, 1960, 1970].map((year) => at(year, 0) - 9 * 3600),
    );
  });

  it("of hours go on from the clock after a change of it", () => {
    const hours = moments(
      step("second", 10_800),
      at(2026, 10, 1, 3),
      at(2026, 10, 1, 12),
      "America/New_York",
    );
    // 00:00 and 03:00, which is four hours later, and 06:00
    expect(hours).toEqual([at(2026, 10, 1, 4), at(2026, 10, 1, 8), at(2026, 10, 1, 11)]);
  });

  it("come twice where the clock shows them twice", () => {
    const hours = moments(step("second", 3600), at(2026, 10, 1, 5), at(2026, 10, 1, 6), "America/New_York");
    expect(hours).toEqual([at(2026, 10, 1, 5), at(2026, 10, 1, 6)]);
  });

  it("of a zone by quarters of an hour are full hours of its own", () => {
    const [first] = moments(step("second", 3600), at(2026, 6), at(2026, 6, 1, 1), "Asia/Kathmandu");
    expect(first).toBe(at(2026, 6, 1, 0, 15));
  });

  it("of a midnight that is skipped are the moment when the clock skips it", () => {
    const days = moments(step("day", 1), at(2026, 2, 28, 12), at(2026, 2, 29, 12), "Asia/Beirut");
    expect(days).toEqual([at(2026, 2, 28, 22)]);
  });

  it("leave out a day that a zone has left out", () => {
    const days = moments(step("day", 1), at(2011, 11, 29, 0), at(2012, 0, 1, 0), "Pacific/Apia");
    expect(days).toEqual([at(2011, 11, 29, 10), at(2011, 11, 30, 10), at(2011, 11, 31, 10)]);
  });

  it("within a microsecond are as many as there are numbers", () => {
    const now = at(2026, 10, 28);
    const found = moments(step("second", 1e-7), now, now + 1e-6, "UTC");
    expect(found.length).toBeGreaterThan(2);
    expect(new Set(found).size).toBe(found.length);
  });
});
