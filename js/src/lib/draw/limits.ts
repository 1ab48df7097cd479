// Limits: the thresholds of a chart, as lines or the edges of a band, each with its name and value beside it.

import type uPlot from "uplot";
import { niceRange } from "./range";
import type { Rules } from "./steps";

/** As the kernel says it. */
export interface Limit {
  kind: "above" | "below" | "outside" | "inside";
  /** One value, or the two of a band, the lower first. */
  bounds: number[];
  /** Which values reach it, with places for the bounds. */
  text: string;
  severity: "warning" | "error";
  /** What it is called; empty: by its severity. */
  name: string;
}

/** A limit as it is drawn. */
export interface LimitLook {
  limit: Limit;
  color: string;
  /** What stands beside each bound, and what does where that is too long. */
  labels: { whole: string; short: string }[];
}

/** A range may become so much longer for a limit to be in view. */
const REACH = 2;
const BAND_ALPHA = 0.07;
const FONT = "system-ui, sans-serif";

// CSS pixels
const FONT_SIZE = 11;
const LINE = 15;
const STROKE = 1.25;
const DASH = [5, 4];
const EDGE = 4;
const BESIDE = 2;
const HALO = 3;

/** The limit in words, with its bounds as they are written. */
export function limitText({ text, bounds }: Limit, write: (value: number) => string): string {
  return text.replace(/\{(\d)\}/g, (_, place) => write(bounds[place]!));
}

/** The extent of the values, and of the bounds that are so near that the axis can reach to them. */
export function reaching(
  extent: [number, number] | null,
  limits: Limit[],
  rules: Rules,
): [number, number] | null {
  if (!extent) return null;
  const [lo, hi] = extent;
  const length = ([from, to]: [number, number]) => to - from;
  const most = REACH * length(niceRange(extent, null, rules)!);
  const beyond = (value: number) => Math.max(lo - value, value - hi);
  const bounds = limits.flatMap((limit) => limit.bounds).sort((a, b) => beyond(a) - beyond(b));
  let reached = extent;
  for (const bound of bounds) {
    const wider: [number, number] = [Math.min(reached[0], bound), Math.max(reached[1], bound)];
    if (length(niceRange(wider, null, rules)!) <= most) reached = wider;
  }
  return reached;
}

/**
 * Where labels of a height stand between two edges, given as their upper ends: above what they belong to, or below it where
 * there is no room, or as near as those before leave it.
 */
export function labelPlaces(wanted: number[], height: number, top: number, bottom: number): number[] {
  const taken: number[] = [];
  for (const at of wanted) {
    const within = (place: number) => Math.max(top, Math.min(bottom - height, place));
    const free = (place: number) => taken.every((other) => Math.abs(other - place) >= height);
    const steps = Array.from({ length: 2 * wanted.length + 1 }, (_, i) => i);
    const places = steps.flatMap((i) => [within(at - (i + 1) * height), within(at + i * height)]);
    taken.push(places.find(free) ?? places[0]!);
  }
  return taken;
}

/** Paints limits over the lines of a plot; one that is out of view has an arrow at the edge. */
export function paintLimits({ ctx, bbox, scales }: uPlot, looks: LimitLook[], surface: string): void {
  const { left, top, width, height } = bbox;
  const [bottom, right, scale] = [top + height, left + width, devicePixelRatio];
  const [least, most] = [scales.y!.min!, scales.y!.max!];
  const up = (value: number) => Math.round(bottom - ((value - least) / (most - least)) * height);
  const clamped = (value: number) => Math.max(top, Math.min(bottom, up(value)));
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.font = `${FONT_SIZE * scale}px ${FONT}`;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.lineWidth = STROKE * scale;
  ctx.setLineDash(DASH.map((each) => each * scale));
  const signs: { at: number; text: string; color: string }[] = [];
  for (const { limit, color, labels } of looks) {
    const places = limit.bounds.map(clamped);
    ctx.fillStyle = ctx.strokeStyle = color;
    ctx.globalAlpha = BAND_ALPHA;
    const [low = bottom, high = low] = places;
    if (limit.kind === "inside") ctx.fillRect(left, high, width, low - high);
    if (limit.kind === "outside") {
      ctx.fillRect(left, top, width, high - top);
      ctx.fillRect(left, low, width, bottom - low);
    }
    ctx.globalAlpha = 1;
    for (const [i, bound] of limit.bounds.entries()) {
      const arrow = bound > most ? "▲ " : bound < least ? "▼ " : "";
      const { whole, short } = labels[i]!;
      const fits = ctx.measureText(arrow + whole).width <= width - 2 * EDGE * scale;
      signs.push({ at: places[i]!, text: arrow + (fits ? whole : short), color });
      if (arrow) continue;
      ctx.beginPath();
      ctx.moveTo(left, places[i]!);
      ctx.lineTo(right, places[i]!);
      ctx.stroke();
    }
  }
  const line = LINE * scale;
  const tops = labelPlaces(
    signs.map(({ at }) => at),
    line,
    top + BESIDE * scale,
    bottom - BESIDE * scale,
  );
  // On a halo rather than a ground: the newest of the lines is right behind.
  ctx.setLineDash([]);
  ctx.lineJoin = "round";
  ctx.lineWidth = HALO * scale;
  ctx.strokeStyle = surface;
  for (const [i, { text, color }] of signs.entries()) {
    const place = [right - EDGE * scale, tops[i]! + line / 2] as const;
    ctx.fillStyle = color;
    ctx.strokeText(text, ...place);
    ctx.fillText(text, ...place);
  }
  ctx.restore();
}
