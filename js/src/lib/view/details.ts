// Details: all that events say beyond their rows, asked of the kernel when a reader opens one, and kept for a while.

/** What the kernel answers: of which event, its whole message, its further fields; without a message it is kept no more. */
export type DetailsRow = [seq: number, message: string | null, fields: [name: string, text: string][]];

export interface Told {
  /** `asked`; `late`: for a while now, as long as a cell runs the kernel may not hear; `here`; `gone`: kept no more. */
  readonly state: "asked" | "late" | "here" | "gone";
  readonly message: string;
  readonly fields: readonly (readonly [string, string])[];
}

/** After so long a wait is explained. */
const LATE_MS = 3_000;
/** Questions and answers may get lost. */
const ASK_AGAIN_MS = 10_000;
const MAX_ASK_PAUSE_MS = 60_000;
/** Most answers that are kept: 24 kB each at most. */
const MAX_KEPT = 50;

const ASKED: Told = { state: "asked", message: "", fields: [] };
const LATE: Told = { ...ASKED, state: "late" };
const GONE: Told = { ...ASKED, state: "gone" };

export class Details {
  readonly #ask: (seq: number) => void;
  readonly #now: () => number;
  readonly #known = new Map<number, Told>();
  /** Those that are waited for: since when, and when to ask again. */
  readonly #waiting = new Map<number, { since: number; next: number; pause: number }>();

  /** `now` in milliseconds. */
  constructor(ask: (seq: number) => void, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  /** What is known of an event: the same object until something else is. */
  of(seq: number): Told {
    const known = this.#known.get(seq);
    if (known) return known;
    const waiting = this.#waiting.get(seq);
    return waiting && this.#now() - waiting.since >= LATE_MS ? LATE : ASKED;
  }

  /** A reader has opened an event. */
  want(seq: number): void {
    const known = this.#known.get(seq);
    if (known?.state === "gone") this.#known.delete(seq);
    if (this.#known.has(seq) || this.#waiting.has(seq)) return;
    const since = this.#now();
    this.#waiting.set(seq, { since, next: since + ASK_AGAIN_MS, pause: 2 * ASK_AGAIN_MS });
    this.#ask(seq);
  }

  /** A reader has closed it again. */
  drop(seq: number): void {
    this.#waiting.delete(seq);
  }

  /** Takes answers, whoever asked for them: others may have it open. */
  take(rows: DetailsRow[]): void {
    for (const [seq, message, fields] of rows) {
      if (!this.#waiting.delete(seq)) continue;
      this.#known.set(seq, message === null ? GONE : { state: "here", message, fields });
      if (this.#known.size > MAX_KEPT) this.#known.delete(this.#known.keys().next().value!);
    }
  }

  /** Asks again where no answer came; returns whether anything is waited for. */
  tick(): boolean {
    const now = this.#now();
    for (const [seq, waiting] of this.#waiting) {
      if (now < waiting.next) continue;
      waiting.next = now + waiting.pause;
      waiting.pause = Math.min(2 * waiting.pause, MAX_ASK_PAUSE_MS);
      this.#ask(seq);
    }
    return this.#waiting.size > 0;
  }
}
