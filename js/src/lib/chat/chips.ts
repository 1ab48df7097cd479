// Chips: the files that go with the next message: looked at, checked, and taken away again, before anything is sent. Each room has
// its own, as it has its draft; they are gone with the page.

import { formatter } from "../text/format";
import { h, setAttribute, setText } from "../view/dom";
import { icon } from "../view/icons";
import { composerWords } from "./composer_words";
import { newId } from "./outbox";
import { HEAD_BYTES, pictureType } from "./picture_types";
import type { Pictures } from "./pictures";
import type { Chosen } from "./uploads";

/** Most files at a time. */
export const MOST_CHIPS = 10;

interface Chip {
  chosen: Chosen;
  root: HTMLElement;
  image: HTMLImageElement;
  remove: HTMLButtonElement;
}

export interface ChipsDeps {
  pictures: Pictures;
  /** Most bytes of a file. */
  most(): number;
  /** Others are there; `why`: not those that were wanted. */
  changed(why: string): void;
  /** The last one that had the focus is gone. */
  left(): void;
}

export class Chips {
  readonly root = h("ul", "rw-picks");
  readonly #deps: ChipsDeps;
  readonly #signal: AbortSignal;
  readonly #rooms = new Map<string, Chip[]>();
  #room = "";
  #locale = "en";

  constructor(deps: ChipsDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    setAttribute(this.root, "role", "list"); // which without bullets it is not everywhere
    this.root.hidden = true;
    signal.addEventListener("abort", () => {
      for (const chip of [...this.#rooms.values()].flat()) this.#end(chip);
    });
  }

  set room(room: string) {
    this.#room = room;
    this.#show();
  }

  get files(): Chosen[] {
    return this.#chips.map(({ chosen }) => chosen);
  }

  /** Takes files; of those that cannot be sent it says why. */
  add(files: readonly File[]): void {
    const chips = [...this.#chips];
    const why: string[] = [];
    for (const file of files) {
      const problem =
        chips.length < MOST_CHIPS ? this.#problem(file) : this.#say("too_many", String(MOST_CHIPS));
      if (!problem) chips.push(this.#made(file));
      else if (!why.includes(problem)) why.push(problem);
    }
    this.#rooms.set(this.#room, chips);
    this.#show();
    this.#deps.changed(why.join(" "));
  }

  /** They were sent: whoever has them now keeps their images. */
  clear(): void {
    for (const chip of this.#chips) this.#end(chip);
    this.#rooms.delete(this.#room);
    this.#show();
  }

  draw(locale: string): void {
    this.#locale = locale;
    setAttribute(this.root, "aria-label", this.#say("files"));
    for (const { chosen, root, remove } of this.#chips) {
      const { name, size } = chosen.file;
      const [, words] = root.children as unknown as [HTMLElement, HTMLElement];
      setText(words.firstElementChild as HTMLElement, name);
      setText(words.lastElementChild as HTMLElement, formatter({ name: "bytes" }, locale)(size));
      words.title = name;
      setAttribute(remove, "aria-label", this.#say("remove", isolated(name)));
      remove.title = this.#say("remove", isolated(name));
    }
  }

  get #chips(): readonly Chip[] {
    return this.#rooms.get(this.#room) ?? [];
  }

  #say(...said: Parameters<ReturnType<typeof composerWords>>): string {
    return composerWords(this.#locale)(...said);
  }

  #problem({ name, size }: File): string {
    const most = this.#deps.most();
    if (!size) return this.#say("empty", isolated(name));
    if (size <= most) return "";
    const bytes = formatter({ name: "bytes" }, this.#locale);
    const exact = formatter({ name: "number", unit: "B" }, this.#locale);
    const write = bytes(size) === bytes(most) ? exact : bytes;
    return this.#say("too_large", isolated(name), write(size), write(most));
  }

  #made(file: File): Chip {
    const chosen: Chosen = { id: newId(), file, type: "", width: 0, height: 0 };
    const root = h("li", "rw-pick");
    const thumb = h("span", "rw-pick-thumb");
    const image = h("img", "");
    const words = h("span", "rw-file-words");
    const name = h("span", "rw-file-name");
    const remove = h("button", "rw-button rw-pick-remove");
    image.alt = ""; // its name stands beside it
    image.hidden = true;
    name.dir = "auto";
    remove.type = "button";
    remove.append(icon("cross"));
    thumb.append(icon("sheet"), image);
    words.append(name, h("span", "rw-file-facts"));
    root.append(thumb, words, remove);
    const chip: Chip = { chosen, root, image, remove };
    this.#deps.pictures.hold(chosen.id);
    remove.addEventListener("click", () => this.#remove(chip), { signal: this.#signal });
    void this.#judge(chip);
    return chip;
  }

  /** Looks whether it is an image, and whether it can be read at all: a folder that is dropped cannot. */
  async #judge(chip: Chip): Promise<void> {
    const { chosen, image } = chip;
    const { id, file } = chosen;
    const { pictures } = this.#deps;
    let type: string;
    try {
      type = pictureType(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
    } catch {
      if (!this.#chips.includes(chip)) return;
      this.#remove(chip);
      this.#deps.changed(this.#say("unreadable", isolated(file.name)));
      return;
    }
    if (!type || !pictures.held(id)) return; // it was taken away meanwhile
    pictures.put(id, file.slice(0, file.size, type));
    chosen.type = type;
    image.addEventListener("load", () => {
      chosen.width = image.naturalWidth;
      chosen.height = image.naturalHeight;
      image.hidden = false;
      image.previousElementSibling?.remove();
    });
    image.addEventListener("error", () => {
      chosen.type = "";
    });
    image.src = pictures.of(id)!.url;
  }

  #remove(chip: Chip): void {
    const chips = this.#chips.filter((each) => each !== chip);
    const next = chips[this.#chips.indexOf(chip)] ?? chips.at(-1);
    const focused = chip.root.contains((chip.root.getRootNode() as Document | ShadowRoot).activeElement);
    this.#rooms.set(this.#room, chips);
    this.#end(chip);
    this.#deps.pictures.drop(chip.chosen.id);
    this.#show();
    if (focused) {
      if (next) next.remove.focus();
      else this.#deps.left();
    }
    this.#deps.changed("");
  }

  #end({ chosen }: Chip): void {
    this.#deps.pictures.release(chosen.id);
  }

  #show(): void {
    this.root.replaceChildren(...this.#chips.map(({ root }) => root));
    this.root.hidden = !this.#chips.length;
    this.draw(this.#locale);
  }
}

/** A name within a sentence, whichever way it runs. */
function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}
