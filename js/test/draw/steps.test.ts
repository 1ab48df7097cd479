import { describe, expect, it } from "vitest";
import { rulesOf, stepFrom } from "../../src/lib/draw/steps";

describe("the smallest round step", () => {
  it.each([
    [0.3, {}, 0.5],
    [1, {}, 1],
    [1.01, {}, 2],
    [6e37, {}, 1e38],
    [2.1e-12, {}, 5e-12],
    [0.3, { whole: true }, 1],
    [11, { whole: true }, 20],
    [100, { binary: true }, 128],
    [0.1, { binary: true }, 1],
    [0.3, { clock: true }, 0.5],
    [501, { clock: true }, 1000],
    [11_000, { clock: true }, 15_000],
    [40 * 60_000, { clock: true }, 3_600_000],
    [30 * 3_600_000, { clock: true }, 2 * 86_400_000],
  ])("from %d on by %j is %d", (least, rules, step) => {
    expect(stepFrom(least, rules)).toBe(step);
  });
});

it("a format has the rules of what it writes", () => {
  expect(rulesOf({ name: "bytes" })).toEqual({ binary: true });
  expect(rulesOf({ name: "duration" })).toEqual({ clock: true });
  expect(rulesOf({ name: "percentage" })).toEqual({ most: 1 });
  expect(rulesOf({ name: "compact" })).toEqual({});
});
