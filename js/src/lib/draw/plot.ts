// Plot: how uPlot is told to draw a chart; pure but for what uPlot calls.

import type uPlot from "uplot";
import { type AxisLook, axesOf } from "./axis";
import type { Line } from "./lines";
import { strokes } from "./strokes";

/** Of the lines of earlier runs, beside the newest. */
const EARLIER_ALPHA = 0.35;

export interface Look extends AxisLook {
  width: number;
  height: number;
  lines: { label: string; color: string; show: boolean; earlier: boolean; line: () => Line }[];
  /** Coordinates at the edges, as they are when the plot draws. */
  span: () => [number, number];
  /** Values at the edges. */
  range: () => [number, number];
  /** Called when the cursor moves. */
  point: (plot: uPlot) => void;
}

export function plotOptions(look: Look): uPlot.Options {
  const { width, height } = look;
  return {
    width,
    height,
    ...axesOf(look),
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: { x: { time: false, range: look.span }, y: { range: look.range } },
    series: [
      {},
      ...look.lines.map(({ label, color, show, earlier, line }) => ({
        label,
        show,
        stroke: color,
        fill: color, // of dots
        ...(earlier ? { alpha: EARLIER_ALPHA } : {}),
        paths: strokes(line),
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [look.point] },
  };
}
