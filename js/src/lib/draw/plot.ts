// Plot: how uPlot is told to draw a chart; pure but for the canvas that labels are measured on.

import type uPlot from "uplot";
import { type NumberFormat, tickFormatter, timeTicks } from "../text/format";
import { BINARY_STEPS } from "./range";
import type { Row } from "./rows";

const SPARSE_STROKE = 1.5;
const DENSE_STROKE = 1;
const FONT = "11px system-ui, sans-serif";

const TIME_STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
  3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
];

export interface Look {
  width: number;
  height: number;
  format: NumberFormat;
  locale: string;
  /** Whether times are on the calendar: their ticks then are whole seconds, minutes, hours. */
  calendar: boolean;
  muted: string;
  grid: string;
  lines: { label: string; color: string; show: boolean }[];
  /** Times at the edges, as they are when the plot draws. */
  span: () => [number, number];
  /** Values at the edges. */
  range: () => [number, number];
  /** Called when the cursor moves. */
  point: (plot: uPlot) => void;
}

export function plotOptions(look: Look): uPlot.Options {
  const { width, height, format, locale } = look;
  const grid = { stroke: look.grid, width: 1 };
  const axis = { stroke: look.muted, font: FONT, grid, ticks: { ...grid, size: 4 }, gap: 4 };
  return {
    width,
    height,
    padding: [8, 28, 0, 0], // on the right half a time has room
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: { x: { time: false, range: look.span }, y: { range: look.range } },
    axes: [
      {
        ...axis,
        size: 30,
        space: 80,
        ...(look.calendar ? { incrs: TIME_STEPS } : {}),
        values: (_plot, splits, _axis, _space, step) => splits.map(timeTicks(locale, step)),
      },
      {
        ...axis,
        ...(format.name === "bytes" ? { incrs: BINARY_STEPS } : {}),
        values: (_plot, splits, _axis, _space, step) => splits.map(tickFormatter(format, locale, step)),
        size: axisWidth,
      },
    ],
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

/** Width of the value axis: that of its longest label, measured. */
function axisWidth(plot: uPlot, values: string[] | null): number {
  if (!values?.length) return 44;
  plot.ctx.save();
  plot.ctx.font = FONT;
  const widest = Math.max(...values.map((text) => plot.ctx.measureText(text ?? "").width));
  plot.ctx.restore();
  return Math.ceil(Math.max(32, widest + 16));
}
