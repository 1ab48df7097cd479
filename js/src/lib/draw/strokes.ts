// Strokes: a line as uPlot is to draw it, exact to the pixel however many points it has.

import type uPlot from "uplot";
import type { Line } from "./lines";
import type { Dash } from "./palette";

/** Points for each pixel from which the columns of pixels are those that uPlot draws of dense data. */
const DENSE = 4;
/** Pixels between points from which each has a dot. */
const APART = 14;
const DOT_RADIUS = 2.5;
const SPARSE_STROKE = 1.5;
/** Dense lines are drawn one pixel wide: wider strokes cost the browser four times as much to paint. */
const DENSE_STROKE = 1;

const NO_DASH: number[] = [];
/** Drawn and left out, CSS pixels. */
const PATTERNS: Record<Dash, [number, number] | null> = { solid: null, dashed: [8, 4], dotted: [2, 3] };

/** The first, last, least and greatest place up of the points in one column of pixels: all that can be seen of them. */
interface Column {
  at: number;
  first: number;
  last: number;
  top: number;
  bottom: number;
}

/** How a line is drawn. */
export interface Style {
  dash: Dash;
  /** Takes the area between the line and zero, or else the edge of the plot that is nearer to it; for a lone line. */
  area?: (area: Path2D) => void;
}

/** A path builder for uPlot that draws a line of its own, with dots for points that no stroke would show. */
export function strokes(line: () => Line, style: Style): uPlot.Series.PathBuilder {
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
    const thin = end - begin > width / devicePixelRatio;
    const dot = (at: number, high: number) => {
      const radius = DOT_RADIUS * devicePixelRatio;
      dots.moveTo(at + radius, high);
      dots.arc(at, high, radius, 0, 2 * Math.PI);
    };
    const ground = style.area ? new Ground(up(Math.min(Math.max(0, least), most))) : null;
    // Dashes of the canvas follow the line, up and down the columns of a dense one: there the columns are left out.
    const pattern = PATTERNS[style.dash]?.map((each) => each * devicePixelRatio) ?? null;
    const skips = thin && pattern ? gaps(pattern, Math.round(across(0))) : () => false;

    const column: Column = { at: 0, first: 0, last: 0, top: 0, bottom: 0 };
    let points = 0; // in the present piece of the line
    let lifted = true; // whether the pen is off the paper
    const finishColumn = () => {
      ground?.add(column);
      if (lifted) return;
      drawColumn(stroke, column);
    };
    const finish = () => {
      if (points === 1 && !apart) dot(column.at, column.first);
      if (points) finishColumn();
      ground?.finish();
      points = 0;
      lifted = true;
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
        if (points) finishColumn();
        const skipped = skips(at);
        if (!skipped && lifted) stroke.moveTo(at, high);
        else if (!skipped) stroke.lineTo(at, high);
        lifted = skipped;
        column.at = at;
        column.first = column.last = column.top = column.bottom = high;
      }
      points++;
    }
    finish();
    if (ground) style.area!(ground.path);
    const series = plot.series[index]!; // read when the path is drawn
    series.width = thin ? DENSE_STROKE : SPARSE_STROKE;
    series.dash = thin ? NO_DASH : (pattern ?? NO_DASH);
    return { stroke, fill: dots, flags: 0 };
  };
}

/**
 * What lies between a line and a level: one step for each column of pixels, however many points it has, which begins and
 * ends where the line does that comes from afar, or goes there.
 */
class Ground {
  readonly path = new Path2D();
  readonly #level: number;
  #at: number | null = null;
  #high = 0;
  #last = 0;

  constructor(level: number) {
    this.#level = level;
  }

  add({ at, first, last, top, bottom }: Column): void {
    const high = this.#level < top ? bottom : top;
    if (this.#at === null) this.path.moveTo(at, this.#level);
    else if (at - this.#at > 1) {
      if (this.#last !== this.#high) this.path.lineTo(this.#at, this.#last);
      if (first !== high) this.path.lineTo(at, first);
    }
    this.path.lineTo(at, high);
    [this.#at, this.#high, this.#last] = [at, high, last];
  }

  finish(): void {
    if (this.#at === null) return;
    this.path.lineTo(this.#at, this.#level);
    this.path.closePath();
    this.#at = null;
  }
}

/** Which columns of pixels a pattern leaves out; it moves with the data, whose zero stands at a column. */
function gaps([drawn, left]: number[], zero: number): (at: number) => boolean {
  const period = drawn! + left!;
  return (at) => (((at - zero) % period) + period) % period >= drawn!;
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
