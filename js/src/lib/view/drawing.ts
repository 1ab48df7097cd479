// Drawing: a small image of SVG paths, drawn anew as a whole; its colours and strokes are those of the style sheet.

import { setAttribute } from "./dom";

const SVG = "http://www.w3.org/2000/svg";

export class Drawing<Name extends string> {
  readonly root = document.createElementNS(SVG, "svg");
  readonly #paths: [Name, SVGPathElement][];

  /** Each path has the class of its name, after `rw-`; they are drawn in this order. */
  constructor(className: string, names: readonly Name[]) {
    this.root.setAttribute("class", className);
    this.root.setAttribute("role", "img");
    this.root.setAttribute("preserveAspectRatio", "none"); // until it is drawn for another size
    this.#paths = names.map((name) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", `rw-${name}`);
      path.setAttribute("vector-effect", "non-scaling-stroke");
      this.root.append(path);
      return [name, path];
    });
  }

  /** Its width and height, CSS pixels. */
  get size(): [number, number] {
    return [this.root.clientWidth, this.root.clientHeight];
  }

  set hidden(on: boolean) {
    if (this.root.hasAttribute("hidden") !== on) this.root.toggleAttribute("hidden", on);
  }

  /** Draws paths; those that are not given are empty. `label` is what it says to those who cannot see it. */
  draw(viewBox: string | undefined, paths: Partial<Record<Name, string>>, label: string): void {
    if (viewBox) setAttribute(this.root, "viewBox", viewBox);
    for (const [name, path] of this.#paths) setAttribute(path, "d", paths[name] ?? "");
    setAttribute(this.root, "aria-label", label);
  }
}
