// Sparkline: a window as a small line with a soft ground, on a canvas.

import { extent, type Line } from "./lines";

const PADDING = 3;

export interface SparklineLook {
  /** Of the canvas, CSS pixels. */
  width: number;
  height: number;
  color: string;
  /** Time at the right edge, and how many seconds the width covers. */
  newest: number;
  seconds: number;
}

/** Draws a line; returns its extent, or null when there is nothing to draw. */
export function drawSparkline(
  canvas: HTMLCanvasElement,
  line: Line,
  look: SparklineLook,
): [number, number] | null | undefined {
  const { width, height, color, newest, seconds } = look;
  const context = prepared(canvas, width, height);
  if (!context) return undefined;
  const found = extent([line], Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  if (!found) return null;
  const [least, most] = found;
  const across = (x: number) => width - PADDING - ((newest - x) / seconds) * (width - 2 * PADDING);
  const up = (y: number) =>
    most === least ? height / 2 : height - PADDING - ((y - least) / (most - least)) * (height - 2 * PADDING);
  context.strokeStyle = color;
  context.fillStyle = context.strokeStyle;
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  let run: [number, number][] = [];
  for (const [i, value] of line.y.entries()) {
    if (!Number.isNaN(value)) run.push([across(line.x[i]!), up(value)]);
    else {
      drawRun(context, run, height);
      run = [];
    }
  }
  drawRun(context, run, height);
  return found;
}

/** An empty canvas of a size, in the pixels of the screen. */
function prepared(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const context = canvas.getContext("2d");
  context?.setTransform(scale, 0, 0, scale, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

/** One unbroken run: a line, its ground, and a dot when it is a single point. */
function drawRun(context: CanvasRenderingContext2D, run: [number, number][], height: number): void {
  const [first, last] = [run[0], run[run.length - 1]];
  if (!first || !last) return;
  if (run.length === 1) {
    context.beginPath();
    context.arc(first[0], first[1], 1.75, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.beginPath();
  for (const [x, y] of run) context.lineTo(x, y);
  context.stroke();
  context.lineTo(last[0], height);
  context.lineTo(first[0], height);
  context.globalAlpha = 0.12;
  context.fill();
  context.globalAlpha = 1;
}
