// Fitting: the size at which a text stands in one line.

/** Font sizes of a number, CSS pixels: from the one it should have to the least that is still read at a glance. */
export const SIZES: readonly number[] = [28, 24, 20, 17, 14, 12];

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

/** The size of a number that is too long for all of those: it is small rather than in two pieces. */
export function squeezed(text: string, width: number): number {
  return Math.max(LEAST, Math.floor(width / ems(text)));
}
