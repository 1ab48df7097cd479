// Data: what a chart has to draw: the buckets of its feeds, brought to one axis, and which lines there are.

import { type Axis, type BucketPart, Buckets } from "./buckets";
import { type Line, lines } from "./lines";

/** A window that is not full yet is at least this part of its length: so coarse its buckets may be drawn. */
const LEAST_PART = 0.1;

/** One drawn line: which series of which feed, what it is called, and its number, which decides its colour. */
export interface Trace {
  id: string;
  feed: string;
  series: number;
  field: string;
  number: number;
  label: string;
}

/** What the data cannot know of themselves. */
export interface Surroundings {
  /** Whether the numbers of records are counted from the newest of each feed. */
  relative(): boolean;
  /** Seconds since the link of a feed was lost; 0 while there is one. */
  outage(feed: string): number;
}

export class ChartData {
  readonly feeds = new Map<string, Buckets>();
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  take(feed: string, part: BucketPart, meaning: string): void {
    let buckets = this.feeds.get(feed);
    if (!buckets) {
      buckets = new Buckets();
      this.feeds.set(feed, buckets);
    }
    if (meaning === "replace") buckets.replace(part);
    else if (meaning === "append") buckets.append(part);
  }

  get empty(): boolean {
    for (const { k } of this.feeds.values()) if (k.length) return false;
    return true;
  }

  /** What the axis below is. */
  get axis(): Axis {
    for (const { axis } of this.feeds.values()) return axis;
    return "time";
  }

  /** What coordinates along a field are counted from: the greatest that a feed has. */
  get origin(): bigint {
    let found: bigint | null = null;
    for (const { k, origin } of this.feeds.values())
      if (k.length && (found === null || origin > found)) found = origin;
    return found ?? 0n;
  }

  /**
   * What is added to the coordinates of a feed: streams that number their records each for itself end together, and
   * those that count from another value along a field are put to this one.
   */
  shift({ axis, newest, origin }: Buckets): number {
    if (axis === "field") return Number(origin - this.origin);
    return axis === "records" && this.#around.relative() ? -(newest ?? 0) : 0;
  }

  /** All lines there are, feed by feed. */
  get traces(): Trace[] {
    const feeds = [...this.feeds].sort(([one], [other]) => Number(one) - Number(other));
    return feeds.flatMap(([feed, { names, called }]) =>
      names.map((field, series) => {
        const [number, label] = called[series] ?? [series, field];
        return { id: `${feed} ${field}`, feed, series, field, number, label };
      }),
    );
  }

  /** The lines of a trace, one for each run, the newest last. */
  lines({ feed, series }: Trace): Line[] {
    const buckets = this.feeds.get(feed);
    const own = buckets?.series[series];
    return buckets && own ? lines(buckets, own, this.shift(buckets)) : [];
  }

  /** The newest value of a trace; null for none. */
  last({ feed, series }: Trace): number | null {
    return this.feeds.get(feed)?.last[series] ?? null;
  }

  /** The mean of a trace over what is in view; null for none. */
  mean({ feed, series }: Trace): number | null {
    return this.feeds.get(feed)?.mean[series] ?? null;
  }

  /** Time of the newest record, seconds; null before the first. */
  get newestTs(): number | null {
    return greatest([...this.feeds.values()].map(({ newestTs }) => newestTs));
  }

  /** Coordinate of the newest record; null before the first. */
  get newest(): number | null {
    const feeds = [...this.feeds.values()];
    return greatest(feeds.map((each) => (each.newest !== null ? each.newest + this.shift(each) : null)));
  }

  /** Coordinates at the edges of what is shown. */
  get span(): [number, number] {
    const [first] = this.feeds.values();
    const window = first?.window ?? null;
    return window === null ? this.#extent() : this.#sliding(window);
  }

  /** A window of a fixed length: it begins at the first record and grows with the line until it is full; then it slides. */
  #sliding(window: number): [number, number] {
    const feeds = [...this.feeds];
    const newest = this.newest ?? 0;
    // A line ends where its link was lost, and time goes on; half of the window at most is left empty.
    const ends = feeds.map(([feed, { newest: end, axis }]) =>
      end === null || axis !== "time" ? newest : end + Math.min(this.#around.outage(feed), window / 2),
    );
    const end = Math.max(newest, ...ends);
    const begun = feeds.map(([, each]) => each.first + this.shift(each)).filter(Number.isFinite);
    const start = Math.max(end - window, Math.min(end, ...begun));
    return [start, Math.max(end, start + window * LEAST_PART)];
  }

  /** All there is. */
  #extent(): [number, number] {
    const edges = [...this.feeds.values()].flatMap((each) => {
      if (!each.x.length) return [];
      const shift = this.shift(each);
      const first = each.start ?? each.x.reduce((least, x) => Math.min(least, x));
      const last = each.axis === "field" ? each.x.reduce((most, x) => Math.max(most, x)) : each.newest!;
      return [first + shift, last + shift];
    });
    const [start, end] = [Math.min(...edges), Math.max(this.newest ?? 0, ...edges)];
    return start < end ? [start, end] : [end - 1, end];
  }
}

function greatest(values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length ? Math.max(...known) : null;
}
