// Strokes: a line as uPlot is to draw it, exact to the pixel however many points it has.

import type uPlot from "uplot";
import type { Line } from "./lines";

/** Points for each pixel from which the columns of pixels are those that uPlot draws of dense data. */
const DENSE = 4;
/** Pixels between points from which each has a dot. */
const APART = 14;
const DOT_RADIUS = 2.5;
const SPARSE_STROKE = 1.5;
/** Dense lines are drawn one pixel wide: wider strokes cost the browser four times as much to paint. */
const DENSE_STROKE = 1;

/** The first, last, least and greatest place up of the points in one column of pixels: all that can be seen of them. */
interface Column {
  at: number;
  first: number;
  last: number;
  top: number;
  bottom: number;
}

/** A path builder for uPlot that draws a line of its own, with dots for points that no stroke would show. */
export function strokes(line: () => Line): uPlot.Series.PathBuilder {
  return (plot, index) => {
    const { x, y } = line();
    const stroke = new Path2D();
    const dots = new Path2D();
    const { left, top, width, height } = plot.bbox;
    const [from, to] = [plot.scales.x!.min!, plot.scales.x!.max!];
    const [least, most] = [plot.scales.y!.min!, plot.scales.y!.max!];
    const across = (value: number) => left + ((value - from) / (to - from)) * width;
    const up = (value: number) => Math.round(top + height - ((value - least) / (most - least)) * height);
    const [begin, end] = inView(x, from, to);
    const dense = end - begin >= DENSE * width;
    const apart = width / (end - begin) / devicePixelRatio > APART;
    const dot = (at: number, high: number) => {
      const radius = DOT_RADIUS * devicePixelRatio;
      dots.moveTo(at + radius, high);
      dots.arc(at, high, radius, 0, 2 * Math.PI);
    };

    const column: Column = { at: 0, first: 0, last: 0, top: 0, bottom: 0 };
    let points = 0; // in the present piece of the line
    const finish = () => {
      if (points === 1 && !apart) dot(column.at, column.first);
      if (points) drawColumn(stroke, column);
      points = 0;
    };
    for (let i = begin; i < end; i++) {
      const value = y[i]!;
      if (Number.isNaN(value)) {
        finish();
        continue;
      }
      const place = across(x[i]!);
      const at: number = dense ? Math.floor(place) : Math.round(place);
      const high = up(value);
      if (apart) dot(at, high);
      if (points && column.at === at) {
        column.last = high;
        if (high < column.top) column.top = high;
        if (high > column.bottom) column.bottom = high;
      } else {
        if (points) drawColumn(stroke, column);
        if (points) stroke.lineTo(at, high);
        else stroke.moveTo(at, high);
        column.at = at;
        column.first = column.last = column.top = column.bottom = high;
      }
      points++;
    }
    finish();
    const thin = end - begin > width / devicePixelRatio;
    plot.series[index]!.width = thin ? DENSE_STROKE : SPARSE_STROKE; // read when the path is drawn
    return { stroke, fill: dots, flags: 0 };
  };
}

function drawColumn(stroke: Path2D, { at, first, last, top, bottom }: Column): void {
  if (top === bottom) return;
  if (first !== top && last !== top) stroke.lineTo(at, top);
  if (first !== bottom && last !== bottom) stroke.lineTo(at, bottom);
  stroke.lineTo(at, last);
}

/** The points between two coordinates, with one more on either side. */
function inView(x: number[], from: number, to: number): [number, number] {
  let begin = 0;
  while (begin < x.length && x[begin]! < from) begin++;
  let end = begin;
  while (end < x.length && x[end]! <= to) end++;
  return [Math.max(0, begin - 1), Math.min(x.length, end + 1)];
}
