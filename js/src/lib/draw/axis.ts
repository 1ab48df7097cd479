// Axis: ticks, their labels and their room: the two axes of a plot.

import type uPlot from "uplot";
import { type NumberFormat, tickFormatter, timeTicks } from "../text/format";
import type { Axis } from "./buckets";
import { BINARY_STEPS } from "./range";

const FONT = "11px system-ui, sans-serif";
const MIN_WIDTH = 32;

const TIME_STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
  3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
];

const WHOLE_STEPS = Array.from({ length: 16 }, (_, power) =>
  [1, 2, 5].map((digit) => digit * 10 ** power),
).flat();

/** Colours of the labels and of the grid. */
export interface AxisLook {
  muted: string;
  grid: string;
  locale: string;
}

/**
 * The axis below: of time (on the calendar with ticks at whole seconds, minutes, hours), of records, or of a field. One
 * that does not begin at 0 says what it is counted from, and has ticks at whole numbers.
 */
export function placeAxis(look: AxisLook, axis: Axis, calendar: boolean, counted: string): uPlot.Axis {
  const number: NumberFormat = { name: "number" };
  const write = (step: number) =>
    axis === "time" ? timeTicks(look.locale, step) : tickFormatter(number, look.locale, step);
  const whole = axis === "records" || counted;
  const incrs = whole ? { incrs: WHOLE_STEPS } : calendar ? { incrs: TIME_STEPS } : {};
  const label = { label: counted, labelFont: FONT, labelSize: 16, labelGap: 0 };
  return {
    ...common(look),
    size: 30,
    space: 80,
    ...incrs,
    ...(counted ? label : {}),
    values: (_plot, splits, _axis, _space, step) => splits.map(write(step)),
  };
}

/** The axis on the left, as wide as its longest label. */
export function valueAxis(look: AxisLook, format: NumberFormat): uPlot.Axis {
  return {
    ...common(look),
    ...(format.name === "bytes" ? { incrs: BINARY_STEPS } : {}),
    values: (_plot, splits, _axis, _space, step) => splits.map(tickFormatter(format, look.locale, step)),
    size: axisWidth,
  };
}

function common({ muted, grid: color }: AxisLook): uPlot.Axis {
  const grid = { stroke: color, width: 1 };
  return { stroke: muted, font: FONT, grid, ticks: { ...grid, size: 4 }, gap: 4 };
}

function axisWidth(plot: uPlot, values: string[] | null): number {
  if (!values?.length) return 44;
  plot.ctx.save();
  plot.ctx.font = FONT;
  const widest = Math.max(...values.map((text) => plot.ctx.measureText(text ?? "").width));
  plot.ctx.restore();
  return Math.ceil(Math.max(MIN_WIDTH, widest + 16));
}
