// Steps: round distances between ticks, by what an axis has: numbers, bytes, durations.

import type { NumberFormat } from "../text/format";

export interface Rules {
  /** Round in powers of two, for bytes. */
  binary?: boolean;
  /** Round by the clock, for durations in milliseconds. */
  clock?: boolean;
  /** There is nothing between whole numbers. */
  whole?: boolean;
  /** The axis does not go beyond this unless the values do. */
  most?: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds, from a second on: shorter ones, and days, are round decimal numbers. */
const CLOCK_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  DAY,
];

/** The rules of what is written in a format. */
export function rulesOf({ name }: NumberFormat): Rules {
  if (name === "bytes") return { binary: true };
  if (name === "duration") return { clock: true };
  return name === "percentage" ? { most: 1 } : {};
}

/** The smallest round step that is no smaller than `least`. */
export function stepFrom(least: number, { binary, clock, whole }: Rules): number {
  if (binary) return 2 ** Math.max(0, Math.ceil(Math.log2(least) - 1e-9));
  if (clock && least > 500) {
    const step = CLOCK_STEPS.find((each) => each >= least * (1 - 1e-9));
    return step ?? DAY * decimalFrom(least / DAY);
  }
  return whole ? Math.max(1, decimalFrom(least)) : decimalFrom(least);
}

function decimalFrom(least: number): number {
  const exponent = Math.floor(Math.log10(least) + 1e-9);
  for (const digit of [1, 2, 5]) {
    const step = Number(`${digit}e${exponent}`);
    if (step >= least * (1 - 1e-9)) return step;
  }
  return Number(`1e${exponent + 1}`);
}
