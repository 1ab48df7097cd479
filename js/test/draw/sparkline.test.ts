import { expect, it } from "vitest";
import { type SparklineLook, sparkline } from "../../src/lib/draw/sparkline";

const look: SparklineLook = { width: 100, height: 36, density: 1, newest: 100, seconds: 100 };
const drawn = (x: number[], y: number[], more: Partial<SparklineLook> = {}) =>
  sparkline({ x, y }, { ...look, ...more })!;

it("runs through its points over the whole width, with room for the stroke above and below", () => {
  const { line, viewBox, extent } = drawn([0, 50, 100], [0, 1, 0.5]);
  expect([line, viewBox, extent]).toEqual(["M0 33 50 3 100 18", "0 0 100 36", [0, 1]]);
});

it("has as many units as the screen has pixels", () => {
  const { line, viewBox } = drawn([0, 100], [0, 1], { density: 2 });
  expect([line, viewBox]).toEqual(["M0 66 200 6", "0 0 200 72"]);
});

it("is in the middle while its value does not change", () => {
  expect(drawn([0, 100], [7, 7]).line).toBe("M0 18 100 18");
});

it("breaks where a value is missing, and a value alone is a dot", () => {
  const { line, dots } = drawn([0, 10, 20, 30, 40, 50], [0, 1, Number.NaN, 1, Number.NaN, 0]);
  expect([line, dots]).toEqual(["M0 33 10 3", "M30 3h0M50 33h0"]);
});

it("has ground under each of its pieces", () => {
  expect(drawn([0, 10, 20, 30, 40], [0, 1, Number.NaN, 1, 0]).ground).toBe(
    "M0 33 10 3V36H0ZM30 3 40 33V36H30Z",
  );
});

it("shows of many points in a column of pixels the extremes and the last", () => {
  const x = Array.from({ length: 1000 }, (_, i) => 50 + i / 10_000);
  const y = x.map((_, i) => (i === 500 ? 10 : i === 600 ? -10 : 0));
  expect(drawn([0, ...x, 100], [0, ...y, 0]).line).toBe("M0 18 50 18 50 3 50 33 50 18 100 18");
});

it("is nothing without values", () => {
  expect(sparkline({ x: [], y: [] }, look)).toBeNull();
  expect(sparkline({ x: [1], y: [Number.NaN] }, look)).toBeNull();
});
