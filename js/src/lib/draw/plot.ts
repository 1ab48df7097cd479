// Plot: how uPlot is told to draw a chart; pure but for what uPlot calls.

import type uPlot from "uplot";
import { type AxisLook, axesOf } from "./axis";
import { type LimitLook, paintLimits } from "./limits";
import type { Line } from "./lines";
import type { Ink } from "./palette";
import { strokes } from "./strokes";

/** Of the lines of earlier runs, beside the newest; and of all, when they are old. */
const EARLIER_ALPHA = 0.35;
const OLD_ALPHA = 0.5;
const AREA_ALPHA = 0.09;

/** One stroke of the plot: a run of a line. */
export interface PlotLine {
  label: string;
  ink: Ink;
  show: boolean;
  /** Whether it is of an earlier run. */
  earlier: boolean;
  line: () => Line;
}

export interface Look extends AxisLook {
  width: number;
  height: number;
  lines: PlotLine[];
  /** Whether there is one line alone: it stands on a soft ground. */
  alone: boolean;
  /** Whether what is shown is old: its lines are paler, and what is written stays legible. */
  old: boolean;
  /** Thresholds, and what is behind their names. */
  limits: LimitLook[];
  surface: string;
  /** Coordinates at the edges, as they are when the plot draws. */
  span: () => [number, number];
  /** Values at the edges. */
  range: () => [number, number];
}

export function plotOptions(look: Look): uPlot.Options {
  const { width, height, alone } = look;
  let ground: Path2D | null = null;
  const area = (path: Path2D) => {
    ground = path;
  };
  const newest = look.lines.find(({ earlier }) => !earlier);
  const paintGround = (plot: uPlot) => {
    if (ground && newest && plot.series[look.lines.indexOf(newest) + 1]!.show)
      paint(plot, ground, newest.ink);
  };
  const paintOver = (plot: uPlot) => paintLimits(plot, look.limits, look.surface);
  const draw = [...(alone ? [paintGround] : []), ...(look.limits.length ? [paintOver] : [])];
  const axes = axesOf(look);
  return {
    width,
    height,
    ...axes,
    legend: { show: false },
    cursor: { show: false }, // ours reads no layout while the plot draws
    scales: { x: { time: false, range: look.span }, y: { range: look.range } },
    series: [
      {},
      ...look.lines.map((each) => ({
        label: each.label,
        show: each.show,
        stroke: each.ink.color,
        fill: each.ink.color, // of dots
        ...(each.earlier ? { alpha: EARLIER_ALPHA } : look.old ? { alpha: OLD_ALPHA } : {}),
        paths: strokes(each.line, { dash: each.ink.dash, ...(alone && each === newest ? { area } : {}) }),
        points: { show: false },
      })),
    ],
    hooks: { ...axes.hooks, ...(draw.length ? { draw } : {}) },
  };
}

/** Fills an area within the edges of the plot. */
function paint({ ctx, bbox }: uPlot, area: Path2D, { color }: Ink): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.globalAlpha = AREA_ALPHA;
  ctx.fillStyle = color;
  ctx.fill(area);
  ctx.restore();
}
