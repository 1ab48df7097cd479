// Outbox: what was written in this page and the kernel has not taken yet. It outlives a reload of the page, and is told again until
// the kernel has it: a message may come there twice, but under one id.

/** Bounds: a message that finds no room is refused, and stays where it was written. */
const MAX_MESSAGES = 100;
const MAX_BYTES = 200_000;
/** When a message is told again: after this, then after twice that, up to the second. */
const AGAIN_MS = 10_000;
const MAX_AGAIN_MS = 120_000;

export interface Waiting {
  /** The key of the item that the kernel will make of it. */
  readonly id: string;
  readonly room: string;
  readonly text: string;
  /** Milliseconds since 1970, when it was written. */
  readonly at: number;
}

interface Telling {
  /** When it is told next; null: at once. */
  at: number | null;
  pause: number;
}

export class Outbox {
  readonly #storage: Storage | null;
  readonly #key: string;
  readonly #now: () => number;
  #waiting: Waiting[];
  readonly #telling = new Map<string, Telling>();

  /**
   * @param storage Where it is kept; null: nowhere.
   * @param key Its name there.
   * @param now Milliseconds since 1970.
   */
  constructor(storage: Storage | null, key: string, now: () => number) {
    this.#storage = storage;
    this.#key = key;
    this.#now = now;
    this.#waiting = within(this.#load());
  }

  /** Those that the kernel has not taken, in the order in which they were written. */
  get waiting(): readonly Waiting[] {
    return this.#waiting;
  }

  /** When the next is to be told, by the clock of `due`; -Infinity: at once; null: nothing waits. */
  get next(): number | null {
    if (!this.#waiting.length) return null;
    return Math.min(...this.#waiting.map(({ id }) => this.#telling.get(id)?.at ?? Number.NEGATIVE_INFINITY));
  }

  /** Takes a message in; null: there is no room for it. */
  add(room: string, text: string): Waiting | null {
    const added = { id: newId(), room, text, at: this.#now() };
    const waiting = [...this.#waiting, added];
    if (within(waiting).length < waiting.length) return null;
    this.#waiting = waiting;
    this.#save();
    return added;
  }

  /** The kernel has items of these keys, or is not to be told any more. */
  settle(keys: Iterable<string>): void {
    const gone = new Set(keys);
    const waiting = this.#waiting.filter(({ id }) => !gone.has(id));
    if (waiting.length === this.#waiting.length) return;
    this.#waiting = waiting;
    for (const id of gone) this.#telling.delete(id);
    this.#save();
  }

  /** Those that are to be told now, by any monotonic clock in milliseconds; they count as told. */
  due(now: number): Waiting[] {
    return this.#waiting.filter(({ id }) => {
      const telling = this.#telling.get(id) ?? { at: null, pause: AGAIN_MS };
      if (telling.at !== null && telling.at > now) return false;
      this.#telling.set(id, { at: now + telling.pause, pause: Math.min(2 * telling.pause, MAX_AGAIN_MS) });
      return true;
    });
  }

  #load(): Waiting[] {
    try {
      const kept: unknown = JSON.parse(this.#storage?.getItem(this.#key) ?? "[]");
      return Array.isArray(kept) && kept.every(isWaiting) ? kept : [];
    } catch {
      return []; // the storage may be forbidden, or have what we did not write
    }
  }

  #save(): void {
    try {
      this.#storage?.removeItem(this.#key); // if what follows fails, nothing is there that was settled
      if (this.#waiting.length) this.#storage?.setItem(this.#key, JSON.stringify(this.#waiting));
    } catch {
      // Full or forbidden: the messages are told all the same, as long as the page lives.
    }
  }
}

/** The first of them, as many as there is room for. */
function within(waiting: Waiting[]): Waiting[] {
  const fits = (count: number) =>
    count <= MAX_MESSAGES &&
    new TextEncoder().encode(JSON.stringify(waiting.slice(0, count))).length <= MAX_BYTES;
  let count = waiting.length;
  while (count && !fits(count)) count--;
  return waiting.slice(0, count);
}

function isWaiting(kept: unknown): kept is Waiting {
  if (typeof kept !== "object" || kept === null) return false;
  const { id, room, text, at } = kept as Record<string, unknown>;
  return [id, room, text].every((each) => typeof each === "string") && Number.isFinite(at);
}

/** 128 random bits; `randomUUID` is missing in pages that came over http. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
