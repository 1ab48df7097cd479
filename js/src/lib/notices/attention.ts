// Attention: how long each notification has been before somebody's eyes, and what that makes due: one that was seen for long
// enough is read, one whose time on screen is over leaves. Nothing counts that nobody can see. Pure: it is told the time.

/** A notification as far as its time goes. */
export interface Attended {
  key: string;
  /** Of its latest arrival: with another one its time begins anew. */
  turn: number;
  /** Milliseconds on screen after which it leaves; null: it stays, or has left. */
  leavesAfter: number | null;
  /** Milliseconds before somebody's eyes after which it is read; null: it is, or never by itself. */
  readAfter: number | null;
}

/** A notification, and the arrival that was seen of it. */
export type Seen = [key: string, turn: number];

export interface Due {
  expired: Seen[];
  read: Seen[];
}

interface Counted extends Attended {
  onScreen: number;
  seen: number;
}

export class Attention {
  /** Whether the panel can be seen. */
  #looking = false;
  /** Whether the reader is at it: then nothing leaves. */
  #held = false;
  #eyes: ReadonlySet<string> = new Set();
  readonly #counted = new Map<string, Counted>();
  #at: number;

  constructor(now: number) {
    this.#at = now;
  }

  /** Takes note of what there is: what is new has all its time before it. */
  attend(now: number, items: Iterable<Attended>): void {
    this.#count(now);
    const before = new Map(this.#counted);
    this.#counted.clear();
    for (const item of items) {
      const known = before.get(item.key);
      const same = known?.turn === item.turn ? known : { onScreen: 0, seen: 0, readAfter: null };
      const unread = same.readAfter === null && item.readAfter !== null; // somebody may have said so
      this.#counted.set(item.key, { ...item, onScreen: same.onScreen, seen: unread ? 0 : same.seen });
    }
  }

  /** Takes note of where the reader is: whether the panel is in view, what of it is, and whether the reader is at it. */
  look(now: number, looking: boolean, held: boolean, eyes: ReadonlySet<string>): void {
    this.#count(now);
    this.#looking = looking;
    this.#held = held;
    this.#eyes = eyes;
  }

  /** What is due by now; each is told once. */
  due(now: number): Due {
    this.#count(now);
    const due: Due = { expired: [], read: [] };
    for (const each of this.#counted.values()) {
      const seen: Seen = [each.key, each.turn];
      if (each.readAfter !== null && each.seen >= each.readAfter) {
        each.readAfter = null;
        due.read.push(seen);
      }
      if (each.leavesAfter !== null && each.onScreen >= each.leavesAfter) {
        each.leavesAfter = null;
        due.expired.push(seen);
      }
    }
    return due;
  }

  /** Milliseconds until something will be due, if all stays as it is; null: nothing will. */
  get next(): number | null {
    let next = Number.POSITIVE_INFINITY;
    if (!this.#looking) return null;
    for (const { key, leavesAfter, readAfter, onScreen, seen } of this.#counted.values()) {
      if (!this.#eyes.has(key)) continue;
      if (leavesAfter !== null && !this.#held) next = Math.min(next, leavesAfter - onScreen);
      if (readAfter !== null) next = Math.min(next, readAfter - seen);
    }
    return Number.isFinite(next) ? Math.max(0, next) : null;
  }

  #count(now: number): void {
    const elapsed = Math.max(0, now - this.#at);
    this.#at = now;
    if (!this.#looking) return;
    for (const each of this.#counted.values()) {
      if (!this.#eyes.has(each.key)) continue;
      if (!this.#held) each.onScreen += elapsed;
      each.seen += elapsed;
    }
  }
}
