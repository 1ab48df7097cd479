// Buckets: those of one feed as the page holds them. The twin of what `feeds.series` keeps in the kernel.

/** What a part of a frame says of the buckets of its feed. */
export interface BucketPart {
  body: Record<string, unknown>;
  columns: Record<string, ArrayLike<number>>;
}

export interface Layout {
  /** Width of a bucket, in the unit of the axis. */
  step: number;
  capacity: number;
}

/** What the axis is: time in seconds, the numbers of the records, or a field that grows. */
export type Axis = "time" | "records" | "field";

export const BREAK_BEFORE = 1;
export const BREAK_AFTER = 2;
/** No record of the bucket says anything of the series: its line goes on, but where it breaks before the bucket. */
export const ABSENT = 4;
export const NEW_RUN = 8;

const POSITIONS = 255;

/** A point before the buckets, from which a line is drawn in: where it stands, and its value. */
export type Lead = [number, number] | null;

/** The columns of one series, a value for each bucket. */
export class Series {
  readonly lo: number[] = [];
  readonly hi: number[] = [];
  /** Where within their bucket they stand, in the unit of the axis. */
  readonly loAt: number[] = [];
  readonly hiAt: number[] = [];
  readonly flags: number[] = [];
  /**
   * Values of the first and the last record of a bucket, by its number, where they are known; NaN for one that is missing.
   * What lies beside other buckets needs none: all that depends on them is within a pixel.
   */
  readonly ends = new Map<number, [first: number, last: number]>();
  lead: Lead = null;

  get columns(): number[][] {
    return [this.lo, this.hi, this.loAt, this.hiAt, this.flags];
  }
}

export class Buckets {
  names: string[] = [];
  /** Number and label of each series, where the kernel has given them. */
  called: [number, string][] = [];
  layout: Layout = { step: 1, capacity: 1 };
  axis: Axis = "time";
  /** Length of the window, in the unit of the axis; null for one of records, or of all there are. */
  window: number | null = null;
  /** Where such a window begins; null: at the first bucket. */
  start: number | null = null;
  /** Where the first record stands that was ever seen in it; before it the window was not full. */
  first = Number.POSITIVE_INFINITY;
  /** The value of a field that its coordinates are counted from, where it is too large for a number. */
  origin = 0n;
  /** Coordinate of the newest record; null before the first. */
  newest: number | null = null;
  /** Time of the newest record, seconds. */
  newestTs: number | null = null;
  /** Newest value of each series; null where there is none. */
  last: (number | null)[] = [];
  /** Mean of each series over what is in view, where the kernel was asked for it. */
  mean: (number | null)[] = [];
  readonly k: number[] = [];
  /** Where each bucket begins. */
  readonly x: number[] = [];
  series: Series[] = [];

  /** Starts again from a keyframe. */
  replace(part: BucketPart): void {
    const { body } = part;
    this.names = (body.series as string[]) ?? [];
    this.called = (body.lines as [number, string][] | undefined) ?? [];
    this.first = (body.first as number | undefined) ?? Number.POSITIVE_INFINITY;
    this.layout = (body.layout as Layout) ?? this.layout;
    this.axis = (body.axis as Axis) ?? "time";
    this.window = (body.window as number | null) ?? null;
    this.origin = BigInt((body.origin as string | undefined) ?? 0);
    this.k.length = this.x.length = 0;
    this.series = this.names.map(() => new Series());
    this.newest = this.newestTs = null;
    this.append(part);
  }

  /** Takes in new and changed buckets, and drops what left the window. */
  append(part: BucketPart): void {
    this.#take(part);
    // What left the window leads in, but for records that came and left unseen.
    for (const [s, lead] of ((part.body.lead as Lead[]) ?? []).entries()) this.series[s]!.lead = lead;
  }

  #take({ body, columns }: BucketPart): void {
    this.newest = (body.newest as number | null) ?? this.newest;
    this.newestTs = ((body.ts === undefined ? body.newest : body.ts) as number | null) ?? this.newestTs;
    this.start = (body.start as number | undefined) ?? null;
    this.last = (body.last as (number | null)[]) ?? this.last;
    this.mean = (body.mean as (number | null)[]) ?? this.mean;
    const { k, x, lo, hi, lo_at, hi_at, open, close, flags, ts, values } = columns;
    if (ts && values) {
      for (let i = 0; i < ts.length; i++) this.#record(ts[i]!, values[i]!);
      this.#trim();
    }
    if (!k || !lo) return;
    const k0 = body.k0 as number;
    const place = this.layout.step / POSITIONS;
    for (let i = 0; i < k.length; i++) {
      const number = k0 + k[i]!;
      const at = this.#place(number, x ? x[i]! : number * this.layout.step);
      for (const [s, series] of this.series.entries()) {
        const j = s * k.length + i;
        series.lo[at] = lo[j]!;
        series.hi[at] = (hi ?? lo)[j]!;
        series.loAt[at] = lo_at ? lo_at[j]! * place : 0;
        series.hiAt[at] = hi_at ? hi_at[j]! * place : series.loAt[at]!;
        series.flags[at] = flags ? flags[j]! : 0;
        if (open && !(Number.isNaN(open[j]!) && Number.isNaN(close![j]!)))
          series.ends.set(number, [open[j]!, close![j]!]);
        else if (series.ends.size) series.ends.delete(number);
      }
    }
    this.#trim();
  }

  /** Puts one record of the only series into its bucket, as the kernel does. */
  #record(ts: number, value: number): void {
    const [series] = this.series;
    if (!series) return;
    const { step } = this.layout;
    const number = Math.floor(ts / step);
    const known = this.k[this.k.length - 1] === number;
    const i = this.#place(number, number * step);
    const at = ts - number * step;
    const ends = series.ends.get(number);
    if (!known || series.flags[i]! & ABSENT) {
      series.lo[i] = series.hi[i] = value;
      series.ends.set(number, [value, value]);
      series.loAt[i] = series.hiAt[i] = at;
      series.flags[i] = known ? series.flags[i]! & BREAK_BEFORE : 0;
      return;
    }
    series.flags[i]! &= ~BREAK_AFTER;
    if (ends) ends[1] = value;
    else series.ends.set(number, [series.lo[i] === series.hi[i] ? series.lo[i]! : Number.NaN, value]);
    if (!(value >= series.lo[i]!)) {
      series.lo[i] = value;
      series.loAt[i] = at;
    }
    if (!(value < series.hi[i]!)) {
      series.hi[i] = value;
      series.hiAt[i] = at;
    }
  }

  /** Index of bucket `number`, made if it is new; late ones are put in their place. */
  #place(number: number, x: number): number {
    if (x + this.layout.step < this.first) this.first = x;
    let at = this.k.length;
    while (at > 0 && this.k[at - 1]! > number) at--;
    if (at > 0 && this.k[at - 1] === number) {
      this.x[at - 1] = x;
      return at - 1;
    }
    this.k.splice(at, 0, number);
    this.x.splice(at, 0, x);
    for (const series of this.series) for (const values of series.columns) values.splice(at, 0, 0);
    return at;
  }

  #trim(): void {
    const oldest = this.k[this.k.length - 1]! - this.layout.capacity;
    let from = 0;
    while (this.k[from]! <= oldest) from++;
    if (from === 0) return;
    for (const series of this.series) {
      series.lead = this.#leadOf(series, from);
      for (let i = 0; i < from && series.ends.size; i++) series.ends.delete(this.k[i]!);
    }
    this.k.splice(0, from);
    this.x.splice(0, from);
    for (const series of this.series) for (const values of series.columns) values.splice(0, from);
  }

  /** The last point of a series before a bucket, from which its line will be drawn in. */
  #leadOf(series: Series, before: number): Lead {
    for (let i = before - 1; i >= 0; i--) {
      const flags = series.flags[i]!;
      if (flags & ABSENT && flags & BREAK_BEFORE) return null;
      if (flags & ABSENT) continue;
      const [low, high, last] = [series.loAt[i]!, series.hiAt[i]!, series.ends.get(this.k[i]!)?.[1]];
      const y = last !== undefined ? last : high >= low ? series.hi[i]! : series.lo[i]!;
      if (flags & BREAK_AFTER || Number.isNaN(y)) return null;
      return [this.x[i]! + Math.max(low, high), y];
    }
    return series.lead;
  }
}
