// Axis: the two axes of a plot as uPlot is told of them: their ticks, labels and room.

import type uPlot from "uplot";
import type { NumberFormat } from "../text/format";
import type { Axis } from "./buckets";
import { type Tick, ticks } from "./ticks";
import { timeTicks, widthOf } from "./time_ticks";

const FAMILY = "system-ui, sans-serif";

// CSS pixels
const FONT_SIZE = 11;
const LINE = 14;
/** Half of a line of text, and a little. */
const HALF = 7;
const LABEL = 16;
const TICK = 4;
const GAP = 4;
const EDGE = 4;
const MIN_WIDTH = 32;
const TOP = 8;
/** Between two ticks at least: on the left, which has no more than so many of them, and of numbers below. */
const VALUES_APART = 28;
const MOST_VALUES = 10;
const NUMBERS_APART = 80;

const FONT = `${FONT_SIZE}px ${FAMILY}`;

/** Colours of the labels and of the grid, and how labels are written. */
export interface AxisLook {
  muted: string;
  grid: string;
  locale: string;
  /** An IANA name; the reader's zone when it is left out, or empty. */
  zone?: string;
  format: NumberFormat;
  /** Whether all values that are drawn are whole numbers. */
  whole?: () => boolean;
  /** Whether times are on the calendar: their ticks then are whole seconds, minutes, hours. */
  calendar: boolean;
  /** What the axis below is. */
  axis: Axis;
  /** What its coordinates are, where they are counted from an origin; else empty. */
  counted: string;
}

/** The axes of a plot, the room around it that their labels need, and what is written there. */
export function axesOf(look: AxisLook): Pick<uPlot.Options, "axes" | "padding" | "hooks"> {
  const below = new Labels();
  const left = new Labels();
  // Half of a label stands out at either end; of the first one, the lines below do so on the left only.
  const half = (texts: string[]) => Math.ceil(Math.max(...texts.map(widthOf), 0) / 2 + EDGE);
  return {
    axes: [placeAxis(look, below), valueAxis(look, left)],
    padding: [
      () => (left.above ? TOP + LINE : TOP),
      () => half(below.texts.map((text, i) => (i ? text : text.split("\n")[0]!))),
      0,
      () => Math.max(0, half(below.texts) - left.size),
    ],
    hooks: { drawAxes: [(plot) => writeAbove(plot, left.above, look.muted)] },
  };
}

/** What is written at an axis. */
class Labels {
  texts: string[] = [];
  /** What stands above: a unit that is too long to stand behind the topmost number. */
  above = "";
  /** Across, CSS pixels. */
  size = MIN_WIDTH;
}

/**
 * The axis below: of time (on the calendar with ticks at whole seconds, minutes, hours), of records, or of a field. One
 * that does not begin at 0 says what it is counted from, and has ticks at whole numbers.
 */
function placeAxis(look: AxisLook, labels: Labels): uPlot.Axis {
  const { locale, zone = "", axis, calendar, counted } = look;
  const numbers = {
    format: { name: "number" } as const,
    locale,
    whole: axis === "records" || counted !== "",
  };
  const label = { label: counted, labelFont: FONT, labelSize: LABEL, labelGap: 0 };
  return {
    ...common(look, labels, (plot, from, to) => {
      const px = Math.max(1, plot.bbox.width / devicePixelRatio);
      if (axis !== "time" || !calendar) return ticks(from, to, ((to - from) * NUMBERS_APART) / px, numbers);
      const left = plot.bbox.left / devicePixelRatio;
      return timeTicks(from, to, [px, -left, plot.width - left], { locale, zone, now: Date.now() / 1000 });
    }),
    size: () => {
      const lines = Math.max(1, ...labels.texts.map((text) => text.split("\n").length));
      return TICK + GAP + EDGE + LINE * lines;
    },
    ...(counted ? label : {}),
  };
}

/** Writes something above the axis on the left, from the edge of the plot on. */
function writeAbove({ ctx, bbox }: uPlot, text: string, color: string): void {
  if (!text) return;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.font = `${FONT_SIZE * scale}px ${FAMILY}`;
  ctx.fillStyle = color;
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  ctx.fillText(text, EDGE * scale, bbox.top - HALF * scale);
  ctx.restore();
}

/** The axis on the left, as wide as its longest label. */
function valueAxis(look: AxisLook, labels: Labels): uPlot.Axis {
  const { locale, format } = look;
  // The range stays for long: its ticks need not be written for every drawing.
  let found: Tick[] = [];
  let foundFor = "";
  return {
    ...common(look, labels, (plot, from, to) => {
      const px = Math.max(1, plot.bbox.height / devicePixelRatio);
      const whole = look.whole?.() ?? false;
      const what = [from, to, px, whole].join();
      if (what === foundFor) return found;
      foundFor = what;
      const apart = Math.max(VALUES_APART / px, 1 / MOST_VALUES);
      found = ticks(from, to, (to - from) * apart, { format, locale, whole });
      const top = found.at(-1);
      const [text = "", above = ""] = top?.text.split("\n") ?? [];
      if (top) top.text = text;
      labels.above = above;
      return found;
    }),
    size: (plot, texts) => {
      labels.size = Math.ceil(Math.max(MIN_WIDTH, widest(plot, texts ?? []) + TICK + GAP + EDGE));
      return labels.size;
    },
  };
}

function common(
  { muted, grid: color }: AxisLook,
  labels: Labels,
  ticksOf: (plot: uPlot, from: number, to: number) => Tick[],
): uPlot.Axis {
  const grid = { stroke: color, width: 1 };
  return {
    stroke: muted,
    font: FONT,
    lineGap: LINE / 11,
    grid,
    ticks: { ...grid, size: TICK },
    gap: GAP,
    // uPlot has steps for some axes only, and no ticks on others: it is told of a step that there is room for.
    space: 1,
    incrs: (_plot, _axis, from, to) => [Math.max(5, to - from)],
    splits: (plot, _axis, from, to) => {
      const found = ticksOf(plot, from, to);
      labels.texts = found.map(({ text }) => text);
      return found.map(({ at }) => at);
    },
    values: () => labels.texts,
  };
}

function widest({ ctx }: uPlot, texts: string[]): number {
  ctx.save();
  ctx.font = FONT;
  const width = Math.max(0, ...texts.map((text) => ctx.measureText(text ?? "").width));
  ctx.restore();
  return width;
}
