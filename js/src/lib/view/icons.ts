// Icons: shapes that tell states and levels apart without their colours. All are drawn in the colour of the text.

const SVG = "http://www.w3.org/2000/svg";

/** Paths in a square of 16; those of `FILLED` are filled, the others drawn. */
const PATHS = {
  dot: "M8 5.5a2.5 2.5 0 1 1 0 5a2.5 2.5 0 1 1 0-5",
  disc: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11",
  ring: "M8 3a5 5 0 1 1 0 10a5 5 0 1 1 0-10",
  half: "M8 3a5 5 0 0 1 0 10",
  arrow: "M13 8a5 5 0 1 1-1.7-3.7M12 1v3.7H8.3",
  cross: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  slashed: "M8 3a5 5 0 1 1 0 10a5 5 0 1 1 0-10M4.5 4.5l7 7",
  check: "M2.5 8.5l3.5 4l7.5-9",
  triangle: "M8 2L15 14H1z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  play: "M4.5 2.5l9 5.5l-9 5.5z",
  funnel: "M2 3h12l-4.5 5.5V13l-3 1V8.5z",
  copy: "M6 6h7.5v7.5H6zM10 3H2.5v7.5H3",
  newest: "M3.5 3L8 7.5L12.5 3M3.5 8.5L8 13l4.5-4.5",
  table: "M2 3h12v10H2zM2 6.5h12M6.5 3v10",
  chart: "M2 2v12h12M4.5 10l3-4 2.5 2.5L14 4",
  sort: "M2 4h12M2 8h8M2 12h4",
  muted: "M3 12h10l-1.5-2V7a3.5 3.5 0 0 0-7 0v3zM6.5 14h3M2 2l12 12",
  clock: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11M8 5v3l2 1.5",
  checks: "M1 8.5l3 3.5l6-8M8 11l1 1l6-8",
  bin: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9",
  info: "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12M8 7.3v3.6M8 4.9v.4",
  sheet: "M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3",
  download: "M8 2v8M4.5 7L8 10.5L11.5 7M2.5 13.5h11",
  smile: "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12M5.3 9.3a3 3 0 0 0 5.4 0M6 6.2v.3M10 6.2v.3",
  clip: "M12 5v5.5a4 4 0 0 1-8 0V4.2a2.7 2.7 0 0 1 5.4 0v6.1a1.4 1.4 0 0 1-2.8 0V5",
  picture: "M2 3h12v10H2zM2 11l3.5-4l3 3.5l2-2L14 12M11 5.8v.4",
  pen: "M10.5 2.5l3 3L6 13l-3.5.5L3 10z",
  fold: "M6 3.5L10.5 8L6 12.5",
};

export type Icon = keyof typeof PATHS;

const FILLED: ReadonlySet<Icon> = new Set<Icon>(["dot", "disc", "triangle", "pause", "play"]);

/** Makes an icon; for the eye only, so words must say the same. */
export function icon(name: Icon): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "rw-glyph");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "path"));
  draw(svg, name);
  return svg;
}

function draw(svg: SVGElement, name: Icon): void {
  const path = svg.firstElementChild!;
  path.setAttribute("d", PATHS[name]);
  path.setAttribute("class", FILLED.has(name) ? "rw-filled" : "");
  svg.dataset.rwIcon = name;
}

/** Shows an icon as the first child of an element, in place of the one that is there. */
export function showIcon(el: HTMLElement, name: Icon): void {
  const shown = el.firstElementChild;
  if (!(shown instanceof SVGElement)) el.prepend(icon(name));
  else if (shown.dataset.rwIcon !== name) draw(shown, name);
}
