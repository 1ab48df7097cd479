// Log: the rows of an event log as the page holds them. The twin of realtime_widgets/feeds/log.py.

/** What the kernel sends: an event, with a 1 behind it that says more when asked; how many are left out up to a number; how many never came after a number, and why. */
export type LogRow =
  | [seq: number, ts: number, level: string, source: string, message: string]
  | [seq: number, ts: number, level: string, source: string, message: string, more: 1]
  | [seq: number, ts: number, level: null, reason: string, count: number | null]
  | [seq: number, count: number];

export interface LogEvent {
  seq: number;
  ts: number;
  /** null: it never came; then the source is why, and the message how many. */
  level: string | null;
  source: string;
  message: string | number | null;
  /** Whether the kernel has more to say of it than this. */
  more?: boolean;
}

/** So many events, up to this number, are not shown. */
export interface Gap {
  seq: number;
  count: number;
}

export type Item = LogEvent | Gap;

export class LogRows {
  /** In the order of their numbers. An item never changes: a view can tell by identity what it has drawn. */
  items: Item[] = [];
  /** How many have ever come, for counting what is new. */
  arrived = 0;
  /** How many there were that are in the page no more. */
  #gone = 0;
  /** The number up to which those are counted: a keyframe may bring rows that there is no room for once more. */
  #goneUpTo = 0;
  /** Gaps that nobody can fill, by their numbers. */
  readonly #closed = new Set<number>();
  /** The number up to which we know all. */
  #upTo = 0;
  /** The number up to which nothing stays that a keyframe does not bring. */
  #cleared = 0;

  constructor(readonly maxRows: () => number) {}

  /** Takes rows that go on from what is here. */
  append(rows: LogRow[], last: number): void {
    this.#add(rows.map(item));
    this.#upTo = last;
  }

  /**
   * Takes rows that stand alone. What they do not reach back to stays, when nothing is missing in between and the
   * stream was not cleared since: a keyframe holds less than a page may show.
   */
  replace(rows: LogRow[], last: number, cleared: number): void {
    if (cleared !== this.#cleared) {
      this.#closed.clear();
      this.#gone = 0;
    }
    this.#cleared = cleared;
    const first = rows[0];
    const gap = first?.length === 2;
    const reach = first ? (gap ? first[0] : first[0] - 1) : last;
    const known = this.#upTo >= reach && reach > cleared;
    const kept = this.items.filter(({ seq }) => known && seq > cleared && seq <= reach);
    const had = new Map(this.items.map((each) => [each.seq, each]));
    const newest = this.items.at(-1)?.seq ?? 0;
    const brought = (gap && known ? rows.slice(1) : rows).map(
      (row) => same(had.get(row[0]), row) ?? item(row),
    );
    // A gap of ours that the keyframe begins in the middle of: what it does not bring of that is still left out.
    const next = this.items.find(({ seq }) => seq > reach);
    if (known && next && isGap(next) && next.seq > cleared) {
      const left = next.count - events(brought.filter(({ seq }) => seq <= next.seq));
      if (left > 0) kept.push({ seq: reach, count: left });
    }
    this.items = kept;
    this.#add(brought, newest);
    this.#upTo = last;
  }

  /** The number up to which all is known that is wanted. */
  get upTo(): number {
    return this.#upTo;
  }

  /** The number up to which the stream was cleared, or other levels were wanted. */
  get cleared(): number {
    return this.#cleared;
  }

  /** How many events there are or were that are not in the page. */
  get elsewhere(): number {
    return this.#gone + this.items.reduce((sum, each) => sum + (isGap(each) ? each.count : 0), 0);
  }

  /** The newest gap that the kernel may still fill, and for how many events of it there is room: older rows give way. */
  get open(): (Gap & { most: number }) | null {
    for (let i = this.items.length - 1; i >= 0; i--) {
      const each = this.items[i]!;
      const most = this.maxRows() - (this.items.length - 1 - i);
      if (isGap(each) && most > 0 && !this.#closed.has(each.seq)) return { ...each, most };
    }
    return null;
  }

  /**
   * Takes rows that were left out, in place of the gap up to `seq`. What then is still left out is reckoned here: the
   * answer may be to another page, whose gap began elsewhere. A gap alone says that nobody has them any more.
   */
  fill(seq: number, rows: LogRow[]): void {
    const at = this.items.findIndex((each) => isGap(each) && each.seq === seq);
    const first = rows[0];
    if (at < 0 || !first) return;
    if (rows.length === 1 && first.length === 2) {
      this.#closed.add(seq);
      return;
    }
    const before = this.items[at - 1]?.seq ?? 0;
    const brought = rows
      .slice(first.length === 2 ? 1 : 0)
      .filter((row) => row[0] > before)
      .map(item);
    const left = (this.items[at] as Gap).count - events(brought);
    if (brought[0] && left > 0) brought.unshift({ seq: brought[0].seq - 1, count: left });
    this.items.splice(at, 1, ...brought);
    this.trim();
  }

  #add(items: Item[], newerThan = 0): void {
    for (const each of items) {
      this.items.push(each);
      if (each.seq > newerThan) this.arrived += isGap(each) ? each.count : 1;
    }
    this.trim();
  }

  /** Lets go of what there is no room for. */
  trim(): void {
    const surplus = this.items.length - this.maxRows();
    if (surplus <= 0) return;
    const gone = this.items.splice(0, surplus);
    this.#gone += events(gone.filter(({ seq }) => seq > this.#goneUpTo));
    this.#goneUpTo = Math.max(this.#goneUpTo, gone.at(-1)!.seq);
  }
}

export function isGap(item: Item): item is Gap {
  return "count" in item;
}

/** Whether an item is an event, and not something that is missing. */
export function isEvent(item: Item): item is LogEvent & { level: string } {
  return !isGap(item) && item.level !== null;
}

/** How many events items stand for. */
function events(items: Item[]): number {
  return items.reduce((sum, each) => sum + (isGap(each) ? each.count : 1), 0);
}

export function item(row: LogRow): Item {
  if (row.length === 2) return { seq: row[0], count: row[1] };
  const [seq, ts, level, source, message] = row;
  return { seq, ts, level, source, message, ...(row.length === 6 && { more: true }) };
}

/** The item we have of a row. */
function same(had: Item | undefined, row: LogRow): Item | undefined {
  if (!had) return undefined;
  return isGap(had)
    ? row.length === 2 && row[1] === had.count
      ? had
      : undefined
    : row.length > 2
      ? had
      : undefined;
}
