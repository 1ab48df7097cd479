// Follow: a scrolled list that stays at its newest row until the reader scrolls up, and then at what is being read.

import { onKeys } from "./keys";

/** Pixels from the end within which a list counts as being there: fractions, and a slip of the hand. */
const NEAR_END_PX = 8;

/** So far a pressed mouse moves before it selects text, and does not click. */
const DRAG_PX = 4;

/** How long a list may drift by itself: while it is laid out anew, or a scrolling goes on that was begun before. */
const DRIFT_MS = 1_000;

export class Follow {
  /** Whether the list goes to its end with every change. */
  on = true;
  /** Whether there is more than fits. */
  scrolls = false;
  /** Height of what is in sight when we last looked, CSS pixels: to look again after a change lays out the page anew. */
  height = 0;
  /** Whether the end of the list is the newest; where it is not, to be there is not to follow. */
  ends = true;
  readonly #list: HTMLElement;
  readonly #rows: () => HTMLElement[];
  readonly #changed: () => void;
  /** Where the list stood when we last knew. */
  #top = 0;
  #width = 0;
  /** Until when, by `performance.now`, what goes up is not the reader. */
  #driftsUntil = 0;
  /** Where a button of the mouse was pressed that has not been let go. */
  #pressed: MouseEvent | null = null;
  /** The row at the upper edge, and how far below the edge it begins; for when the rows change their heights. */
  #reading: { row: HTMLElement; above: number } | null = null;

  /**
   * `rows` are those of the list that scroll with it; `changed` is called when the reader begins or ends to follow, and
   * when more or less fits, or there is more or no more than that.
   */
  constructor(list: HTMLElement, rows: () => HTMLElement[], changed: () => void, signal: AbortSignal) {
    this.#list = list;
    this.#rows = rows;
    this.#changed = changed;
    list.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    // Browsers scroll smoothly, and a busy list would be back at its end before the first pixels have counted.
    const up = { signal, passive: true };
    list.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && this.#goUp(), up);
    onKeys(list, (event) => this.#key(event), signal);
    list.addEventListener("pointerdown", () => (this.#driftsUntil = 0), up); // on its scroll bar, say
    list.addEventListener("mousedown", (event) => (this.#pressed = event), up); // a finger scrolls, and selects nothing
    window.addEventListener("mousemove", (event) => this.#drag(event), up);
    window.addEventListener("resize", () => this.#drift(), up);
    const observer = new ResizeObserver(() => this.#resized());
    observer.observe(list);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** Follows from now on, or stays here. */
  set(on: boolean): void {
    this.on = on;
    if (on) {
      this.#drift();
      this.settle();
    } else this.#read();
    this.#changed();
  }

  #goUp(): void {
    if (this.on && this.scrolls) this.set(false);
  }

  /** Who selects text wants it to stay, wherever the pointer has left the list. */
  #drag({ buttons, clientX, clientY }: MouseEvent): void {
    if (buttons !== 1) this.#pressed = null;
    const from = this.#pressed;
    if (from && Math.hypot(clientX - from.clientX, clientY - from.clientY) >= DRAG_PX) this.#goUp();
  }

  #key(event: KeyboardEvent): void {
    if (event.target !== this.#list) return;
    if (["ArrowUp", "PageUp", "Home"].includes(event.key)) this.#goUp();
    if (event.key !== "End" || this.on) return;
    event.preventDefault(); // the browser would find the list at its end, and go to the end of the notebook
    this.set(true);
  }

  /**
   * Changes the rows: at the end it stays there, and elsewhere what is in sight and stays keeps its place. `write` changes
   * them; `now` is asked where the row is then that had a place before.
   */
  change(stays: (i: number) => boolean, write: () => void, now: (i: number) => HTMLElement): void {
    const list = this.#list;
    const rows = this.#rows();
    this.read();
    let at = this.on || !this.#reading ? rows.length : rows.indexOf(this.#reading.row);
    while (at < rows.length && !stays(at)) at++;
    const above = at < rows.length ? rows[at]!.offsetTop - list.scrollTop : 0;
    write();
    this.#reading = at < rows.length ? { row: now(at), above } : null;
    this.#keepPlace();
    this.settle();
  }

  /** The row at the upper edge when we last looked; null while nothing is read. */
  get reading(): HTMLElement | null {
    return this.#reading?.row ?? null;
  }

  /** Looks which row is at the upper edge. */
  read(): HTMLElement | null {
    if (!this.on && this.#wrapsAnew) this.#resized();
    if (!this.on && !this.#hidden) this.#read();
    return this.reading;
  }

  /** Changes the rows where the reader has gone to another place at once: none has a place to keep. */
  replace(write: () => void): void {
    write();
    this.#top = this.#list.scrollTop;
    if (!this.#hidden) this.#read();
    this.settle();
  }

  /** Makes a row higher, or lower, that the reader has chosen: it stays, and from then on the list does, if it scrolls. */
  hold(write: () => void): void {
    const list = this.#list;
    const { scrollTop } = list;
    write();
    const scrolls = list.scrollHeight > list.clientHeight;
    if (this.#hidden || (this.on && !scrolls)) return;
    const was = this.on;
    this.on = false;
    this.scrolls = scrolls;
    list.scrollTop = scrollTop;
    this.#top = list.scrollTop;
    this.#read();
    if (was) this.#changed();
  }

  /** Goes to the end where it follows, and notes where the list stands. */
  settle(): void {
    if (this.#hidden) return;
    const list = this.#list;
    if (this.on) list.scrollTop = list.scrollHeight;
    this.#top = list.scrollTop;
    if (this.#wrapsAnew) this.#drift();
    this.#width = list.clientWidth;
    this.height = list.clientHeight;
    this.#noteRoom();
  }

  /**
   * A list that grows, or is made smaller, is not at its end any more, and events of scrolling come late: only who has
   * gone up from where we put the list wants to stay there. While a window is resized, the rows may be laid out lower for
   * a moment between two frames: the browser goes up then, too, and afterwards their heights do not tell why.
   */
  #scrolled(): void {
    if (this.#hidden) return;
    const { scrollTop } = this.#list;
    if (scrollTop === this.#top) return; // a late event of where we put it
    const was = this.on;
    const up = scrollTop < this.#top;
    if (was && up && (this.#wrapsAnew || performance.now() < this.#driftsUntil)) {
      this.settle();
      return;
    }
    if (this.ends && this.#left <= (up ? 1 : NEAR_END_PX)) this.on = true;
    else if (up) this.on = false;
    this.#top = scrollTop;
    if (!this.on) this.#read();
    if (this.on !== was) this.#changed();
  }

  /** In a collapsed cell, say, or behind another tab: nothing has a place or a height then, and nobody reads. */
  get #hidden(): boolean {
    return this.#list.clientHeight === 0;
  }

  /** Whether its lines wrap anew, and the observer has not seen it yet. */
  get #wrapsAnew(): boolean {
    return this.#list.clientWidth !== this.#width;
  }

  /** Pixels below what is in sight. */
  get #left(): number {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    return scrollHeight - scrollTop - clientHeight;
  }

  #read(): void {
    const list = this.#list;
    const rows = this.#rows();
    const row = rows[firstInSight(rows, list.scrollTop)];
    this.#reading = row ? { row, above: row.offsetTop - list.scrollTop } : null;
  }

  /** The list has another size: its lines wrap anew. */
  #resized(): void {
    if (this.#hidden) {
      this.#width = 0; // it begins at its top when it is shown again
      return;
    }
    const { height } = this;
    this.#keepPlace();
    this.settle();
    if (this.height !== height) this.#changed();
  }

  #drift(): void {
    this.#driftsUntil = performance.now() + DRIFT_MS;
  }

  #keepPlace(): void {
    const reading = this.#reading;
    if (!this.on && reading?.row.isConnected) this.#list.scrollTop = reading.row.offsetTop - reading.above;
  }

  #noteRoom(): void {
    const { scrollHeight, clientHeight } = this.#list;
    const scrolls = scrollHeight > clientHeight;
    if (scrolls === this.scrolls) return;
    if (!scrolls) this.on = true; // nothing can be above it
    this.scrolls = scrolls;
    this.#changed();
  }
}

/** The first of rows, in the order of their places, that ends below an edge. */
function firstInSight(rows: HTMLElement[], edge: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { offsetTop, offsetHeight } = rows[middle]!;
    if (offsetTop + offsetHeight > edge) high = middle;
    else low = middle + 1;
  }
  return low;
}
