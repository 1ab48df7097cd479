// Sparkline: where its paths run.

import { expect, it } from "vitest";
import { type SparklineLook, sparkline } from "../../src/lib/draw/sparkline";

const look: SparklineLook = { width: 102, height: 49, density: 1, newest: 100, seconds: 100 };
const drawn = (x: number[], y: number[], more: Partial<SparklineLook> = {}) =>
  sparkline({ x, y }, { ...look, ...more })!;

it("goes from edge to edge of what is there, with a ground below its least value", () => {
  const { line, viewBox, extent } = drawn([0, 50, 100], [0, 10, 5]);
  expect([line, viewBox, extent]).toEqual(["M1 43 51 3 101 23", "0 0 102 49", [0, 10]]);
});

it("spans the whole width also while there is less than the window", () => {
  const { line, covered } = drawn([90, 95, 100], [0, 10, 0]);
  expect([line, covered]).toEqual(["M1 43 51 3 101 43", 10]);
});

it("has the window from edge to edge when there is more", () => {
  const { line, covered } = drawn([-100, 50, 100], [0, 10, 0]);
  expect([line, covered]).toEqual(["M-99 43 51 3 101 43", 100]);
});

it("has as many units as the screen has pixels", () => {
  const { line, viewBox } = drawn([0, 100], [0, 1], { density: 2 });
  expect([line, viewBox]).toEqual(["M2 86 202 6", "0 0 204 98"]);
});

it("is in the middle while its value does not change", () => {
  expect(drawn([0, 100], [7, 7]).line).toBe("M1 25 101 25");
  expect(drawn([0, 100], [0.3, 0.1 + 0.2]).line, "but for a rounded sum").toBe("M1 25 101 25");
  expect(drawn([0, 100], [0, 1e-300]).line).toBe("M1 43 101 3");
});

it("breaks where a value is missing, and a value alone is a dot", () => {
  const { line, dots } = drawn([0, 10, 20, 30, 40, 50], [0, 1, Number.NaN, 1, Number.NaN, 0]);
  expect([line, dots]).toEqual(["M1 43 11 3", "M31 3h0M51 43h0"]);
});

it("shows a single value of before where it was in the window", () => {
  expect(drawn([50], [5]).dots).toBe("M51 25h0");
});

it("has ground under each of its pieces", () => {
  expect(drawn([0, 10, 20, 30, 40], [0, 1, Number.NaN, 1, 0]).ground).toBe(
    "M1 43 11 3V49H1ZM31 3 41 43V49H31Z",
  );
});

it("shows of many points in a column of pixels the extremes and the last", () => {
  const x = Array.from({ length: 1000 }, (_, i) => 50 + i / 10_000);
  const y = x.map((_, i) => (i === 500 ? 20 : i === 600 ? -20 : 0));
  expect(drawn([0, ...x, 100], [0, ...y, 0]).line).toBe("M1 23 51 23 51 3 51 43 51 23 101 23");
});

it("is nothing without values", () => {
  expect(sparkline({ x: [], y: [] }, look)).toBeNull();
  expect(sparkline({ x: [1], y: [Number.NaN] }, look)).toBeNull();
});

it("has a line also where its values are as far apart as numbers can be", () => {
  expect(drawn([0, 50, 100], [-1e308, 1e308, -1e308]).line).toBe("M1 43 51 3 101 43");
});
