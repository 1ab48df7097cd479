// Attachment: an image or a file of a message: what it is called and how large it is, the image itself where it has come
// along, and where it can be had. Nothing is ever loaded from elsewhere.

import { formatter } from "../text/format";
import { safeLink } from "../text/links";
import { h, setAttribute, setText } from "../view/dom";
import { icon } from "../view/icons";
import type { Item, SharedFile } from "./item";
import { chatWords } from "./words";

/** Images that are shown: of pixels only, for a drawing may refer to others. */
const IMAGES = /^image\/(png|jpeg|gif|webp|avif|bmp)$/;
const BASE64 = /^[A-Za-z0-9+/=\s]+$/;
/** Largest size of an image in the list, CSS pixels. */
const MOST_WIDTH = 320;
const MOST_HEIGHT = 240;

export class Attachment {
  readonly root = h("div", "rw-file");
  readonly #image = h("img", "rw-file-image");
  readonly #card = h("div", "rw-file-card");
  readonly #mark = h("span", "rw-file-mark");
  readonly #name = h("span", "rw-file-name");
  readonly #facts = h("span", "rw-file-facts");
  readonly #link = h("a", "rw-button rw-file-link");
  #drawn: SharedFile | undefined;

  constructor() {
    this.#name.dir = "auto";
    this.#mark.append(icon("sheet"));
    this.#link.append(icon("download"));
    const words = h("span", "rw-file-words");
    words.append(this.#name, this.#facts);
    this.#card.append(this.#mark, words, this.#link);
    this.root.append(this.#image, this.#card);
  }

  /** Draws the file of an item; without one there is nothing to be seen. */
  draw({ file, type }: Item, locale: string): void {
    this.root.hidden = !file;
    if (!file) return;
    const say = chatWords(locale);
    const name = file.name || say(type === "image" ? "image" : "file");
    setText(this.#name, name);
    setText(this.#facts, [kindOf(file), sizeOf(file, locale)].filter(Boolean).join(" · "));
    setAttribute(this.#link, "aria-label", say("download", name));
    this.#link.title = say("download", name);
    this.#image.alt = file.alt || name;
    if (file === this.#drawn) return;
    this.#drawn = file;
    const data = dataOf(file);
    this.#image.hidden = !data;
    this.#image.removeAttribute("src");
    if (data) this.#showImage(data, file);
    this.#offer(data || safeLink(file.url ?? ""), file.name);
  }

  /** Its room is kept before it is there. */
  #showImage(data: string, { width = 0, height = 0 }: SharedFile): void {
    const known = width > 0 && height > 0;
    const scale = known ? Math.min(1, MOST_WIDTH / width, MOST_HEIGHT / height) : 1;
    this.#image.style.width = known ? `${Math.round(width * scale)}px` : "";
    this.#image.style.aspectRatio = known ? `${width} / ${height}` : "";
    this.#image.src = data;
  }

  #offer(address: string | null, name: string): void {
    this.#link.hidden = !address || /^mailto:/.test(address);
    if (this.#link.hidden) {
      this.#link.removeAttribute("href");
      return;
    }
    this.#link.href = address!;
    this.#link.download = name || "";
    this.#link.target = "_blank";
    this.#link.rel = "noopener noreferrer";
  }
}

function dataOf({ data, type }: SharedFile): string {
  return data && IMAGES.test(type) && BASE64.test(data) ? `data:${type};base64,${data}` : "";
}

/** What a file is, in short: what its name ends with, or else its type. */
function kindOf({ name, type }: SharedFile): string {
  const end = /\.([A-Za-z0-9]{1,8})$/.exec(name)?.[1];
  return end ? end.toUpperCase() : type;
}

function sizeOf({ size }: SharedFile, locale: string): string {
  return typeof size === "number" && size >= 0 ? formatter({ name: "bytes" }, locale)(size) : "";
}
