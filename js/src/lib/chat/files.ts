// Files: what a chat's page has of the files of its messages: those on their way to the kernel, those that it fetches, and the
// images that are here.

import type { Clock } from "../hop/clock";
import { Downloads, type Piece } from "./downloads";
import type { Item } from "./item";
import { PICTURES, pictureType } from "./picture_types";
import { Pictures } from "./pictures";
import { save } from "./saving";
import { type Chosen, type Upload, Uploads } from "./uploads";

/** Larger images are fetched only by those who want to save them. */
const MOST_SHOWN = 32 * 1024 * 1024;
/** A browser has begun to save what it was handed after so long. */
const SAVED_MS = 60_000;

/** What there is of a file to be seen. */
export interface Look {
  /** It is an image that is shown, as soon as it is here. */
  picture: boolean;
  /** Its address in this page; empty: it is not here. */
  url: string;
  /** How much of it has come, 0 to 1; null: it is not being fetched. */
  share: number | null;
  /** Why it cannot be had. */
  error: string;
  /** It can be saved. */
  offered: boolean;
}

interface Deps {
  clock: Clock;
  ask(what: string, about: object): void;
  /** Something is to be drawn anew. */
  changed(): void;
  /** A file was sent, or saved. */
  done(word: "file_sent" | "downloaded", name: string): void;
}

export class Files {
  readonly pictures = new Pictures();
  readonly uploads: Uploads;
  readonly #downloads: Downloads;
  readonly #deps: Deps;
  /** Those that are saved when they are here, and their names. */
  readonly #saving = new Map<string, string>();
  /** Images that are none, or that the browser cannot show. */
  readonly #spoilt = new Set<string>();
  /** Discarded when the kernel had been told all of them. */
  readonly #unwanted = new Set<string>();
  /** The kernel has them, and sends them on. */
  readonly #sending = new Set<string>();

  constructor(deps: Deps, signal: AbortSignal) {
    const { clock, ask, changed } = deps;
    this.#deps = deps;
    this.uploads = new Uploads(clock, (about) => ask("attach", about), changed);
    this.#downloads = new Downloads(
      () => clock.now(),
      (about) => ask("file", about),
      (key, pieces) => this.#came(key, pieces),
    );
    signal.addEventListener("abort", () => {
      for (const { chosen } of this.uploads.all) this.uploads.remove(chosen.id);
      this.pictures.end();
    });
  }

  /** Whether any is under way. */
  get moves(): boolean {
    return this.#downloads.any || this.uploads.all.length > 0;
  }

  /** Takes a piece that the kernel sends. */
  take(piece: Piece, bytes: Uint8Array | undefined): void {
    this.#downloads.take(piece, bytes);
    this.#deps.changed();
  }

  /** Goes on with what is under way; `open`: whether there is a kernel. */
  tick(open: boolean): void {
    this.uploads.tick(open);
    this.#downloads.tick(open);
  }

  // To the kernel

  /** Sends files, the first with a text; false: there is no room for them. */
  send(room: string, files: readonly Chosen[], text: string, at: number): boolean {
    if (!this.uploads.add(room, files, text, at)) return false;
    for (const { id } of files) this.pictures.hold(id);
    return true;
  }

  /** The kernel has these: returns the keys of those that the reader has discarded. */
  settle(items: readonly Item[]): string[] {
    for (const { key, state, file } of items) {
      if (this.uploads.remove(key)) {
        this.pictures.release(key);
        this.#sending.add(key);
      }
      if (state === "sent" && this.#sending.delete(key)) this.#deps.done("file_sent", file?.name ?? "");
    }
    return items.flatMap(({ key }) => (this.#unwanted.delete(key) ? [key] : []));
  }

  /** Does with a file that is on its way what the reader wants; false: there is none of that key. */
  wish(what: string, key: string): boolean {
    const upload = this.uploads.of(key);
    if (!upload || (what !== "retry" && what !== "discard")) return upload !== undefined;
    if (what === "retry") this.uploads.retry(key);
    else this.#discard(key, upload);
    this.#deps.changed();
    return true;
  }

  #discard(key: string, { since }: Upload): void {
    this.uploads.remove(key);
    this.pictures.release(key);
    this.pictures.drop(key);
    if (since !== null) this.#unwanted.add(key);
  }

  // From the kernel

  look({ key, type, file }: Item): Look {
    const fits = type === "image" && PICTURES.has(file?.type ?? "") && (file?.size ?? 0) <= MOST_SHOWN;
    const error = this.#downloads.error(key);
    const there = this.pictures.of(key);
    return {
      picture: fits && !this.#spoilt.has(key) && (!error || there !== undefined),
      url: there?.url ?? "",
      share: this.#downloads.share(key),
      error,
      offered: Boolean(file?.url || there),
    };
  }

  /** Has an image fetched to be shown, when it is not here. */
  want(item: Item): void {
    const { picture, url, offered, share } = this.look(item);
    if (picture && offered && !url && share === null) this.#downloads.want(item.key);
  }

  /** Somebody looks at an image, or not any more. */
  hold(key: string, on: boolean): void {
    if (on) this.pictures.hold(key);
    else this.pictures.release(key);
    if (!this.pictures.held(key) && !this.#saving.has(key)) this.#downloads.drop(key);
  }

  /** The browser cannot show an image. */
  spoil(key: string): void {
    this.#spoilt.add(key);
    this.pictures.drop(key);
    this.#deps.changed();
  }

  /** Saves a file, as soon as it is here. */
  save({ key, file }: Item): void {
    const there = this.pictures.of(key);
    const name = file?.name ?? "";
    if (there) this.#save([there.blob], name);
    else {
      this.#saving.set(key, name);
      this.#downloads.want(key);
    }
    this.#deps.changed();
  }

  #came(key: string, pieces: Uint8Array<ArrayBuffer>[]): void {
    const name = this.#saving.get(key);
    this.#saving.delete(key);
    if (name !== undefined) this.#save(pieces, name);
    if (!this.pictures.held(key)) return;
    const type = pictureType(pieces[0] ?? new Uint8Array());
    if (type) this.pictures.put(key, new Blob(pieces, { type }));
    else this.#spoilt.add(key);
  }

  #save(bytes: BlobPart[], name: string): void {
    this.#deps.clock.after(SAVED_MS, save(bytes, name));
    this.#deps.done("downloaded", name);
  }
}
