// Editor: a message of the reader's own while it is changed: a field in its place, saved by Enter and left by Escape.

import { h, setText } from "../view/dom";
import { onKeys } from "../view/keys";
import { chatWords } from "./words";

/** Until so long after a conversion ended, Enter belongs to it: some browsers send it late. */
const CONVERTED_MS = 50;

export class Editor {
  readonly root = h("div", "rw-editor");
  readonly field = h("textarea", "rw-edit");
  readonly #save = h("button", "rw-button rw-primary");
  readonly #cancel = h("button", "rw-button");
  #convertedAt = Number.NEGATIVE_INFINITY;

  /** `done` is told what the text is to be; null: the reader has left it. */
  constructor(text: string, done: (text: string | null) => void, signal: AbortSignal) {
    this.field.value = text;
    this.field.rows = 1;
    this.field.dir = "auto";
    const save = () => done(this.field.value.trim() || null);
    const leave = () => done(null);
    for (const [button, press] of [
      [this.#save, save],
      [this.#cancel, leave],
    ] as const) {
      button.type = "button";
      button.addEventListener("click", press, { signal });
    }
    this.field.addEventListener(
      "compositionend",
      (event) => {
        this.#convertedAt = event.timeStamp;
      },
      { signal },
    );
    this.field.addEventListener("input", () => this.#fit(), { signal });
    onKeys(
      this.field,
      (event) => {
        const converts =
          event.isComposing || event.keyCode === 229 || event.timeStamp - this.#convertedAt < CONVERTED_MS;
        if (converts) return;
        if (event.key === "Escape") leave();
        else if (event.key === "Enter" && !event.shiftKey) save();
        else return;
        event.preventDefault();
      },
      signal,
    );
    const buttons = h("div", "rw-editor-buttons");
    buttons.append(this.#save, this.#cancel);
    this.root.append(this.field, buttons);
  }

  draw(locale: string): void {
    const say = chatWords(locale);
    setText(this.#save, say("save"));
    setText(this.#cancel, say("cancel"));
    this.field.setAttribute("aria-label", say("edit"));
  }

  /** Has the reader go on at its end. */
  begin(): void {
    this.#fit();
    this.field.focus({ preventScroll: true });
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
  }

  #fit(): void {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }
}
