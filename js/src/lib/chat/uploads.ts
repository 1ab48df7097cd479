// Uploads: files on their way to the kernel, one after the other, in pieces. The page keeps each until the kernel has it, and
// begins anew with one that has not come there: it may come twice, but under one id.

import type { Clock } from "../hop/clock";

/** Bytes of a piece, and milliseconds between two, so that other words come between them. */
export const PIECE = 192 * 1024;
const PACE_MS = 30;
/** Most files that wait. */
export const MOST_FILES = 20;
/** When a file is told anew: after this, then after three times that, up to the second. A cell may run for hours. */
const AGAIN_MS = 30_000;
const MOST_AGAIN_MS = 600_000;

/** A file that a reader has chosen. */
export interface Chosen {
  /** The key of the item that the kernel will make of it. */
  readonly id: string;
  readonly file: File;
  /** Of an image that is shown, once that is known; empty: it is none. */
  type: string;
  /** Of an image, pixels; 0: not known. */
  width: number;
  height: number;
}

export interface Upload {
  readonly chosen: Chosen;
  readonly room: string;
  /** What is said with it. */
  readonly text: string;
  /** Milliseconds since 1970, when it was sent. */
  readonly at: number;
  /** Bytes that the kernel was told. */
  told: number;
  /** When the last of them was, by the page's clock; null: there are more. */
  since: number | null;
  /** It could not be read. */
  failed: boolean;
  pause: number;
}

export class Uploads {
  readonly #clock: Clock;
  readonly #ask: (about: object) => void;
  readonly #changed: () => void;
  #all: Upload[] = [];
  #open = true;
  #running = false;

  /** `ask` tells the kernel a piece; `changed` is called when one has come further. */
  constructor(clock: Clock, ask: (about: object) => void, changed: () => void) {
    this.#clock = clock;
    this.#ask = ask;
    this.#changed = changed;
  }

  /** Those that the kernel does not have, in the order in which they were sent. */
  get all(): readonly Upload[] {
    return this.#all;
  }

  of(id: string): Upload | undefined {
    return this.#all.find(({ chosen }) => chosen.id === id);
  }

  /** Takes files, the first with a text; false: there is no room for them. */
  add(room: string, files: readonly Chosen[], text: string, at: number): boolean {
    if (this.#all.length + files.length > MOST_FILES) return false;
    const added = files.map((chosen, i) => ({ chosen, room, text: i ? "" : text, at }));
    this.#all = [...this.#all, ...added.map((each) => ({ ...each, ...BEGINNING, pause: AGAIN_MS }))];
    void this.#run();
    return true;
  }

  /** Lets go of one, and returns it: the kernel has it, or it is to be sent no more. */
  remove(id: string): Upload | undefined {
    const found = this.of(id);
    if (found) this.#all = this.#all.filter((each) => each !== found);
    return found;
  }

  /** Tries again with one that could not be read. */
  retry(id: string): void {
    Object.assign(this.of(id) ?? {}, BEGINNING);
    void this.#run();
  }

  /** Begins anew with what has not come to the kernel; `open`: whether there is one to tell. */
  tick(open: boolean): void {
    this.#open = open;
    for (const each of this.#all) {
      if (!open || each.since === null || this.#clock.now() - each.since < each.pause) continue;
      Object.assign(each, BEGINNING, { pause: Math.min(3 * each.pause, MOST_AGAIN_MS) });
    }
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (;;) {
      const next = this.#open ? this.#all.find(({ since, failed }) => since === null && !failed) : undefined;
      if (!next) break;
      await this.#tell(next);
    }
    this.#running = false;
  }

  async #tell(upload: Upload): Promise<void> {
    const { chosen, room, text, told: at } = upload;
    const { id, file } = chosen;
    const { name, size } = file;
    const end = Math.min(at + PIECE, size);
    try {
      const data = base64Of(new Uint8Array(await file.slice(at, end).arrayBuffer()));
      if (!this.#all.includes(upload)) return; // it was discarded meanwhile
      this.#ask({ room, id, name, size, at, data, ...(end === size && { text }) });
    } catch {
      upload.failed = true; // it was changed, or is there no more
      this.#changed();
      return;
    }
    upload.told = end;
    if (end === size) upload.since = this.#clock.now();
    this.#changed();
    await new Promise<void>((go) => this.#clock.after(PACE_MS, go));
  }
}

const BEGINNING = { told: 0, since: null, failed: false };

/** Bytes in base64, some at a time: functions take so many arguments. */
function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
