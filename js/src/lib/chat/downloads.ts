// Downloads: files that are fetched from the kernel, piece by piece, a few at a time. It answers all pages, and not while a cell
// runs: what fits is taken, whoever has asked for it, and what does not come is asked for again.

/** Most files that are asked for at a time. */
const AT_ONCE = 3;
/** When a piece is asked for again: after this, then after twice that, up to the second. */
const AGAIN_MS = 5_000;
const MOST_AGAIN_MS = 120_000;
/** Most files of which it is kept why they cannot be had. */
const MOST_ERRORS = 500;

/** A piece of a file as the kernel sends it, its bytes beside it; or why there is none. */
export interface Piece {
  key: string;
  size?: number;
  at?: number;
  error?: string;
}

interface Job {
  key: string;
  pieces: Uint8Array<ArrayBuffer>[];
  length: number;
  /** Null: nothing has come yet. */
  size: number | null;
  /** When it is asked for again; null: it is not asked for now. */
  due: number | null;
  pause: number;
}

export class Downloads {
  readonly #now: () => number;
  readonly #ask: (about: { key: string; at: number }) => void;
  readonly #done: (key: string, pieces: Uint8Array<ArrayBuffer>[]) => void;
  /** In the order in which they get their turns. */
  readonly #jobs = new Map<string, Job>();
  readonly #errors = new Map<string, string>();
  #open = true;

  /** `done` is called with a file that is whole; `now` is any monotonic clock in milliseconds. */
  constructor(
    now: () => number,
    ask: (about: { key: string; at: number }) => void,
    done: (key: string, pieces: Uint8Array<ArrayBuffer>[]) => void,
  ) {
    this.#now = now;
    this.#ask = ask;
    this.#done = done;
  }

  /** Whether any is being fetched. */
  get any(): boolean {
    return this.#jobs.size > 0;
  }

  /** Has a file fetched. */
  want(key: string): void {
    if (this.#jobs.has(key)) return;
    this.#errors.delete(key);
    this.#jobs.set(key, { key, pieces: [], length: 0, size: null, due: null, pause: AGAIN_MS });
    this.#next();
  }

  /** Lets go of one that nobody wants any more. */
  drop(key: string): void {
    if (this.#jobs.delete(key)) this.#next();
  }

  /** How much of a file has come, 0 to 1; null: it is not being fetched. */
  share(key: string): number | null {
    const job = this.#jobs.get(key);
    return job ? job.length / (job.size || 1) : null;
  }

  /** Why a file could not be had; empty: nothing is known of that. */
  error(key: string): string {
    return this.#errors.get(key) ?? "";
  }

  /** Takes a piece that fits. */
  take({ key, size, at, error }: Piece, bytes: Uint8Array | undefined): void {
    const job = this.#jobs.get(key);
    if (!job) return;
    if (error) {
      this.#errors.set(key, error);
      for (const first of this.#errors.keys())
        if (this.#errors.size > MOST_ERRORS) this.#errors.delete(first);
      this.drop(key);
      return;
    }
    if (!Number.isSafeInteger(size) || size! < 0) return;
    if (job.size !== null && job.size !== size) Object.assign(job, { pieces: [], length: 0 }); // another file by now
    job.size = size!;
    const length = bytes?.length ?? 0;
    if (at !== job.length || job.length + length > job.size || (!length && job.size)) return;
    if (length) job.pieces.push(bytes!.slice());
    job.length += length;
    job.pause = AGAIN_MS;
    if (job.length < job.size) {
      if (job.due !== null) this.#askFor(job);
      return;
    }
    this.drop(key);
    this.#done(key, job.pieces);
  }

  /** Asks again for what has not come; `open`: whether there is a kernel to ask. */
  tick(open: boolean): void {
    this.#open = open;
    const now = this.#now();
    for (const job of [...this.#jobs.values()]) {
      if (job.due === null || job.due > now) continue;
      job.due = null;
      job.pause = Math.min(2 * job.pause, MOST_AGAIN_MS);
      this.#jobs.delete(job.key); // others have their turn before it
      this.#jobs.set(job.key, job);
    }
    this.#next();
  }

  #next(): void {
    if (!this.#open) return;
    const jobs = [...this.#jobs.values()];
    const asked = jobs.filter(({ due }) => due !== null).length;
    for (const job of jobs.filter(({ due }) => due === null).slice(0, Math.max(0, AT_ONCE - asked)))
      this.#askFor(job);
  }

  #askFor(job: Job): void {
    job.due = this.#now() + job.pause;
    this.#ask({ key: job.key, at: job.length });
  }
}
