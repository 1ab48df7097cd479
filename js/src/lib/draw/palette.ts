// Palette: colours of our style sheet, as they are where an element lives.

const PALETTE_SIZE = 8;

/** Colours of the system, and what is mixed of them. */
const SYSTEM = /Canvas|GrayText|Highlight/i;

/** A colour by its name in the style sheet, as a canvas takes it: one of the system is looked up in the page. */
export function colorOf(el: HTMLElement, name: string): string {
  const color = getComputedStyle(el).getPropertyValue(name).trim();
  return SYSTEM.test(color) ? systemColor(el, color) : color;
}

/** A canvas by itself may take them of another scheme than the page has. */
function systemColor(el: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.cssText = `color:${name};forced-color-adjust:none`;
  el.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color || name;
}

/** The colour of the line at a place in the order; they repeat. */
export function lineColor(el: HTMLElement, i: number): string {
  return colorOf(el, `--rw-c${i % PALETTE_SIZE}`);
}
