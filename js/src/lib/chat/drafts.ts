// Drafts: what was written in each room and not sent. They outlive a change of rooms, and a reload of the page where that is allowed.

export class Drafts {
  readonly #storage: Storage | null;
  readonly #key: string;
  /** What this page knows, which is all where nothing can be kept. */
  readonly #known = new Map<string, string>();

  /** Each room has its own entry: `key`, a slash, and the room. */
  constructor(storage: Storage | null, key: string) {
    this.#storage = storage;
    this.#key = key;
  }

  /** The draft of a room; "" if there is none. */
  of(room: string): string {
    const known = this.#known.get(room);
    if (known !== undefined) return known;
    try {
      return this.#storage?.getItem(this.#name(room)) ?? "";
    } catch {
      return "";
    }
  }

  keep(room: string, text: string): void {
    this.#known.set(room, text);
    try {
      if (text) this.#storage?.setItem(this.#name(room), text);
      else this.#storage?.removeItem(this.#name(room));
    } catch {
      // Full or forbidden: the page knows it. What is there is of an older draft.
      this.#forget(room);
    }
  }

  #forget(room: string): void {
    try {
      this.#storage?.removeItem(this.#name(room));
    } catch {
      // It is forbidden.
    }
  }

  #name(room: string): string {
    return `${this.#key}/${room}`;
  }
}

/** The storage of this tab; null where that is forbidden, as in some frames. */
export function tabStorage(): Storage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}
