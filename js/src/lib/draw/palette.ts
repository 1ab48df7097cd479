// Palette: colours of our style sheet, as they are where an element lives.

const PALETTE_SIZE = 8;

/** A colour by its name in the style sheet. */
export function colorOf(el: HTMLElement, name: string): string {
  return getComputedStyle(el).getPropertyValue(name).trim();
}

/** The colour of the line at a place in the order; they repeat. */
export function lineColor(el: HTMLElement, i: number): string {
  return colorOf(el, `--rw-c${i % PALETTE_SIZE}`);
}
