// Strokes: where the pen goes for dashed lines, and the area under one that is alone.

import type uPlot from "uplot";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Dash } from "../../src/lib/draw/palette";
import { strokes } from "../../src/lib/draw/strokes";

class Pen {
  readonly did: [string, number, number][] = [];
  moveTo(x: number, y: number) {
    this.did.push(["move", x, y]);
  }
  lineTo(x: number, y: number) {
    this.did.push(["line", x, y]);
  }
  arc(x: number, y: number) {
    this.did.push(["dot", x, y]);
  }
  closePath() {
    this.did.push(["close", 0, 0]);
  }
}

beforeEach(() => {
  vi.stubGlobal("Path2D", Pen);
  vi.stubGlobal("devicePixelRatio", 1);
});

/** Draws points into a plot of 100 by 100 pixels that spans `x` and 0 to 100, or other values. */
function drawn(x: number[], y: number[], dash: Dash = "solid", [least, most] = [0, 100], from = 0) {
  const series = {} as uPlot.Series;
  let area: Pen | null = null;
  const plot = {
    series: [{}, series],
    bbox: { left: 0, top: 0, width: 100, height: 100 },
    scales: { x: { min: from, max: from + 100 }, y: { min: least, max: most } },
  } as unknown as uPlot;
  const style = {
    dash,
    area: (path: Path2D) => {
      area = path as unknown as Pen;
    },
  };
  const { stroke, fill } = strokes(() => ({ x, y }), style)(plot, 1, 0, 1)!;
  const pen = (path: unknown) => (path as Pen).did;
  return { stroke: pen(stroke), dots: pen(fill), area: area!, series };
}

const many = (length: number, from = 0) => Array.from({ length }, (_, i) => from + i / 4);

describe("a line of few points", () => {
  it("is dashed by the canvas, along the line", () => {
    expect(drawn([0, 50, 100], [0, 50, 0], "dashed").series).toMatchObject({ dash: [8, 4], width: 1.5 });
    expect(drawn([0, 50, 100], [0, 50, 0], "dotted").series.dash).toEqual([2, 3]);
    expect(drawn([0, 50, 100], [0, 50, 0]).series.dash).toEqual([]);
  });
});

describe("a line of many points", () => {
  const lines = (x: number[], dash: Dash, from = 0) =>
    new Set(
      drawn(
        x,
        x.map(() => 10),
        dash,
        [0, 100],
        from,
      )
        .stroke.filter(([what]) => what === "line")
        .map(([, at]) => at),
    );

  it("is dashed by leaving columns of pixels out, not by the canvas", () => {
    const x = many(400);
    expect(drawn(x, x, "dashed").series).toMatchObject({ dash: [], width: 1 });
    expect(lines(x, "solid").size).toBe(99);
    const seen = lines(x, "dashed");
    expect(seen.size).toBeGreaterThan(50);
    expect(seen.size).toBeLessThan(70);
  });

  it("keeps its gaps at the same data as they move on", () => {
    const x = many(800);
    const before = lines(x, "dashed");
    const after = [...lines(x, "dashed", 5)].map((at) => at + 5).filter((at) => at > 6 && at < 99);
    expect(after.filter((at) => !before.has(at))).toEqual([]);
  });
});

describe("the area of a line", () => {
  it("reaches down to the lower edge", () => {
    const { area } = drawn([0, 50, 100], [20, 80, 40]);
    expect(area.did).toEqual([
      ["move", 0, 100],
      ["line", 0, 80],
      ["line", 50, 20],
      ["line", 100, 60],
      ["line", 100, 100],
      ["close", 0, 0],
    ]);
  });

  it("follows the line up and down its vertical steps", () => {
    const { area } = drawn([0, 50, 50, 100], [20, 20, 80, 80]);
    expect(area.did.slice(1, -2)).toEqual([
      ["line", 0, 80],
      ["line", 50, 80],
      ["line", 50, 20],
      ["line", 100, 20],
    ]);
    const spike = drawn([0, 50, 50, 50, 100], [20, 30, 90, 40, 20]).area.did.slice(1, -2);
    expect(spike.slice(1, -1)).toEqual([
      ["line", 50, 70],
      ["line", 50, 10],
      ["line", 50, 60],
    ]);
    const below = drawn([0, 50, 50, 100], [-20, -20, -80, -20], "solid", [-100, -10]).area.did.slice(1, -2);
    expect(below.slice(1, -1)).toEqual([
      ["line", 50, 11],
      ["line", 50, 78],
    ]);
  });

  it("reaches to zero where that is in view, and to the upper edge below it", () => {
    expect(drawn([0, 100], [-20, 60], "solid", [-100, 100]).area.did[0]).toEqual(["move", 0, 50]);
    expect(drawn([0, 100], [-20, -60], "solid", [-100, -10]).area.did[0]).toEqual(["move", 0, 0]);
  });

  it("has a piece for each piece of the line", () => {
    const { area } = drawn([0, 10, 20, 30, 40], [1, 2, Number.NaN, 3, 4]);
    expect(area.did.filter(([what]) => what === "close")).toHaveLength(2);
  });

  it("has one step for each column of pixels, however many points there are", () => {
    const x = many(400);
    expect(drawn(x, x).area.did.filter(([what]) => what === "line").length).toBeLessThanOrEqual(101);
  });
});
