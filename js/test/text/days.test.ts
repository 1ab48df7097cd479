import { expect, it } from "vitest";
import { dayOf, dayText } from "../../src/lib/text/days";

const at = (text: string) => new Date(text).getTime() / 1000;

it("tells days apart by the reader's midnight, later ones are greater", () => {
  const days = ["2026-11-27T23:59:59", "2026-11-28T00:00:00", "2026-11-28T23:59:59", "2026-12-01T00:00:00"];
  const [before, begin, end, next] = days.map((text) => dayOf(at(text))!) as [number, number, number, number];
  expect([before < begin, begin === end, end < next]).toEqual([true, true, true]);
  expect(dayOf(at("2026-12-31T12:00:00"))!).toBeLessThan(dayOf(at("2027-01-01T00:00:00"))!);
});

it("knows no day of a simulated clock", () => {
  expect(dayOf(12.5)).toBeNull();
});

it("writes a day with its year and weekday, in the reader's language", () => {
  expect(dayText(at("2026-11-28T12:00:00"), "en")).toBe("Sat, Nov 28, 2026");
  expect(dayText(at("2026-11-28T12:00:00"), "ja")).toBe("2026年11月28日(土)");
});
