// Time ticks by table: what is written below a view of some length and width, in some zone and language.

import { describe, expect, it } from "vitest";
import { timeTicks, widthOf } from "../../src/lib/draw/time_ticks";

const at = (...when: [number, number, number?, number?, number?]) => Date.UTC(...when) / 1000;
const NOW = at(2026, 10, 28, 12, 30);
const [MINUTE, HOUR, DAY, YEAR] = [60, 3600, 86_400, 365.25 * 86_400];
const [WIDE, NARROW] = [560, 250];

/** An axis, with as much at its ends as there usually is. */
const room = (px: number) => [px, -42, px + 34] as const;

/** Between labels at least. */
const APART = 5.99;

const YORK = "America/New_York";
const HOWE = "Australia/Lord_Howe";
const TOKYO = "Asia/Tokyo";

/** Ticks with bars between them; a stroke before what stands on the second line. */
function texts(from: number, to: number, px: number, zone: string, locale = "en", now = NOW): string {
  const found = timeTicks(from, to, room(px), { locale, zone, now });
  return found.map(({ text }) => text.replaceAll("\n", "/")).join(" | ");
}

const before = (length: number): [number, number] => [NOW - length, NOW];

const TABLE: [[number, number], number, string, string, string][] = [
  [before(1e-3), WIDE, "UTC", "en", ".9992/12:29:59 | .9994 | .9996 | .9998 | .0000/12:30:00"],
  [
    before(1),
    WIDE,
    "UTC",
    "de",
    "12:29:59,0 | 12:29:59,2 | 12:29:59,4 | 12:29:59,6 | 12:29:59,8 | 12:30:00,0",
  ],
  [before(1), NARROW, TOKYO, "ja", "21:29:59.0 | 21:29:59.5 | 21:30:00.0"],
  [
    before(MINUTE),
    WIDE,
    YORK,
    "en",
    "07:29:00 | 07:29:10 | 07:29:20 | 07:29:30 | 07:29:40 | 07:29:50 | 07:30:00",
  ],
  [before(MINUTE), NARROW, "UTC", "en", "12:29:00 | 12:29:30 | 12:30:00"],
  [before(HOUR), WIDE, "Asia/Kathmandu", "en", "17:20 | 17:30 | 17:40 | 17:50 | 18:00 | 18:10"],
  [
    before(DAY),
    WIDE,
    "UTC",
    "en",
    "15:00/Nov 27 | 18:00 | 21:00 | 00:00/Nov 28 | 03:00 | 06:00 | 09:00 | 12:00",
  ],
  [before(DAY), NARROW, TOKYO, "ja", "00:00/11月28日 | 12:00"],
  [
    before(7 * DAY),
    WIDE,
    TOKYO,
    "ja",
    "11月22日 | 11月23日 | 11月24日 | 11月25日 | 11月26日 | 11月27日 | 11月28日",
  ],
  [before(30 * DAY), WIDE, HOWE, "en", "Nov 2 | Nov 9 | Nov 16 | Nov 23"],
  [before(90 * DAY), WIDE, "UTC", "en", "Sep | Oct | Nov"],
  [before(YEAR), WIDE, "UTC", "en", "Jan/2026 | Mar | May | Jul | Sep | Nov"],
  [before(3 * YEAR), WIDE, YORK, "en", "Jan/2024 | Jul | Jan/2025 | Jul | Jan/2026 | Jul"],
  [before(3 * YEAR), NARROW, TOKYO, "ja", "2024年 | 2025年 | 2026年"],
  [before(100 * YEAR), WIDE, "UTC", "en", "1940 | 1960 | 1980 | 2000 | 2020"],
  [before(1500 * YEAR), NARROW, "UTC", "en", "1000 | 1500 | 2000"],
  // Another day, and another year
  [
    [at(1950, 5, 1), at(1950, 5, 1, 1)],
    WIDE,
    "UTC",
    "en",
    "00:00/Jun 1, 1950 | 00:10 | 00:20 | 00:30 | 00:40 | 00:50 | 01:00",
  ],
  [[at(1950, 5, 1), at(1950, 7, 30)], WIDE, "UTC", "en", "Jun/1950 | Jul | Aug"],
  [
    [at(2025, 11, 31, 23), at(2026, 0, 1, 1)],
    WIDE,
    "UTC",
    "en",
    "23:00/Dec 31, 2025 | 23:30 | 00:00/Jan 1, 2026 | 00:30 | 01:00",
  ],
  // Clocks set back and forward
  [
    [at(2026, 10, 1, 3, 30), at(2026, 10, 1, 9, 30)],
    WIDE,
    YORK,
    "en",
    "00:00/Nov 1 | 01:00 | 01:00/EST | 02:00 | 03:00 | 04:00",
  ],
  [
    [at(2026, 2, 7, 19), at(2026, 2, 8, 19)],
    WIDE,
    YORK,
    "en",
    "15:00/Mar 7 | 18:00 | 21:00 | 00:00/Mar 8 | 03:00/EDT | 06:00 | 09:00 | 12:00 | 15:00",
  ],
  [
    [at(2026, 3, 4, 12), at(2026, 3, 4, 18)],
    WIDE,
    HOWE,
    "en",
    "23:00/Apr 4 | 00:00/Apr 5 | 01:00 | 02:00/UTC+10:30 | 03:00 | 04:00",
  ],
  [[at(2026, 9, 30), at(2026, 10, 5)], WIDE, YORK, "en", "Oct 30 | Oct 31 | Nov 1 | Nov 2 | Nov 3 | Nov 4"],
];

describe("below a view", () => {
  it.each(TABLE)("from %j of %d pixels in %s (%s) stands %s", ([from, to], px, zone, locale, expected) => {
    expect(texts(from, to, px, zone, locale)).toBe(expected);
  });

  const ends: [string, number][] = [
    ["now", NOW],
    ["as Berlin's clocks are set back", at(2026, 9, 25, 2)],
    ["as New York's are set forward, in another year", at(2024, 2, 10, 9)],
    ["as those of Lord Howe are set back", at(2026, 3, 4, 16)],
    ["at New Year", at(2026, 0, 1, 0, 10)],
    ["long ago", at(1950, 4, 17, 11)],
  ];
  it.each(ends)(
    "%s, of any length, are two ticks at least, all with other labels than their neighbours and room",
    (_, end) => {
      for (const zone of ["UTC", "Europe/Berlin", YORK, TOKYO, HOWE])
        for (const locale of ["en", "de", "ja"])
          for (let length = 2e-6; length < 120 * YEAR; length *= 2.9)
            for (const px of [60, 85, 120, 150, 180, 220, 320, 560, 780, 820, 1200, 2000]) {
              const [from, to] = [end - 0.7 * length, end + 0.3 * length];
              const [, left, right] = room(px);
              const found = timeTicks(from, to, room(px), { locale, zone, now: NOW });
              const middles = found.map((tick) => ((tick.at - from) / (to - from)) * px);
              const halves = found.map(({ text }) => widthOf(text) / 2);
              const bad = found.some(
                ({ text }, i) =>
                  middles[i]! < -1e-3 ||
                  middles[i]! > px + 1e-3 ||
                  middles[i]! - halves[i]! < left ||
                  middles[i]! + halves[i]! > right ||
                  (i > 0 &&
                    (text === found[i - 1]!.text ||
                      middles[i]! - halves[i]! < middles[i - 1]! + halves[i - 1]! + APART)),
              );
              const few = found.length < (px < 120 ? 1 : 2);
              if (bad || few) {
                const texts = found.map(({ text }) => text.replaceAll("\n", "/")).join(" | ");
                expect.fail(`${from} to ${to}, ${px} px, ${zone}, ${locale}: ${texts}`);
              }
            }
    },
  );

  const SLIDES: [string, number, number, number, string, number][] = [
    ["of ten minutes", NOW, 600, WIDE, "en", 120],
    ["of an hour of another year", at(2024, 5, 3), HOUR, WIDE, "en", 600],
    ["of days of one figure and of two", at(2026, 8, 3), 17 * DAY, 566, "de", 7 * DAY],
  ];
  it.each(SLIDES)("the step stays while a view %s slides", (_, end, length, px, locale, expected) => {
    const steps = new Set<number>();
    for (let shift = 0; shift < 3 * length; shift += length / 90) {
      const from = end + shift - length;
      const found = timeTicks(from, end + shift, room(px), { locale, zone: TOKYO, now: NOW });
      for (const [i, { at }] of found.slice(1).entries()) steps.add(Math.round(at - found[i]!.at));
    }
    expect([...steps]).toEqual([expected]);
  });

  it("of another year say so once, and have room for that", () => {
    const [from, to] = [at(2024, 0, 2, 11), at(2024, 0, 7, 1)];
    for (const locale of ["en", "de", "ja"])
      for (let px = 700; px < 800; px += 10) {
        const written = texts(from, to, px, "UTC", locale);
        expect(written.match(/2024/g), written).toHaveLength(1);
      }
    expect(texts(from, to, 800, "UTC")).toBe(
      "12:00/Jan 2, 2024 | 00:00/Jan 3 | 12:00 | 00:00/Jan 4 | 12:00 | 00:00/Jan 5 | 12:00 | 00:00/Jan 6 | 12:00 | 00:00/Jan 7",
    );
  });

  it("leave out labels for which a change of the clocks leaves no room, and say it at the next", () => {
    // In London, 02:00 comes one hour after midnight.
    expect(texts(at(2026, 2, 28, 21), at(2026, 2, 29, 6), 300, "Europe/London")).toBe(
      "22:00/Mar 28 | 00:00/Mar 29 | 04:00/UTC+1 | 06:00",
    );
  });

  it("on a narrow axis are the multiples of a shorter step that have room", () => {
    expect(texts(NOW - HOUR + 60, NOW + 60, 74, "UTC")).toBe("11:40 | 12:20");
    expect(texts(at(2024, 5, 3), at(2024, 5, 3, 1), 100, "UTC")).toBe("00:00/Jun 3, 2024 | 01:00");
  });

  it("today goes without saying", () => {
    expect(texts(NOW - HOUR, NOW, NARROW, "UTC")).toBe("11:30 | 12:00 | 12:30");
    expect(texts(NOW - HOUR, NOW, NARROW, "UTC", "en", NOW + DAY)).toBe("11:30/Nov 28 | 12:00 | 12:30");
  });
});
