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
/** So many images at other hosts a message loads; of others it has the links. */
const MAX_IMAGES = 20;
/** For so long a button says what it has done. */
const COPIED_MS = 2_000;

/** A block as it was drawn: how many images it and what comes after it might load then, and how many it left. */
interface Drawn {
  block: Block;
  images: number;
  left: number;
}

export class Markdown {
  readonly root = h("div", "rw-md");
  readonly #say: SayMarkdown;
  /** How many blocks have been read, for tests that count. */
  read = 0;
  #text = "";
  #blocks: Block[] = [];
  /** What was drawn, block by block. */
  readonly #drawn: Drawn[] = [];
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
      this.#drawn.length = 0;
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
    let left = MAX_IMAGES;
    for (const [place, block] of blocks.entries()) {
      const drawn = this.#drawn[place];
      if (drawn?.block.raw !== block.raw || drawn.images !== left || !this.root.children[place])
        this.#drawBlock(place, block, left);
      left = this.#drawn[place]!.left;
    }
    while (this.root.children.length > blocks.length) this.root.lastElementChild!.remove();
    this.#drawn.length = blocks.length;
  }

  #drawBlock(place: number, block: Block, images: number): void {
    const say = this.#say;
    let left = images;
    const loads = (href: string) => {
      if (left === 0 || !allows(this.#allowed, href)) return false;
      left--; // also for one that has failed: else another would be loaded for it
      return !this.#failed.has(href);
    };
    const wanted =
      elementOf(block.tokens, say, loads) ?? elementOf(plainBlock(block.raw, block.at).tokens, say)!;
    const known = this.root.children[place];
    if (!known) this.root.append(wanted);
    else if (!morph(known, wanted)) known.replaceWith(wanted);
    this.#drawn[place] = { block, images, left };
  }

  /** An image cannot be loaded: what it is called stands there instead, in a link that may have to say where it leads. */
  #fail(image: Element): void {
    const href = image.getAttribute("src");
    if (!href || !image.classList.contains("rw-md-image")) return;
    this.#failed.add(href);
    const place = [...this.root.children].findIndex((el) => el.contains(image));
    const { block, images } = this.#drawn[place]!;
    this.#drawBlock(place, block, images);
  }

  async #copy(button: HTMLButtonElement): Promise<void> {
    const code = button.closest(".rw-md-code")?.querySelector("pre")?.textContent ?? "";
    const done = await copyText(code.replace(/\n$/, ""));
    setText(button, this.#say(done ? "copied" : "not_copied"));
    setTimeout(() => setText(button, this.#say("copy")), COPIED_MS);
  }
}
