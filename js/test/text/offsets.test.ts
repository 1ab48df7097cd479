import { describe, expect, it } from "vitest";
import { changesOf, momentOf, offsetAt, zoneText } from "../../src/lib/text/offsets";

const at = (...when: [number, number, number?, number?, number?]) => Date.UTC(...when) / 1000;
const HOUR = 3600;
const YORK = "America/New_York";
const HOWE = "Australia/Lord_Howe";

describe("the offset of a zone", () => {
  it.each([
    ["UTC", at(2026, 6), 0],
    ["Asia/Tokyo", at(2026, 6), 9 * HOUR],
    ["Asia/Kathmandu", at(2026, 6), 5.75 * HOUR],
    [YORK, at(2026, 6), -4 * HOUR],
    [YORK, at(2026, 0), -5 * HOUR],
    [HOWE, at(2026, 0), 11 * HOUR],
    [HOWE, at(2026, 6), 10.5 * HOUR],
    [YORK, at(1950, 0), -5 * HOUR],
  ])("%s at %d is %d s", (zone, ts, offset) => {
    expect(offsetAt(ts, zone)).toBe(offset);
  });

  it("changes at the moment at which clocks are set, to the second", () => {
    const set = at(2026, 10, 1, 6);
    expect([offsetAt(set - 1, YORK), offsetAt(set, YORK)]).toEqual([-4 * HOUR, -5 * HOUR]);
    expect(changesOf(set - 5 * 86_400, set + 5 * 86_400, YORK)).toEqual([set]);
    expect(changesOf(set, set + 86_400, YORK)).toEqual([]);
  });
});

describe("the moment of a time by the clock", () => {
  it("is the first of two", () => {
    expect(momentOf(at(2026, 10, 1, 1, 30), YORK)).toBe(at(2026, 10, 1, 5, 30));
  });

  it("is that at which clocks skip it where they do", () => {
    // In Beirut clocks go from midnight to one.
    expect(momentOf(at(2026, 2, 29), "Asia/Beirut")).toBe(at(2026, 2, 28, 22));
  });

  it("is that of the offset then", () => {
    expect(momentOf(at(2026, 3, 5), HOWE)).toBe(at(2026, 3, 4, 13));
    expect(momentOf(at(2026, 3, 6), HOWE)).toBe(at(2026, 3, 5, 13, 30));
  });
});

describe("a zone in short", () => {
  it.each([
    ["UTC", "en", "UTC"],
    ["Asia/Tokyo", "en", "UTC+9"],
    ["Asia/Tokyo", "ja", "JST"],
    [YORK, "en-US", "EST"],
    [YORK, "en-GB", "UTC−5"],
    ["Asia/Kathmandu", "en", "UTC+5:45"],
  ])("%s in %s is %s", (zone, locale, text) => {
    expect(zoneText(at(2026, 10, 28), locale, zone)).toBe(text);
  });
});
