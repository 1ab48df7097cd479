// Hold: a list of messages that stays at its newest while the reader is there, and else at what is being read.

/** Within so many pixels of the end a reader is at the newest. */
const NEAR_END_PX = 100;
/** Browsers scroll smoothly: so long after the reader has begun to go up, nothing goes down. */
const GOING_UP_MS = 400;

/** A row, and how far below the upper edge of the list it begins, pixels. */
type Seen = [row: HTMLElement, top: number];

export class Hold {
  /** Whether the list goes to its end with every change. */
  on = true;
  /** Whether its last row is the newest there is: only then to be at the end is to follow. */
  ends = true;
  readonly #list: HTMLElement;
  readonly #rows: () => HTMLElement[];
  readonly #changed: () => void;
  #top = 0;
  #upUntil = Number.NEGATIVE_INFINITY;
  /** What was in sight when we last knew. */
  #seen: Seen[] = [];

  /**
   * `content` is what grows in the list; `rows` are those that scroll, in their order; `changed` is called when the reader
   * has scrolled.
   */
  constructor(
    list: HTMLElement,
    content: HTMLElement,
    rows: () => HTMLElement[],
    changed: () => void,
    signal: AbortSignal,
  ) {
    this.#list = list;
    this.#rows = rows;
    this.#changed = changed;
    const own = { signal, passive: true };
    list.addEventListener("scroll", () => this.#scrolled(), own);
    list.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && this.#goUp(), own);
    list.addEventListener("touchmove", () => this.#goUp(), own);
    const observer = new ResizeObserver(() => this.#resized());
    observer.observe(list);
    observer.observe(content);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** Goes to the newest, and stays there. */
  follow(): void {
    this.on = true;
    this.#upUntil = Number.NEGATIVE_INFINITY;
    this.#seen = [];
  }

  /** Changes the rows: at the end it stays there; elsewhere the first row in sight that stays keeps its place. */
  change(write: () => void): void {
    const seen = this.on || this.hidden ? [] : this.#look();
    write();
    this.#keep(seen);
    this.settle();
  }

  /** Goes to the end where it follows, and notes where the list stands. */
  settle(): void {
    if (this.hidden) return;
    const list = this.#list;
    if (this.on && this.ends && performance.now() >= this.#upUntil) list.scrollTop = list.scrollHeight;
    this.#top = list.scrollTop;
    this.#seen = this.on ? [] : this.#look();
  }

  /** The first and the last row in sight, by their numbers among the rows, as a range; null: nothing is known of it. */
  get sight(): [from: number, to: number] | null {
    const rows = this.#rows();
    if (this.hidden || !rows.length) return null;
    const { top, bottom } = this.#list.getBoundingClientRect();
    const from = firstBelow(rows, top);
    let to = from;
    while (to < rows.length && rows[to]!.getBoundingClientRect().top < bottom) to++;
    return [Math.min(from, rows.length - 1), Math.max(to, Math.min(from + 1, rows.length))];
  }

  /** In a collapsed cell, say: nothing has a place or a height then, and nobody reads. */
  get hidden(): boolean {
    return this.#list.clientHeight === 0;
  }

  /** Whether there is more than fits. */
  get scrolls(): boolean {
    return this.#list.scrollHeight > this.#list.clientHeight + 1;
  }

  #goUp(): void {
    if (this.scrolls) this.#upUntil = performance.now() + GOING_UP_MS;
  }

  #scrolled(): void {
    if (this.hidden) return;
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    if (scrollTop === this.#top) return; // a late event of where we put it
    const near = this.ends && scrollHeight - scrollTop - clientHeight <= NEAR_END_PX;
    if (near || scrollTop < this.#top) this.on = near;
    this.#top = scrollTop;
    this.#seen = this.on ? [] : this.#look();
    this.#changed();
  }

  /** It has another size, or its rows have: an image is there now, lines wrap anew. */
  #resized(): void {
    this.#keep(this.#seen);
    this.settle();
  }

  #keep(seen: Seen[]): void {
    if (this.on || this.hidden) return;
    const found = seen.find(([row]) => this.#list.contains(row));
    if (!found) return;
    const [row, top] = found;
    const off = this.#topOf(row) - top;
    if (off) this.#list.scrollTop += off;
  }

  /** The rows in sight, and where they are. */
  #look(): Seen[] {
    const sight = this.sight;
    if (!sight) return [];
    return this.#rows()
      .slice(...sight)
      .map((row) => [row, this.#topOf(row)]);
  }

  #topOf(row: HTMLElement): number {
    return row.getBoundingClientRect().top - this.#list.getBoundingClientRect().top;
  }
}

/** The first of rows, in the order of their places, that ends below an edge. */
function firstBelow(rows: HTMLElement[], edge: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.getBoundingClientRect().bottom > edge) high = middle;
    else low = middle + 1;
  }
  return low;
}
