// Picture: what a view draws, taken from the data at one moment; one that is held keeps what it took.

import type { Axis } from "./buckets";
import type { ChartData, Trace } from "./data";
import { extent, type Line } from "./lines";

export interface Picture {
  traces: Trace[];
  /** The lines of each trace, one for each run, the newest last. */
  lines: Line[][];
  /** The newest value of each trace. */
  last: (number | null)[];
  /** The mean of each trace over what is in view, where it is asked for. */
  mean: (number | null)[];
  axis: Axis;
  /** Coordinates at the edges. */
  span: [number, number];
  /** Coordinate and time of the newest record. */
  newest: number | null;
  newestTs: number | null;
  origin: bigint;
}

export const NO_PICTURE: Picture = {
  traces: [],
  lines: [],
  last: [],
  mean: [],
  axis: "time",
  span: [0, 1],
  newest: null,
  newestTs: null,
  origin: 0n,
};

export function pictureOf(data: ChartData): Picture {
  const { traces, axis, span, newest, newestTs, origin } = data;
  const lines = traces.map((trace) => data.lines(trace));
  return {
    traces,
    lines,
    last: traces.map((trace) => data.last(trace)),
    mean: traces.map((trace) => data.mean(trace)),
    axis,
    span,
    newest,
    newestTs,
    origin,
  };
}

/** Least and greatest value of a trace in view, of its newest run. */
export function extentOf({ lines, span }: Picture, trace: number): [number, number] | null {
  const line = lines[trace]?.at(-1);
  return line ? extent([line], ...span) : null;
}
