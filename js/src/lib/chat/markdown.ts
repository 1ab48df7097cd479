// Markdown: the text of a message as elements, and again when it has grown. What has not changed stays in the page as it is: with
// what is selected in it, has the focus or is scrolled.

import { copyText } from "../view/copy";
import { h, setText } from "../view/dom";
import type { SayMarkdown } from "./markdown_words";
import { morph } from "./morph";
import { elementOf } from "./nodes";
import { type Block, blocksOf, normalized, plainBlock } from "./parser";
import { type Allowed, allows } from "./remote_images";
import { finished } from "./unfinished";

export { plainText } from "./plain_text";

/** What is longer is shown as it was written, and so is what comes after so many blocks. */
const MAX_LENGTH = 200_000;
const MAX_BLOCKS = 2_000;
/** For so long a button says what it has done. */
const COPIED_MS = 2_000;

export class Markdown {
  readonly root = h("div", "rw-md");
  readonly #say: SayMarkdown;
  /** How many blocks have been read, for tests that count. */
  read = 0;
  #text = "";
  #blocks: Block[] = [];
  /** What was drawn, block by block: the lines of each. */
  #drawn: string[] = [];
  /** What else decides how it is drawn. */
  #drawnWith = "";
  #allowed: Allowed = false;
  /** Addresses of images that could not be loaded. */
  readonly #failed = new Set<string>();

  /** `say` is asked whenever something is drawn, so that it may speak another language by then. */
  constructor(signal: AbortSignal, say: SayMarkdown) {
    this.#say = say;
    this.root.addEventListener(
      "click",
      ({ target }) => {
        const button = (target as Element).closest<HTMLButtonElement>(".rw-md-copy");
        if (button) void this.#copy(button);
      },
      { signal },
    );
    this.root.addEventListener("error", ({ target }) => this.#fail(target as Element), {
      signal,
      capture: true, // it does not bubble
    });
  }

  /**
   * Draws a text, any text.
   *
   * @param growing Whether more is to come, so that marks which are open at its end are taken to be closed.
   * @param allowed Images at other hosts that are loaded.
   */
  draw(text: string, growing = false, allowed: Allowed = false): void {
    const drawnWith = JSON.stringify([this.#say("copy"), allowed]);
    if (drawnWith !== this.#drawnWith) {
      this.#drawnWith = drawnWith;
      this.#allowed = allowed;
      this.#failed.clear();
      this.#drawn = [];
      this.root.replaceChildren();
    }
    this.#read(normalized(text));
    const blocks = this.#fitting();
    const last = blocks.at(-1);
    if (growing && last) blocks.splice(-1, 1, ...blocksOf(finished(last)));
    this.#show(blocks);
  }

  /** Reads what is new: two blocks before the end, the last of which may turn out to be part of the other, and what has come. */
  #read(text: string): void {
    if (text.length > MAX_LENGTH) {
      this.#text = "";
      this.#blocks = [plainBlock(text, 0)];
      return;
    }
    const from = text.startsWith(this.#text) ? (this.#blocks.at(-2)?.at ?? 0) : 0;
    const kept = from ? this.#blocks.slice(0, -2) : [];
    const fresh = blocksOf(text.slice(from), from);
    this.read += fresh.length;
    this.#text = text;
    this.#blocks = [...kept, ...fresh];
  }

  #fitting(): Block[] {
    const rest = this.#blocks[MAX_BLOCKS - 1];
    if (!rest || this.#blocks.length === MAX_BLOCKS) return [...this.#blocks];
    return [...this.#blocks.slice(0, MAX_BLOCKS - 1), plainBlock(this.#text.slice(rest.at), rest.at)];
  }

  #show(blocks: Block[]): void {
    for (const [place, block] of blocks.entries()) {
      if (this.#drawn[place] === block.raw && this.root.children[place]) continue;
      const say = this.#say;
      const loads = (href: string) => !this.#failed.has(href) && allows(this.#allowed, href);
      const wanted =
        elementOf(block.tokens, say, loads) ?? elementOf(plainBlock(block.raw, block.at).tokens, say)!;
      const known = this.root.children[place];
      if (!known) this.root.append(wanted);
      else if (!morph(known, wanted)) known.replaceWith(wanted);
    }
    while (this.root.children.length > blocks.length) this.root.lastElementChild!.remove();
    this.#drawn = blocks.map(({ raw }) => raw);
  }

  /** An image cannot be loaded: what it was called stands there instead, in a link that leads to it. */
  #fail(image: Element): void {
    const href = image.getAttribute("src");
    if (!href || !image.classList.contains("rw-md-image")) return;
    this.#failed.add(href);
    image.replaceWith(this.#say("image", image.getAttribute("alt") ?? ""));
  }

  async #copy(button: HTMLButtonElement): Promise<void> {
    const code = button.closest(".rw-md-code")?.querySelector("pre")?.textContent ?? "";
    const done = await copyText(code.replace(/\n$/, ""));
    setText(button, this.#say(done ? "copied" : "not_copied"));
    setTimeout(() => setText(button, this.#say("copy")), COPIED_MS);
  }
}
