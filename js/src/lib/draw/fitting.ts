// Fitting: the size at which a number stands in one line, and what is done with one that has no room.

import type { Parted } from "../text/format";

/** Font sizes of a number, CSS pixels: from the one it should have to the least that is still read at a glance. */
export const SIZES: readonly number[] = [28, 24, 20, 17, 14, 12];

/** Those of text in several lines. */
const LINES = SIZES.slice(-2);

/** A number that is too long for all of those is smaller still, down to what can be read at all. */
const LEAST = 8;

/** Widths in ems of bold letters in a broad font, of digits and of what is narrower or wider than those. */
const DIGIT = 0.7;
const THIN = 0.39;
const BROAD = 1;
const FULL = 1.05;

/** Marks that are thin in every font, and the scripts whose characters are as wide as high. */
const IS_THIN = /[\s.,:;'’|!ijl]/;
const IS_FULL =
  /[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const IS_BROAD = /[%@mwMWA-Z∞]/;

/** Width of a text in ems, rather too much than too little. */
export function ems(text: string): number {
  let sum = 0;
  for (const char of text)
    sum += IS_THIN.test(char) ? THIN : IS_FULL.test(char) ? FULL : IS_BROAD.test(char) ? BROAD : DIGIT;
  return sum;
}

/** The greatest size at which a text fits into a width; null when all are too large. */
export function fitting(text: string, width: number): number | null {
  const wide = ems(text);
  return SIZES.find((size) => wide * size <= width) ?? null;
}

/** A number as it stands: in one line with its unit, or the unit in lines of its own below. */
export interface Placed {
  parts: Parted;
  look: "line" | "apart";
  size: number;
}

/**
 * How a number is placed in a width: as large as possible with its unit behind it, else without, else in short; at last it is
 * small rather than in two pieces.
 */
export function placed(parts: Parted, short: () => Parted, width: number): Placed {
  const found = inLine(parts, width) ?? inLine(short(), width);
  if (found) return found;
  const [number, rest] = short();
  return {
    parts: [number, rest],
    look: rest ? "apart" : "line",
    size: Math.max(LEAST, Math.floor(width / ems(number))),
  };
}

function inLine(parts: Parted, width: number): Placed | null {
  const [number, rest] = parts;
  const both = fitting(number + rest, width);
  if (both) return { parts, look: "line", size: both };
  const alone = fitting(number, width);
  return alone === null ? null : { parts, look: "apart", size: alone };
}

/** The size of a text in several lines, in which its longest word stands in one, if it can. */
export function wrapped(text: string, width: number): number {
  const longest = text.split(/\s/).reduce((widest, word) => Math.max(widest, ems(word)), 0);
  return LINES.find((size) => longest * size <= width) ?? LINES.at(-1)!;
}
