// Listing: the lines of a log on screen. It has those around what is being read in the page, and room for the others; it
// touches only those that come and go, names the days, and opens lines that say more.

import { dayOf, weekdayText } from "../text/places";
import { isCalendar } from "../text/times";
import type { Told } from "./details";
import { h, holdsFocus, setAttribute, setText } from "./dom";
import { foldBlock, folds } from "./fold";
import { Follow } from "./follow";
import { onKeys } from "./keys";
import { type Item, isEvent, isGap, type LogEvent } from "./log";
import { dayRow, row, writeRow } from "./rows";
import { type Slice, sliceOf } from "./slice";

/** A line, the one before it where a day begins, and what stands in it when it is open. */
interface Line {
  item: Item;
  row: HTMLElement;
  day: HTMLElement | null;
  block: HTMLElement | null;
  told: Told | null;
}

/** How a line is written. */
interface Look {
  locale: string;
  zone: string;
  /** What is marked. */
  looked: string;
}

/** What is known of an event beyond its line, and that a reader wants to know it. */
export interface Source {
  of(seq: number): Told;
  want(seq: number): void;
  drop(seq: number): void;
}

/** Height of a line until one was measured, CSS pixels. */
const ROW_PX = 20;

export class Listing {
  readonly root = h("div", "rw-log");
  readonly follow: Follow;
  /** All items, of which some are in the page. */
  shown: Item[] = [];
  /** Said above the first of them; empty for nothing. */
  edge = "";
  readonly #changed: () => void;
  readonly #source: Source;
  readonly #edge = h("div", "rw-missed");
  readonly #above = h("div", "rw-space");
  readonly #below = h("div", "rw-space");
  #slice: Slice = [0, 0];
  /** The lines of the slice. */
  #lines: Line[] = [];
  #look: Look = { locale: "", zone: "", looked: "" };
  #rowPx = 0;
  /** Where a reader has moved the scroll bar to, when nothing was there yet. */
  #aim: number | null = null;
  /** The button that the reader has gone to. */
  #chosen: HTMLElement | null = null;
  /** Numbers of events that are open. */
  readonly #open = new Set<number>();

  /** `changed` is called when the reader has scrolled, begins or ends to follow, and when there is more than fits. */
  constructor(changed: () => void, signal: AbortSignal, source: Source) {
    // A log is live by its role, but to read out every line of a busy one would be cruel.
    setAttribute(this.root, "role", "log");
    setAttribute(this.root, "aria-live", "off");
    this.#changed = changed;
    this.#source = source;
    this.follow = new Follow(this.root, () => this.#lines.map((line) => line.row), changed, signal);
    this.root.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    this.root.addEventListener("click", (event) => this.#clicked(event), { signal });
    onKeys(this.root, (event) => this.#key(event), signal);
  }

  /** The places in `shown` of what is in sight, as far as it is known. */
  get sight(): Slice {
    const first = this.#slice[0] + Math.max(0, this.#placeOf(this.follow.reading));
    return this.follow.on
      ? [Math.max(0, this.shown.length - this.#screen), this.shown.length]
      : [first, Math.min(this.shown.length, first + this.#screen)];
  }

  /** Whether a line is open that more is waited for. */
  get waits(): boolean {
    return this.#lines.some((line) => this.#toldOf(line) !== line.told);
  }

  /** Brings the lines up to the items: away at the top, new at the bottom. An item never changes. */
  show(items: Item[], locale: string, zone: string, looked = ""): void {
    setAttribute(this.root, "tabindex", items.length ? "0" : "-1");
    const look = { locale, zone, looked };
    const anew = Object.entries(look).some(([name, value]) => this.#look[name as keyof Look] !== value);
    const before = this.#lines;
    const aim = this.#aim;
    this.#aim = null;
    this.#measure(items.length);
    const slice = this.#sliceOf(items, aim);
    const now = items.slice(...slice);
    const same =
      !anew &&
      now.length === before.length &&
      items.length === this.shown.length &&
      slice[0] === this.#slice[0] &&
      now.every((item, i) => item === before[i]!.item) &&
      this.edge === this.#edge.textContent &&
      !this.waits;
    this.shown = items;
    if (same) return;
    this.#look = look;
    this.#slice = slice;
    const known = anew ? [] : before;
    if (aim !== null) {
      this.follow.replace(() => this.#write(now, known));
      return;
    }
    const staying = this.follow.on ? null : new Set(now);
    this.follow.change(
      (i) => staying!.has(before[i]!.item),
      () => this.#write(now, known),
      (i) => this.#lines.find(({ item }) => item === before[i]!.item)!.row,
    );
    if (this.#rowPx) return;
    this.#measure(items.length);
    if (!this.#rowPx) return;
    this.#place(); // how much room others need was a guess
    this.follow.settle();
  }

  #sliceOf(items: Item[], aim: number | null): Slice {
    if (aim !== null) return sliceOf(items.length, Math.min(aim, items.length - 1), this.#screen, [0, 0]);
    if (this.follow.on) return this.#tailOf(items);
    let place = this.#placeOf(this.follow.read());
    let at = -1;
    while (at < 0 && place >= 0 && place < this.#lines.length) at = items.indexOf(this.#lines[place++]!.item);
    if (at < 0) return sliceOf(items.length, null, this.#screen, this.#slice);
    const begin = at - place + 1;
    return sliceOf(items.length, at, this.#screen, [begin, begin + this.#lines.length]);
  }

  /** The newest lines, as many as may be in sight when all are as low as they can be. */
  #tailOf(items: Item[]): Slice {
    const known = this.#lines.at(-1)?.item.seq ?? Number.POSITIVE_INFINITY;
    let fresh = 0;
    while (fresh < items.length && items[items.length - 1 - fresh]!.seq > known) fresh++;
    const screen = Math.ceil(this.follow.height / Math.min(this.#rowPx || ROW_PX, ROW_PX));
    return sliceOf(items.length, null, screen, this.#slice, fresh);
  }

  /** How many lines are in sight. */
  get #screen(): number {
    return Math.ceil(this.follow.height / (this.#rowPx || ROW_PX));
  }

  #placeOf(row: HTMLElement | null): number {
    return row ? this.#lines.findIndex((line) => line.row === row) : -1;
  }

  /** Looks how high lines are, where that matters: a size read after a change lays out the page anew. */
  #measure(count: number): void {
    const [first, last] = [this.#lines[0]?.row, this.#lines.at(-1)?.row];
    if (!first || !last || count <= this.#lines.length || (this.follow.on && this.#rowPx)) return;
    const px = (last.offsetTop + last.offsetHeight - first.offsetTop) / this.#lines.length;
    if (px > 0) this.#rowPx = px;
  }

  #write(items: Item[], known: Line[]): void {
    const had = new Map(known.map((line) => [line.item, line]));
    const flood = this.follow.on && !items.some((item) => had.has(item));
    const next = items.map(
      (item, i) => had.get(item) ?? ((flood && this.#again(known[i], item)) || this.#line(item)),
    );
    const stays = new Set(next);
    for (const line of this.#lines) {
      if (stays.has(line)) continue;
      if (holdsFocus(line.row)) this.root.focus({ preventScroll: true });
      line.row.remove();
      line.day?.remove();
    }
    this.#lines = next;
    this.#nameDays();
    for (const line of next) this.#tell(line);
    this.#place();
    this.#stop();
    const has = (name: "level" | "source") => items.some((item) => isEvent(item) && item[name]);
    this.root.toggleAttribute("data-rw-levels", has("level"));
    this.root.toggleAttribute("data-rw-sources", has("source"));
    this.root.toggleAttribute(
      "data-rw-folds",
      items.some((item) => isEvent(item) && folds(item)),
    );
  }

  #line(item: Item): Line {
    const { locale, zone, looked } = this.#look;
    const open = isEvent(item) && this.#open.has(item.seq);
    return { item, row: row(item, locale, zone, looked, open), day: null, block: null, told: null };
  }

  /** Has a line of which nothing is wanted any more say something else; null where it is of another kind. */
  #again(line: Line | undefined, item: Item): Line | null {
    if (!line || line.block || !isEvent(line.item) || !isEvent(item) || this.#open.has(item.seq)) return null;
    const { locale, zone, looked } = this.#look;
    if (holdsFocus(line.row)) this.root.focus({ preventScroll: true });
    writeRow(line.row, item, locale, zone, looked);
    line.item = item;
    return line;
  }

  /** Puts all in their order; those that have their place are not touched. */
  #place(): void {
    const [from, to] = this.#slice;
    const px = this.#rowPx || ROW_PX;
    const space = (el: HTMLElement, lines: number) => {
      if (lines) setAttribute(el, "style", `height: ${Math.round(lines * px)}px`);
      return lines ? [el] : [];
    };
    setText(this.#edge, this.edge);
    const wanted = [
      ...(this.edge && from === 0 ? [this.#edge] : []),
      ...space(this.#above, from),
      ...this.#lines.flatMap(({ day, row }) => (day ? [day, row] : [row])),
      ...space(this.#below, this.shown.length - to),
    ];
    const other = new Set<Node>([this.#edge, this.#above, this.#below]);
    for (const el of wanted) other.delete(el);
    for (const el of other) (el as HTMLElement).remove();
    let place = this.root.firstChild;
    for (const el of wanted) {
      if (el === place) place = place.nextSibling;
      else this.root.insertBefore(el, place);
    }
  }

  // Days

  /** Names each day before its first line; that of the first line is only left out where it is today. */
  #nameDays(): void {
    const today = dayOf(Date.now() / 1000, this.#look.zone);
    let day: number | null = null;
    let first: LogEvent | null = null;
    for (const line of this.#lines) {
      const of = this.#dayOf(line.item);
      const begins = of !== null && day !== null && of !== day;
      if (of !== null && day === null && (of !== today || this.#names(line.item as LogEvent)))
        first = line.item as LogEvent;
      day = of ?? day;
      this.#name(line, begins ? (line.item as LogEvent) : null);
    }
    const [top] = this.#lines;
    if (top && first) this.#name(top, first);
  }

  /** Whether the first line has the day of an event before it already: a line does not go while nothing else does. */
  #names(item: LogEvent): boolean {
    return this.#lines[0]!.day?.textContent === weekdayText(item.ts, this.#look.locale, this.#look.zone);
  }

  #name(line: Line, item: LogEvent | null): void {
    const text = item ? weekdayText(item.ts, this.#look.locale, this.#look.zone) : "";
    if ((line.day?.textContent ?? "") === text) return;
    line.day?.remove();
    line.day = text ? dayRow(text) : null;
  }

  /** The day of an item; null where it has none. */
  #dayOf(item: Item): number | null {
    return isGap(item) || !isCalendar(item.ts) ? null : dayOf(item.ts, this.#look.zone);
  }

  // Lines that say more

  /** Opens an event, or closes it. */
  toggle(seq: number): void {
    const line = this.#lines.find(({ item }) => isEvent(item) && item.seq === seq);
    if (!line) return;
    const open = !this.#open.delete(seq);
    if (open) this.#open.add(seq);
    if ((line.item as LogEvent).more) this.#source[open ? "want" : "drop"](seq);
    this.follow.hold(() => {
      line.row.toggleAttribute("data-rw-open", open);
      setAttribute(line.row.querySelector(".rw-fold")!, "aria-expanded", String(open));
      this.#tell(line);
    });
    this.#changed();
  }

  /** What is known beyond a line; null for one that is closed, or has it all. */
  #toldOf({ item }: Line): Told | null {
    return isEvent(item) && item.more && this.#open.has(item.seq) ? this.#source.of(item.seq) : null;
  }

  /** Writes below an open line what it says. */
  #tell(line: Line): void {
    const { item } = line;
    const open = isEvent(item) && this.#open.has(item.seq);
    const told = this.#toldOf(line);
    if (open === (line.block !== null) && told === line.told) return;
    line.block?.remove();
    line.told = told;
    line.block = open ? foldBlock(item, told, this.#look.looked, this.#look.locale) : null;
    if (line.block) line.row.append(line.block);
  }

  get #buttons(): HTMLElement[] {
    return [...this.root.querySelectorAll<HTMLElement>(".rw-fold")];
  }

  /** One of the buttons is a stop of the Tab key, the newest until the reader has gone to another: a log would have hundreds. */
  #stop(chosen = this.#chosen): void {
    this.#chosen = chosen;
    const buttons = this.#buttons;
    const focused = (this.root.getRootNode() as Document | ShadowRoot).activeElement;
    const stop = buttons.find((each) => each === chosen || each === focused) ?? buttons.at(-1);
    for (const button of buttons) button.tabIndex = button === stop ? 0 : -1;
  }

  #clicked(event: Event): void {
    const button = (event.target as Element).closest<HTMLElement>(".rw-fold");
    if (!button) return;
    this.#stop(button);
    this.toggle(Number(button.dataset.rwSeq));
  }

  #key(event: KeyboardEvent): void {
    const buttons = this.#buttons;
    const at = buttons.indexOf(event.composedPath()[0] as HTMLElement);
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    const next = buttons[at + step];
    if (!next) return;
    this.#stop(next);
    next.focus();
  }

  /** A reader who scrolls is shown the next lines, also where the scroll bar was moved to. */
  #scrolled(): void {
    if (this.follow.on) return;
    const [first, last] = [this.#lines[0]?.row, this.#lines.at(-1)?.row];
    const { scrollTop, clientHeight } = this.root;
    const [from, to] = this.#slice;
    if (first && last && clientHeight) {
      const above = from > 0 && scrollTop + clientHeight <= first.offsetTop;
      const below = to < this.shown.length && scrollTop >= last.offsetTop + last.offsetHeight;
      const px = this.#rowPx || ROW_PX;
      if (above) this.#aim = Math.floor(scrollTop / px);
      if (below) this.#aim = to + Math.floor((scrollTop - last.offsetTop - last.offsetHeight) / px);
    }
    this.#changed();
  }
}
