// TableButton: turns a chart from its plot to a table of its values, and back.

import { words } from "../text/words";
import { h } from "./dom";
import { icon } from "./icons";

export class TableButton {
  readonly root = h("button", "rw-button rw-tool");
  /** Whether the table is shown. */
  on = false;
  #drawn = "";

  constructor(turned: () => void, signal: AbortSignal) {
    this.root.type = "button";
    const turn = () => {
      this.on = !this.on;
      turned();
    };
    this.root.addEventListener("click", turn, { signal });
  }

  /** Draws it; without values there is nothing to turn to. */
  draw(there: boolean, locale: string): void {
    this.root.hidden = !there && !this.on;
    const word = this.on ? "chart" : "table";
    const drawn = `${word} ${locale}`;
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.root.replaceChildren(icon(word));
    this.root.title = words(locale)(word);
    this.root.setAttribute("aria-label", this.root.title);
  }
}
