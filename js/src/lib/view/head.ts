// Head: the line over a widget: its title, its state in words, and the button that holds its picture.

import { type Word, words } from "../text/words";
import { h, setText } from "./dom";

/** What a head shows, and what its button does. */
interface Headed {
  readonly locale: string;
  readonly paused: boolean;
  get<T>(name: string): T;
  togglePause(): void;
}

export class Head {
  readonly root = h("div", "rw-head");
  readonly title = h("span", "rw-title");
  readonly status = h("span", "rw-status");
  readonly pause = h("button", "rw-button");
  readonly #widget: Headed;

  constructor(widget: Headed, signal: AbortSignal) {
    this.#widget = widget;
    this.pause.type = "button";
    this.pause.addEventListener("click", () => widget.togglePause(), { signal });
    this.root.append(this.title, this.status, this.pause);
  }

  /** Draws title and button; the status is the widget's to write. */
  draw(pause: Word = "pause", resume: Word = "resume"): void {
    const widget = this.#widget;
    setText(this.title, widget.get<string>("title"));
    setText(this.pause, words(widget.locale)(widget.paused ? resume : pause));
  }
}
