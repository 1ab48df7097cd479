// LineKey: the short stroke that stands before the name of a line, drawn as the line is.

import type { Ink } from "../draw/palette";
import { h } from "./dom";

export function lineKey({ color, dash }: Ink): HTMLElement {
  const key = h("span", "rw-key");
  key.style.borderBlockStart = `3px ${dash} ${color}`;
  return key;
}
