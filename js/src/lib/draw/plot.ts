// Plot: how uPlot is told to draw a chart; pure but for what uPlot calls.

import type uPlot from "uplot";
import type { NumberFormat } from "../text/format";
import { type AxisLook, timeAxis, valueAxis } from "./axis";
import type { Row } from "./rows";

const SPARSE_STROKE = 1.5;
const DENSE_STROKE = 1;

export interface Look extends AxisLook {
  width: number;
  height: number;
  format: NumberFormat;
  /** Whether times are on the calendar: their ticks then are whole seconds, minutes, hours. */
  calendar: boolean;
  lines: { label: string; color: string; show: boolean }[];
  /** Times at the edges, as they are when the plot draws. */
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
    padding: [8, 28, 0, 0], // on the right half a time has room
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: { x: { time: false, range: look.span }, y: { range: look.range } },
    axes: [timeAxis(look, look.calendar), valueAxis(look, look.format)],
    series: [
      {},
      ...look.lines.map(({ label, color, show }) => ({
        label,
        show,
        stroke: color,
        width: SPARSE_STROKE,
        pxAlign: 1,
        points: { show: areApart, filter: isolated, size: 5, fill: color },
      })),
    ],
    hooks: { setCursor: [look.point] },
  };
}

/** Dense lines are drawn one pixel wide: wider strokes cost the browser four times as much to paint. */
export function thin(plot: uPlot, points: number): void {
  const width = points > plot.width ? DENSE_STROKE : SPARSE_STROKE;
  for (const series of plot.series.slice(1)) series.width = width;
}

/** Whether records lie so far apart that each deserves a dot. */
function areApart(plot: uPlot): boolean {
  const [times] = plot.data;
  const [first, last] = [times[0], times[times.length - 1]];
  if (first === undefined || last === undefined) return false;
  return (plot.valToPos(last, "x") - plot.valToPos(first, "x")) / times.length > 14;
}

/** Where dots are not drawn anyway: values with a break on either side, which no line would show. */
function isolated(plot: uPlot, series: number, show: boolean): number[] | null {
  if (show) return null;
  const values = plot.data[series] as Row;
  const found: number[] = [];
  let before: number | null = null;
  let candidate = -1;
  for (const [i, value] of values.entries()) {
    if (value === undefined) continue;
    if (value === null && candidate >= 0) found.push(candidate);
    candidate = value !== null && before === null ? i : -1;
    before = value;
  }
  if (candidate >= 0) found.push(candidate);
  return found;
}
