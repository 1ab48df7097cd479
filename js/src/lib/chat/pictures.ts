// Pictures: the images that are here, by the keys of their messages, each with an address of this page. Those that nobody looks
// at go when there are too many, the one that was looked at last the latest.

/** Most bytes of images that are kept, but for those that are looked at. */
export const MOST_BYTES = 64 * 1024 * 1024;

export interface Picture {
  readonly blob: Blob;
  readonly url: string;
}

export class Pictures {
  readonly #kept = new Map<string, Picture>();
  /** How many look at it. */
  readonly #held = new Map<string, number>();
  readonly #most: number;
  #size = 0;

  constructor(most = MOST_BYTES) {
    this.#most = most;
  }

  of(key: string): Picture | undefined {
    return this.#kept.get(key);
  }

  /** Keeps an image, whose type must be one of those that are shown; one that is here stays. */
  put(key: string, blob: Blob): void {
    if (this.#kept.has(key)) return;
    this.#kept.set(key, { blob, url: URL.createObjectURL(blob) });
    this.#size += blob.size;
    this.#fit(key);
  }

  /** One more looks at it, now or as soon as it is here. */
  hold(key: string): void {
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    const found = this.#kept.get(key);
    if (!found) return;
    this.#kept.delete(key);
    this.#kept.set(key, found);
  }

  release(key: string): void {
    const left = (this.#held.get(key) ?? 0) - 1;
    if (left > 0) this.#held.set(key, left);
    else this.#held.delete(key);
    this.#fit();
  }

  /** Whether anybody looks at it. */
  held(key: string): boolean {
    return this.#held.has(key);
  }

  /** Lets go of one that is not wanted any more. */
  drop(key: string): void {
    const found = this.#kept.get(key);
    if (!found) return;
    this.#kept.delete(key);
    this.#size -= found.blob.size;
    URL.revokeObjectURL(found.url);
  }

  end(): void {
    for (const key of [...this.#kept.keys()]) this.drop(key);
  }

  /** Makes room; `fresh` has only just come. */
  #fit(fresh?: string): void {
    for (const key of [...this.#kept.keys()]) {
      if (this.#size <= this.#most) return;
      if (key !== fresh && !this.held(key)) this.drop(key);
    }
  }
}
