import { expect, it } from "vitest";
import { clockText, dayText, lastText } from "../../src/lib/chat/moments";
import { WALL } from "./talk";

const DAY = 86_400;

it("says when something was by the clocks of the zone", () => {
  expect(clockText(WALL, "en", "UTC")).toBe("10:00");
  expect(clockText(WALL, "ja", "Asia/Tokyo")).toBe("19:00");
  expect(clockText(12.5, "en", "UTC")).toBe("12.5 s");
});

it("calls days by what they are to the reader", () => {
  const day = (ago: number, locale = "en") => dayText(WALL - ago * DAY, WALL, locale, "UTC");
  expect([day(0), day(1), day(2)]).toEqual(["Today", "Yesterday", "Tuesday, November 17"]);
  expect(day(400)).toMatch(/2025/);
  expect([day(0, "ja"), day(2, "ja")]).toEqual(["今日", "11月17日火曜日"]);
  expect(dayText(WALL, WALL + 10 * 3600, "en", "Asia/Tokyo")).toBe("Yesterday");
});

it("says in a list the clock, the weekday or the date", () => {
  const last = (ago: number) => lastText(WALL - ago * DAY, WALL, "en", "UTC");
  expect([last(0), last(2), last(30)]).toEqual(["10:00", "Tue", "Oct 20"]);
  expect(last(-30)).toBe("Dec 19");
});
