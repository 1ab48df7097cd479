import { expect, it } from "vitest";
import { exactDuration } from "../../src/lib/draw/duration_ticks";

it.each([
  [0, 0, "0 s"],
  [90_000, 0, "1 min 30 s"],
  [3_602_000, 0, "1 h 2 s"],
  [3_600_500, 1, "1 h 0.5 s"],
  [59_999.99, 1, "1 min"],
  [-90_061_000, 0, "−1 d 1 h 1 min 1 s"],
])("%d ms, to %d digits of a second, are %s", (ms, digits, text) => {
  expect(exactDuration(ms, "en", digits)).toBe(text);
});
