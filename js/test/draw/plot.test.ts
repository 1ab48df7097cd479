// Plot: the soft ground that a lone line stands on, and the looks of the lines.

import type uPlot from "uplot";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Look, plotOptions } from "../../src/lib/draw/plot";

const line = (label: string, more = {}) => ({
  label,
  ink: { color: "teal", dash: "solid" as const },
  show: true,
  earlier: false,
  line: () => ({ x: [0, 1], y: [1, 2] }),
  ...more,
});

const look = (lines: Look["lines"], alone: boolean): Look => ({
  width: 100,
  height: 100,
  format: { name: "number" },
  calendar: false,
  axis: "time",
  counted: "",
  locale: "en",
  muted: "",
  grid: "",
  lines,
  alone,
  old: false,
  limits: [],
  surface: "",
  span: () => [0, 1],
  range: () => [0, 2],
});

/** Draws a plot; the colours and strengths with which areas were filled. */
function filled(lines: Look["lines"], alone: boolean): [string, number][] {
  const found: [string, number][] = [];
  const ctx = {
    globalAlpha: 1,
    fillStyle: "",
    save() {},
    restore() {},
    beginPath() {},
    rect() {},
    clip() {},
    fill() {
      found.push([ctx.fillStyle, ctx.globalAlpha]);
    },
  };
  const options = plotOptions(look(lines, alone));
  const plot = {
    ctx,
    series: options.series.map((each) => ({ ...each })),
    bbox: { left: 0, top: 0, width: 100, height: 100 },
    scales: { x: { min: 0, max: 1 }, y: { min: 0, max: 2 } },
  } as unknown as uPlot;
  for (const [i, { show, paths }] of options.series.entries()) if (i && show) paths!(plot, i, 0, 1);
  const hooks = (options.hooks?.draw ?? []) as ((plot: uPlot) => void)[];
  for (const hook of hooks) hook(plot);
  return found;
}

beforeEach(() => {
  vi.stubGlobal(
    "Path2D",
    class {
      moveTo() {}
      lineTo() {}
      arc() {}
      closePath() {}
    },
  );
});

describe("the ground of a line", () => {
  it("is softly filled where the line is alone", () => {
    const [[color, alpha] = ["", 1]] = filled([line("a")], true);
    expect(color).toBe("teal");
    expect(alpha).toBeLessThan(0.2);
  });

  it("is that of the newest run only", () => {
    const lines = [line("a", { earlier: true, ink: { color: "red", dash: "solid" } }), line("a")];
    expect(filled(lines, true).map(([color]) => color)).toEqual(["teal"]);
  });

  it("is none under a hidden line, and none where there are several", () => {
    expect(filled([line("a", { show: false })], true)).toEqual([]);
    expect(filled([line("a"), line("b")], false)).toEqual([]);
  });
});
