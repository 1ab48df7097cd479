// Palette: colours of our style sheet, as they are where an element lives, and how lines beyond them are told apart.

const PALETTE_SIZE = 8;

/** How a line is drawn: those beyond as many as there are colours have the same colours, dashed and then dotted. */
const DASHES = ["solid", "dashed", "dotted"] as const;

export type Dash = (typeof DASHES)[number];

/** How a line looks, in the plot and wherever it is named. */
export interface Ink {
  color: string;
  dash: Dash;
}

/** Colours of the system, and what is mixed of them. */
const SYSTEM = /Canvas|GrayText|Highlight/i;

/** A colour by its name in the style sheet, as a canvas takes it: one of the system is looked up in the page. */
export function colorOf(el: HTMLElement, name: string): string {
  const color = getComputedStyle(el).getPropertyValue(name).trim();
  return SYSTEM.test(color) ? systemColor(el, color) : color;
}

/** A canvas by itself may take them of another scheme than the page has. */
function systemColor(el: HTMLElement, name: string): string {
  return computed(el, name) || name;
}

/** A colour as it is where an element lives. */
function computed(el: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.cssText = `color:${name};forced-color-adjust:none`;
  el.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** The colour of the line of a number; they repeat. */
export function lineColor(el: HTMLElement, number: number): string {
  return colorOf(el, `--rw-c${number % PALETTE_SIZE}`);
}

/** How the line of a number looks: as the user wants it, if that is a colour here; or else as its number has it. */
export function inkOf(el: HTMLElement, number: number, wanted: string | null): Ink {
  const own = wanted === null ? null : resolved(el, wanted);
  if (own !== null) return { color: own, dash: "solid" };
  return {
    color: lineColor(el, number),
    dash: DASHES[Math.floor(number / PALETTE_SIZE) % DASHES.length]!,
  };
}

/** A CSS colour as a canvas takes it, without variables of the page; null when it is none. */
function resolved(el: HTMLElement, color: string): string | null {
  if (!CSS.supports("color", color)) return null;
  if (!/var\(|current/i.test(color)) return color;
  return computed(el, color);
}
