// Enlarged: an image as large as the window, over the page. Escape, a click beside it or its button put it away, and the focus
// goes back to where it was opened.

import { h, setAttribute, setText } from "../view/dom";
import { icon } from "../view/icons";
import { onKeys } from "../view/keys";
import { DISTANCE, Layer } from "../view/layer";
import type { Files } from "./files";
import type { Item } from "./item";
import { cleanName, shownName } from "./saving";
import { chatWords } from "./words";

/** Where a layer is that fills the window: left of it and above, so that it begins at its edge. */
const CORNER = { x: 8 - DISTANCE, y: -2 * DISTANCE };

export class Enlarged {
  readonly #layer: Layer;
  readonly #files: Files;
  readonly #image = h("img", "rw-large-image");
  readonly #name = h("span", "rw-large-name");
  readonly #link = h("a", "rw-button rw-large-tool");
  readonly #close = h("button", "rw-button rw-large-tool");
  /** Where the focus was, and what is shown. */
  #open: { from: HTMLElement; key: string } | null = null;

  /** `el` is the element of the view. */
  constructor(el: HTMLElement, files: Files, signal: AbortSignal) {
    this.#files = files;
    this.#layer = new Layer(el, "rw-large", () => CORNER, signal);
    const { root } = this.#layer;
    setAttribute(root, "role", "dialog");
    setAttribute(root, "aria-modal", "true");
    this.#name.dir = "auto";
    this.#link.append(icon("download"));
    this.#close.type = "button";
    this.#close.append(icon("cross"));
    const head = h("div", "rw-large-head");
    const place = h("div", "rw-large-place");
    head.append(this.#name, this.#link, this.#close);
    place.append(this.#image);
    root.append(head, place);
    this.#close.addEventListener("click", () => this.close(), { signal });
    place.addEventListener("click", ({ target }) => target === place && this.close(), { signal });
    onKeys(root, (event) => this.#key(event), signal);
    signal.addEventListener("abort", () => this.close());
  }

  /** Shows an image that is here; `from` has the focus when it is put away. */
  open({ key, file }: Item, locale: string, from: HTMLElement): void {
    const there = this.#files.pictures.of(key);
    if (!there || !file) return;
    this.close();
    const say = chatWords(locale);
    const name = shownName(file.name) || say("image");
    this.#open = { from, key };
    this.#files.hold(key, true);
    this.#image.src = there.url;
    this.#image.alt = file.alt || name;
    setText(this.#name, name);
    this.#link.href = there.url;
    this.#link.download = cleanName(file.name);
    setAttribute(this.#layer.root, "aria-label", file.alt || name);
    for (const [tool, word] of [
      [this.#link, say("download", name)],
      [this.#close, say("close")],
    ] as const) {
      setAttribute(tool, "aria-label", word);
      tool.title = word;
    }
    this.#layer.show();
    this.#close.focus({ preventScroll: true });
  }

  close(): void {
    const open = this.#open;
    if (!open) return;
    this.#open = null;
    this.#layer.hide();
    this.#image.removeAttribute("src");
    this.#files.hold(open.key, false);
    open.from.focus({ preventScroll: true });
  }

  #key(event: KeyboardEvent): void {
    const { key } = event;
    if (key === "Escape") this.close();
    else if (key === "Tab") (event.target === this.#close ? this.#link : this.#close).focus();
    else return;
    event.preventDefault();
  }
}
