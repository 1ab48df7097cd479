// Head: the line over a widget: its title, its state in words, and buttons: the last one holds its picture.

import { type Word, words } from "../text/words";
import { h, setAttribute, setText, tellWhole } from "./dom";
import { type Icon, icon, showIcon } from "./icons";

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
  readonly pause = h("button", "rw-button rw-tool rw-pause");
  readonly #widget: Headed;
  readonly #signal: AbortSignal;
  readonly #text: () => string;
  readonly #tools = h("span", "rw-tools");
  /** What the word of a worded pause button stands in. */
  readonly #pauseWord = h("span", "rw-tool-word");
  /** Further buttons, and what they are called in a locale. */
  readonly #called = new Map<HTMLButtonElement, (locale: string) => string>();

  /** `text` is what it says in the place of the title, where that is more. */
  constructor(widget: Headed, signal: AbortSignal, text = () => widget.get<string>("title")) {
    this.#widget = widget;
    this.#signal = signal;
    this.#text = text;
    this.pause.type = "button";
    this.pause.addEventListener("click", () => widget.togglePause(), { signal });
    this.#tools.append(this.pause);
    const side = h("span", "rw-side");
    tellWhole(this.title, signal);
    side.append(this.status, this.#tools);
    this.root.append(this.title, side);
  }

  /**
   * Adds a button before that of the pause. Like it, it shows while the reader is at the widget, and always where its
   * `data-rw-on` is set. It is called by a word that all widgets share, or by what a function returns for a locale.
   */
  addButton(glyph: Icon, word: Word | ((locale: string) => string), onClick: () => void): HTMLButtonElement {
    const button = h("button", "rw-button rw-tool");
    button.type = "button";
    button.append(icon(glyph));
    button.addEventListener("click", onClick, { signal: this.#signal });
    this.#called.set(button, typeof word === "string" ? (locale) => words(locale)(word) : word);
    this.pause.before(button);
    return button;
  }

  /** Draws title and buttons; the status is the widget's to write. A pause of all has its word beside the icon. */
  draw(pause: "pause" | "pause_all" = "pause", resume: "resume" | "resume_all" = "resume"): void {
    const { locale, paused } = this.#widget;
    const title = this.#widget.get<string>("title");
    const say = words(locale);
    const word = paused ? resume : pause;
    setText(this.title, this.#text());
    showIcon(this.pause, paused ? "play" : "pause");
    this.pause.toggleAttribute("data-rw-on", paused || pause === "pause_all");
    if (pause === "pause_all") {
      setText(this.#pauseWord, say(word));
      if (!this.#pauseWord.isConnected) this.pause.append(this.#pauseWord);
    }
    name(this.pause, say(word), title && say(`${word}_named`, title));
    for (const [button, called] of this.#called) {
      const short = called(locale);
      name(button, short, title && say("named", short, title));
    }
  }
}

/** Names a button: in short for the eye, and for those who listen so that it is told from those of other widgets. */
function name(button: HTMLButtonElement, short: string, full: string): void {
  if (button.title !== short) button.title = short;
  setAttribute(button, "aria-label", full || short);
}
