// Passage: a stretch of a log that a reader has before them, apart from the rows at its end that come and go. It begins
// as those rows, grows with them, and fetches what the kernel still keeps: older events, those that were left out, and
// those that came since. With a filter it holds only what passes, and is what a search has found.

import { type Gap, type Item, isGap, item, type LogRow, type LogRows } from "./log";

/** What is asked of the kernel: events with after < seq < before. */
export interface PageAsked {
  ask: string;
  after: number;
  before: number;
  most: number;
  newest: boolean;
  text: string;
  levels: string[];
}

/** What it answers: all events wanted with after < seq <= last; `end`: it keeps none that is older. */
export interface PageRow {
  ask: string;
  after: number;
  last: number;
  rows: LogRow[];
  end: boolean;
}

type Covered = Pick<PageRow, "after" | "last" | "end">;

/** The rows at the end of a log. */
export type Rows = Readonly<Pick<LogRows, "items" | "upTo" | "cleared">>;

/** What is wanted of events; see `Filter`. */
interface Wanted {
  readonly active: boolean;
  readonly looked: string;
  readonly levels: ReadonlySet<string>;
  of(items: Item[]): Item[];
}

/** Most items held: what is furthest from the reader goes first. */
export const MAX_HELD = 6_000;
/** Events in one question. */
const PAGE = 200;
/** So near to an end of the passage, or to a gap, the next events are asked for. */
const AHEAD = 60;
/** A search goes on by itself until it has found so many. */
const FOUND_ENOUGH = 300;
/** Questions and answers may get lost. */
const ASK_AGAIN_MS = 10_000;
/** After that, a search is not said to go on. */
const LATE_MS = 3_000;

let asked = 0;
/** Answers go to all pages: this one knows its own. */
const PAGE_NAME = Math.random().toString(36).slice(2, 10);

export class Passage {
  /** In the order of their numbers; another array after each change. */
  items: Item[] = [];
  /** Whether the kernel keeps nothing older. */
  start = false;
  /** Whether it reaches to the newest rows. */
  ends = true;
  /** What had been cleared when it began: with another clear, or other levels, it is of the past. */
  readonly cleared: number;
  /** The number before the first event that it covers. */
  #from: number;
  /** The number up to which it covers all. */
  #to: number;
  readonly #wanted: Wanted;
  /** Gaps that nobody can fill, by their numbers. */
  readonly #closed = new Set<number>();
  #asked: (PageAsked & { at: number; gap: Gap | null }) | null = null;
  /** The items of the rows when it was brought up to date last. */
  #had: readonly Item[] = [];

  constructor(rows: Rows, wanted: Wanted) {
    this.#wanted = wanted;
    this.cleared = rows.cleared;
    const first = rows.items[0];
    this.#from = first ? before(first) : rows.upTo;
    this.#to = this.#from;
    this.follow(rows);
  }

  /** Whether an answer is waited for, and has been for less than a few seconds. */
  busy(now: number): boolean {
    return this.#asked !== null && now - this.#asked.at < LATE_MS;
  }

  /** Whether an answer is waited for. */
  get waits(): boolean {
    return this.#asked !== null;
  }

  /** Takes what has come to the rows at the end of the log, as far as it goes on from here. */
  follow(rows: Rows): void {
    const { items } = rows;
    const first = items[0];
    if (items.length === this.#had.length && items.every((each, i) => each === this.#had[i])) return;
    this.#had = [...items];
    const reach = first ? before(first) : rows.upTo;
    this.ends = this.#wanted.active || reach <= this.#to;
    if (!this.ends) return;
    const kept = this.items.filter(({ seq }) => seq <= reach);
    const mine = this.items.slice(kept.length);
    // What a gap at their beginning stands for is before it: that is here already, or was asked for.
    const tail = first && isGap(first) && kept.length ? items.slice(1) : items;
    this.items = [...kept, ...this.#wanted.of(merged(mine, tail))];
    this.#to = Math.max(this.#to, rows.upTo);
  }

  /** Lets go of what there is no room for, furthest from the item at a place, which is read. */
  trim(place: number): void {
    const surplus = this.items.length - MAX_HELD;
    if (surplus <= 0) return;
    if (place > this.items.length / 2) {
      this.#from = this.items[surplus - 1]!.seq;
      this.items = this.items.slice(surplus);
      this.start = false;
    } else {
      this.items = this.items.slice(0, MAX_HELD);
      this.#to = this.items.at(-1)!.seq;
      this.ends = false;
    }
  }

  /** What to ask the kernel for next, when the items between two places are in sight; null: nothing, or not yet. */
  need([first, last]: readonly [number, number], now: number): PageAsked | null {
    if (this.#asked && now - this.#asked.at < ASK_AGAIN_MS) return null;
    const wanted = this.#next(first, last);
    if (!wanted) return null;
    const { looked: text, levels } = this.#wanted;
    const { gap = null, ...range } = wanted;
    const question = { ask: `${PAGE_NAME}-${++asked}`, most: PAGE, text, levels: [...levels], ...range };
    this.#asked = { ...question, at: now, gap };
    return question;
  }

  #next(first: number, last: number): { after: number; before: number; newest: boolean; gap?: Gap } | null {
    const { items } = this;
    const near = items.slice(Math.max(0, first - AHEAD), last + AHEAD);
    const gap = near.reverse().find((each): each is Gap => isGap(each) && !this.#closed.has(each.seq));
    if (gap) {
      const at = items.indexOf(gap);
      const after = at > 0 ? Math.floor(items[at - 1]!.seq) : 0;
      return { after, before: gap.seq + 1, newest: at < last, gap };
    }
    const more = first < AHEAD || (this.#wanted.active && items.length < FOUND_ENOUGH);
    if (!this.start && more) return { after: 0, before: this.#from + 1, newest: true };
    if (!this.ends && last + AHEAD >= items.length)
      return { after: this.#to, before: Number.MAX_SAFE_INTEGER, newest: false };
    return null;
  }

  /** Takes an answer; returns whether it was to its question. */
  take({ ask, after, last, rows, end }: PageRow): boolean {
    const question = this.#asked;
    if (question?.ask !== ask) return false;
    this.#asked = null;
    const brought = rows.map(item);
    if (question.gap) this.#fill(question.gap, question, brought, { after, last, end });
    else if (question.newest) {
      this.start = end;
      this.#from = Math.min(this.#from, after);
      this.items = [...brought, ...this.items];
    } else {
      const lost = after - question.after;
      if (lost > 0) {
        this.#closed.add(after);
        this.items = [...this.items, { seq: after, count: lost }];
      }
      this.items = [...this.items, ...brought];
      this.#to = Math.max(this.#to, last);
      this.#had = []; // what is at the end may go on from here now
    }
    return true;
  }

  /** Puts events in the place of a gap that they are of; what they leave of it is still left out, or kept no more. */
  #fill(
    gap: Gap,
    { newest, after: from }: PageAsked,
    brought: Item[],
    { after, last, end: oldest }: Covered,
  ): void {
    const at = this.items.indexOf(gap);
    if (at < 0) return;
    const count = gap.count - brought.filter((each) => isGap(each) || each.level !== null).length;
    const whole = newest ? after <= from || oldest : last >= gap.seq;
    const above = newest || whole;
    // The kernel may keep less than is here already.
    const end = above ? (brought[0] ? Math.ceil(brought[0].seq) - 1 : newest ? after : gap.seq) : gap.seq;
    const seq = Math.min(end, gap.seq);
    const rest: Gap[] = count > 0 ? [{ seq, count }] : [];
    if (whole) this.#closed.add(seq);
    if (at === 0) this.#from = Math.min(this.#from, after);
    if (at === 0 && oldest) this.start = true;
    const put = above ? [...rest, ...brought] : [...brought, ...rest];
    this.items = [...this.items.slice(0, at), ...put, ...this.items.slice(at + 1)];
  }
}

/** The number before the first event that an item stands for, as far as it is known. */
function before(item: Item): number {
  return isGap(item) ? item.seq : Math.ceil(item.seq) - 1;
}

/** The rows at the end of a log, but where they have a gap of which some is here already, what is here. */
function merged(mine: readonly Item[], rows: readonly Item[]): Item[] {
  const found: Item[] = [];
  let at = 0;
  for (const each of rows) {
    const begin = at;
    while (at < mine.length && mine[at]!.seq <= each.seq) at++;
    const here = mine.slice(begin, at);
    const better = isGap(each) && here.some((one) => !isGap(one) || one.seq !== each.seq);
    if (better) found.push(...here);
    else found.push(each);
  }
  return found;
}
