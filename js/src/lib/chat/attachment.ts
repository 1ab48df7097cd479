// Attachment: the image or file of a message. An image is fetched from the kernel when it comes near the view, has its room before
// it is there, and can be looked at large; any other file is a card that says what it is, and saves it. No address of others
// is ever gone to.

import { formatter } from "../text/format";
import { h, holdsFocus, setAttribute, setHidden, setText } from "../view/dom";
import { icon } from "../view/icons";
import { watchSight } from "../view/sight";
import type { Look } from "./files";
import type { Item, SharedFile } from "./item";
import { shownName } from "./saving";
import { chatWords } from "./words";

/** Largest size of an image in the list, CSS pixels, and its smallest side. */
const MOST_WIDTH = 420;
const MOST_HEIGHT = 320;
const LEAST = 40;
/** Of images whose size nobody has said. */
const USUAL = [240, 180] as const;

/** What a reader does with files. */
export interface FileDoings {
  look(item: Item): Look;
  want(item: Item): void;
  hold(key: string, on: boolean): void;
  spoil(key: string): void;
  save(item: Item): void;
  enlarge(item: Item, from: HTMLElement): void;
}

export class Attachment {
  readonly root = h("div", "rw-file");
  readonly #frame = h("button", "rw-file-frame");
  readonly #image = h("img", "rw-file-image");
  readonly #card = h("div", "rw-file-card");
  readonly #name = h("span", "rw-file-name");
  readonly #facts = h("span", "rw-file-facts");
  readonly #error = h("span", "rw-file-error");
  readonly #save = h("button", "rw-button rw-file-save");
  readonly #doings: FileDoings;
  readonly #signal: AbortSignal;
  #item: Item | null = null;
  /** It can be seen, or nearly; null: nobody has looked yet. */
  #near: boolean | null = null;

  constructor(doings: FileDoings, signal: AbortSignal) {
    this.#doings = doings;
    this.#signal = signal;
    this.#name.dir = "auto";
    const mark = h("span", "rw-file-mark");
    mark.append(icon("sheet"));
    const words = h("span", "rw-file-words");
    words.append(this.#name, this.#facts, this.#error);
    this.#card.append(mark, words, this.#save);
    this.#save.type = "button";
    this.#save.append(icon("download"));
    this.#save.addEventListener("click", () => this.#item && doings.save(this.#item), { signal });
    this.#frame.type = "button";
    setAttribute(this.#frame, "aria-haspopup", "dialog");
    this.#image.draggable = false; // it would be dropped as a file
    this.#frame.append(icon("picture"), this.#image);
    this.#frame.addEventListener("click", () => this.#item && doings.enlarge(this.#item, this.#frame), {
      signal,
    });
    this.#image.addEventListener(
      "error",
      () => this.#item && this.#image.hasAttribute("src") && doings.spoil(this.#item.key),
      { signal },
    );
    this.root.append(this.#frame, this.#card);
    signal.addEventListener("abort", () => this.#come(false));
  }

  /** Draws the file of an item, as far as it is here. */
  draw(item: Item & { file: SharedFile }, look: Look, locale: string): void {
    this.#item = item;
    const { file } = item;
    const say = chatWords(locale);
    const name = shownName(file.name) || say(item.type === "image" ? "image" : "file");
    const focused = look.picture ? holdsFocus(this.#card) : holdsFocus(this.#frame);
    this.#frame.hidden = !look.picture;
    this.#card.hidden = look.picture;
    if (focused) (look.picture ? this.#frame : this.#save).focus({ preventScroll: true });
    if (look.picture) this.#drawPicture(file, look, name);
    else this.#drawCard(file, look, name, locale);
    if (this.#near === null) this.#watch();
    else if (this.#near) this.#doings.want(item);
  }

  /** Its room is kept before it is there. */
  #drawPicture({ width = 0, height = 0, alt }: SharedFile, { url }: Look, name: string): void {
    const [wide, high] = width > 0 && height > 0 ? [width, height] : USUAL;
    const scale = Math.min(1, MOST_WIDTH / wide, MOST_HEIGHT / high);
    const sides = [wide, high].map((side) => Math.max(LEAST, Math.round(side * scale)));
    this.#frame.style.width = `${sides[0]}px`;
    this.#frame.style.aspectRatio = sides.join(" / ");
    this.#frame.title = name;
    setAttribute(this.#frame, "aria-disabled", String(!url));
    this.#image.alt = alt || name;
    if (url) setAttribute(this.#image, "src", url);
    else this.#image.removeAttribute("src");
  }

  #drawCard(file: SharedFile, look: Look, name: string, locale: string): void {
    const say = chatWords(locale);
    const share = look.share === null ? "" : say("loading_share", percentOf(look.share, locale));
    this.#image.removeAttribute("src");
    setText(this.#name, name);
    setText(this.#facts, share || [kindOf(file, locale), sizeOf(file, locale)].filter(Boolean).join(" · "));
    setText(this.#error, look.error);
    setHidden(this.#save, !look.offered, this.root.closest<HTMLElement>(".rw-msg") ?? this.root);
    setAttribute(this.#save, "aria-label", say("download", name));
    this.#save.title = say("download", name);
  }

  #watch(): void {
    this.#near = false;
    if (typeof IntersectionObserver === "undefined") this.#come(true);
    else watchSight(this.root, (distance) => this.#come(distance !== "away"), this.#signal);
  }

  /** It comes near, or goes. */
  #come(near: boolean): void {
    if (near === Boolean(this.#near) || !this.#item) return;
    this.#near = near;
    this.#doings.hold(this.#item.key, near);
    if (near) this.#doings.want(this.#item);
  }
}

/** What a file is, in words: what its name ends with says more than its type. */
function kindOf({ name, type }: SharedFile, locale: string): string {
  const say = chatWords(locale);
  const kind = /^(image|audio|video)\//.exec(type)?.[1] as "image" | "audio" | "video" | undefined;
  const end = /\.([A-Za-z0-9]{1,8})$/.exec(name)?.[1];
  return end ? say(`kind_${kind ?? "file"}`, end.toUpperCase()) : say(kind ?? "file");
}

function sizeOf({ size }: SharedFile, locale: string): string {
  return typeof size === "number" && size >= 0 ? formatter({ name: "bytes" }, locale)(size) : "";
}

/** A share in words, without digits that nobody reads. */
export function percentOf(share: number, locale: string): string {
  return formatter({ name: "percentage", precision: 0 }, locale)(share);
}
