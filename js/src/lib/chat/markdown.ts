import { h } from "../view/dom";

export class Markdown {
  readonly root = h("div", "rw-md");
  constructor(_signal: AbortSignal) {}
  draw(text: string): void {
    if (this.root.textContent !== text) this.root.textContent = text;
  }
}

export function plainText(text: string): string {
  return text;
}
