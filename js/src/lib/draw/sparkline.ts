// Sparkline: a window as the paths of a small picture: a line, its soft ground, and dots where a line would show nothing.
//
// Paths of SVG and not a canvas: each canvas is a layer of its own to the browser, and seventy of them cost more than all
// else on the page; and paths follow the theme, the width and the zoom by themselves.

import { extent, FINEST, type Line } from "./lines";

/** CSS pixels free above the line, and below it, where its ground shows. */
const ABOVE = 3;
const BELOW = 6;
/** Half a line's width: a line along the edge is whole. */
const EDGE = 1;
/** Radius of a single point. */
const DOT = 1.75;

export interface SparklineLook {
  /** Of the picture, CSS pixels. */
  width: number;
  height: number;
  /** Pixels of the screen in one. */
  density: number;
  /** Time at the right edge, and how many seconds the width covers at most: while there are fewer, those. */
  newest: number;
  seconds: number;
}

/** What to draw, in the units of `viewBox`. */
export interface Sparkline {
  line: string;
  ground: string;
  dots: string;
  viewBox: string;
  extent: [number, number];
  /** How many seconds the width covers. */
  covered: number;
}

/** The paths of a line; null when there is nothing to draw. */
export function sparkline(line: Line, look: SparklineLook): Sparkline | null {
  const found = extent([line], Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  if (!found) return null;
  const { newest, seconds, density } = look;
  const [width, height] = [Math.round(look.width * density), Math.round(look.height * density)];
  const [least, most] = found;
  const [first, last] = [line.x[0]!, line.x[line.x.length - 1]!];
  const covered = last > first ? Math.min(seconds, newest - first) : seconds;
  const [above, below, edge] = [ABOVE * density, BELOW * density, EDGE * density];
  const flat = most / 2 - least / 2 <= (FINEST / 2) * Math.max(Math.abs(least), Math.abs(most)); // halves are finite
  const across = (x: number) => Math.round(width - edge - ((newest - x) / covered) * (width - 2 * edge));
  const up = (y: number) =>
    Math.round(
      flat
        ? height / 2
        : height - below - ((y / 2 - least / 2) / (most / 2 - least / 2)) * (height - above - below),
    );
  const paths = { line: "", ground: "", dots: "" };
  let run: number[] = []; // x and y by turns
  const finish = () => {
    if (run.length === 2) {
      const whole = Math.ceil(DOT * density);
      const x = Math.min(width - whole, Math.max(whole, run[0]!));
      paths.dots += `M${x} ${run[1]}h0`;
    }
    if (run.length > 2) {
      const path = `M${run.join(" ")}`; // what follows a move without a letter is a line
      paths.line += path;
      paths.ground += `${path}V${height}H${run[0]}Z`;
    }
    run = [];
  };
  const column = new Column((x, y) => run.push(x, y));
  for (const [i, value] of line.y.entries()) {
    if (Number.isNaN(value)) {
      column.finish();
      finish();
    } else column.add(across(line.x[i]!), up(value));
  }
  column.finish();
  finish();
  return { ...paths, viewBox: `0 0 ${width} ${height}`, extent: found, covered };
}

/** The points of one column of pixels, of which the first, the extremes and the last can be seen. */
class Column {
  #x = 0;
  #count = 0;
  #top = 0;
  #bottom = 0;
  #last = 0;
  readonly #put: (x: number, y: number) => void;

  constructor(put: (x: number, y: number) => void) {
    this.#put = put;
  }

  add(x: number, y: number): void {
    if (this.#count && x === this.#x) {
      this.#top = Math.min(this.#top, y);
      this.#bottom = Math.max(this.#bottom, y);
    } else {
      this.finish();
      this.#x = x;
      this.#top = this.#bottom = y;
      this.#put(x, y);
    }
    this.#last = y;
    this.#count++;
  }

  finish(): void {
    const [x, top, bottom, last] = [this.#x, this.#top, this.#bottom, this.#last];
    if (this.#count > 1 && top !== bottom) {
      if (top !== last) this.#put(x, top);
      if (bottom !== last) this.#put(x, bottom);
      this.#put(x, last);
    }
    this.#count = 0;
  }
}
