// Buckets: those of one feed as the page holds them. The twin of what `feeds.series` keeps in the kernel.

/** What a part of a frame says of the buckets of its feed. */
export interface BucketPart {
  body: Record<string, unknown>;
  columns: Record<string, ArrayLike<number>>;
}

export interface Layout {
  kind: "seconds" | "records";
  step: number;
  capacity: number;
}

export const BREAK_BEFORE = 1;
export const BREAK_AFTER = 2;

export class Buckets {
  series: string[] = [];
  layout: Layout = { kind: "records", step: 1, capacity: 1 };
  /** Seconds of the window; null for one in points. */
  window: number | null = null;
  /** Time of the newest record, seconds; null before the first. */
  newest: number | null = null;
  /** Newest value of each series; null where there is none. */
  last: (number | null)[] = [];
  readonly k: number[] = [];
  readonly x: number[] = [];
  lo: number[][] = [];
  hi: number[][] = [];
  breaks: number[][] = [];

  /** Starts again from a keyframe. */
  replace(part: BucketPart): void {
    this.series = (part.body.series as string[]) ?? [];
    this.layout = (part.body.layout as Layout) ?? this.layout;
    this.window = (part.body.window as number | null) ?? null;
    this.k.length = this.x.length = 0;
    this.lo = this.series.map(() => []);
    this.hi = this.series.map(() => []);
    this.breaks = this.series.map(() => []);
    this.newest = null;
    this.append(part);
  }

  /** Takes in new and changed buckets, and drops what left the window. */
  append(part: BucketPart): void {
    this.newest = (part.body.newest as number | null) ?? this.newest;
    this.last = (part.body.last as (number | null)[]) ?? this.last;
    const { k, x, lo, hi, breaks } = part.columns;
    if (!k || !lo) return;
    const k0 = part.body.k0 as number;
    for (let i = 0; i < k.length; i++) {
      const number = k0 + k[i]!;
      const at = this.#place(number, x ? x[i]! : (number + 0.5) * this.layout.step);
      for (let s = 0; s < this.series.length; s++) {
        const j = s * k.length + i;
        this.lo[s]![at] = lo[j]!;
        this.hi[s]![at] = (hi ?? lo)[j]!;
        this.breaks[s]![at] = breaks ? breaks[j]! : 0;
      }
    }
    this.#trim();
  }

  /** Index of bucket `number`, made if it is new; late ones are put in their place. */
  #place(number: number, x: number): number {
    let at = this.k.length;
    while (at > 0 && this.k[at - 1]! > number) at--;
    if (at > 0 && this.k[at - 1] === number) {
      this.x[at - 1] = x;
      return at - 1;
    }
    this.k.splice(at, 0, number);
    this.x.splice(at, 0, x);
    for (let s = 0; s < this.series.length; s++) {
      for (const values of [this.lo[s]!, this.hi[s]!, this.breaks[s]!]) values.splice(at, 0, 0);
    }
    return at;
  }

  #trim(): void {
    const oldest = this.k[this.k.length - 1]! - this.layout.capacity;
    let from = 0;
    while (this.k[from]! <= oldest) from++;
    if (this.layout.kind === "records" && this.window !== null && this.newest !== null) {
      const start = this.newest - this.window;
      let inside = from;
      while (inside < this.x.length && this.x[inside]! < start) inside++;
      from = Math.max(from, inside - 1); // one more: it draws the line in from the left edge
    }
    if (from === 0) return;
    this.k.splice(0, from);
    this.x.splice(0, from);
    for (const group of [this.lo, this.hi, this.breaks]) for (const values of group) values.splice(0, from);
  }
}
