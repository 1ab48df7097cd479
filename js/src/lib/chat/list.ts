// List: the messages of a room on screen: some hundred around what is being read, by key, so that one that changes keeps its
// place, its focus and what is selected in it.

import { h, holdsFocus, setAttribute, setHidden, setText } from "../view/dom";
import { Bubble, type Doings, type Setting } from "./bubble";
import { type Entry, itemsOf } from "./entries";
import { Hold } from "./hold";
import type { Item } from "./item";
import { Line } from "./lines";
import { MOST, type Span, spanOf } from "./span";

/** With fewer entries than that above what is in sight, older messages are wanted. */
const NEAR_START = 30;

interface Row {
  entry: Entry;
  root: HTMLElement;
  part: Bubble | Line;
  life: AbortController;
}

export class List {
  readonly root = h("div", "rw-chat-list");
  readonly hold: Hold;
  readonly #content = h("div", "rw-chat-content");
  readonly #edge = h("div", "rw-chat-edge");
  readonly #doings: Doings;
  readonly #changed: () => void;
  readonly #rows = new Map<string, Row>();
  /** Those of the page, in order. */
  #order: Row[] = [];
  #entries: Entry[] = [];
  #span: Span = [0, 0];
  /** Keys of errors that the reader has opened. */
  readonly #open = new Set<string>();

  /** `changed` is called when what is in sight makes others wanted, or the reader begins or ends to follow. */
  constructor(doings: Doings, changed: () => void, signal: AbortSignal) {
    this.#doings = doings;
    this.#changed = changed;
    setAttribute(this.root, "role", "log");
    setAttribute(this.root, "aria-live", "off"); // what is new is said by the announcer, once
    this.root.tabIndex = 0;
    this.#content.append(this.#edge);
    this.root.append(this.#content);
    const rows = () => this.#order.map(({ root }) => root);
    this.hold = new Hold(this.root, this.#content, rows, () => this.#scrolled(), signal);
    signal.addEventListener("abort", () => {
      for (const { life } of this.#rows.values()) life.abort();
    });
  }

  /** Has another room: it begins at its newest. */
  open(): void {
    for (const row of this.#rows.values()) this.#drop(row);
    this.#order = [];
    this.#entries = [];
    this.#span = [0, 0];
    this.hold.follow();
  }

  /** Goes to the newest with the next drawing. */
  toEnd(): void {
    this.hold.follow();
    this.#changed();
  }

  /** Brings the rows up to the entries; `edge` is said above the first of them, empty for nothing. */
  draw(entries: Entry[], edge: string, setting: Setting): void {
    const span = this.#spanOf(entries);
    this.#entries = entries;
    this.#span = span;
    this.hold.ends = span[1] === entries.length;
    this.hold.change(() => {
      this.#write(entries.slice(...span), setting);
      setText(this.#edge, edge);
      setHidden(this.#edge, !edge || span[0] > 0, this.root);
    });
  }

  /** Place of the item some entries above what is in sight: older ones are wanted when it is not there. */
  get near(): number {
    const sight = this.hold.on ? null : this.hold.sight;
    const first = this.#span[0] + (sight ? sight[0] : Math.max(0, this.#order.length - NEAR_START));
    const at = first - NEAR_START;
    if (at < 0) return Number.NEGATIVE_INFINITY;
    for (let i = at; i < this.#entries.length; i++) {
      const [item] = itemsOf(this.#entries[i]!);
      if (item) return item.place;
    }
    return Number.NEGATIVE_INFINITY;
  }

  /** The row of a key, if it is in the page. */
  rowOf(key: string): HTMLElement | null {
    return this.#rows.get(key)?.root ?? null;
  }

  /** The message that an element of the page is in. */
  messageAt(el: Element): { root: HTMLElement; item: Item } | null {
    const root = el.closest<HTMLElement>(".rw-msg");
    const row = root && this.#order.find((each) => each.root === root);
    return row?.entry.kind === "message" ? { root: row.root, item: row.entry.item } : null;
  }

  /** The message so many further down, or up, that is in the page; without one, the last in sight. */
  messageFrom(root: HTMLElement | null, by: number): HTMLElement | null {
    const messages = this.#order.filter(({ entry }) => entry.kind === "message").map((row) => row.root);
    if (!root) {
      const sight = this.hold.sight;
      const seen = sight && this.#order.slice(...sight).filter(({ entry }) => entry.kind === "message");
      return seen?.at(-1)?.root ?? messages.at(-1) ?? null;
    }
    return messages[messages.indexOf(root) + by] ?? null;
  }

  /** How many entries are in the page. */
  get size(): number {
    return this.#order.length;
  }

  #spanOf(entries: Entry[]): Span {
    const had = this.#order;
    const [first] = had;
    if (!first) return spanOf(entries.length, null, [0, 0]);
    const at = new Map(entries.map(({ key }, i) => [key, i]));
    const placeOf = (from: number, to: number, step: 1 | -1) => {
      for (let i = from; i !== to; i += step) {
        const place = at.get(had[i]!.entry.key);
        if (place !== undefined) return place;
      }
      return null;
    };
    const from = placeOf(0, had.length, 1);
    const to = placeOf(had.length - 1, -1, -1);
    if (from === null || to === null) return spanOf(entries.length, null, [0, 0]);
    const same: Span = [
      from,
      this.#span[1] === this.#entries.length && this.hold.on ? entries.length : to + 1,
    ];
    if (this.hold.on) return spanOf(entries.length, null, same);
    // What has come at the end of a list whose end is in the page is in it, too, while there is room.
    const ends = this.#span[1] === this.#entries.length;
    const grown: Span = [from, ends ? Math.min(entries.length, from + MOST) : to + 1];
    const sight = this.hold.sight;
    if (!sight) return spanOf(entries.length, grown, grown);
    const top = placeOf(sight[0], had.length, 1) ?? from;
    const bottom = placeOf(Math.min(sight[1], had.length) - 1, -1, -1) ?? to;
    return spanOf(entries.length, [top, Math.max(top, bottom) + 1], grown);
  }

  #write(entries: Entry[], setting: Setting): void {
    const wanted = new Set(entries.map(({ key }) => key));
    for (const row of this.#order) if (!wanted.has(row.entry.key)) this.#drop(row);
    let before: Element = this.#edge;
    this.#order = entries.map((entry) => {
      const row = this.#rowFor(entry);
      row.entry = entry;
      if (row.part instanceof Bubble) {
        if (entry.kind === "message") row.part.draw(entry.item, entry.first, setting);
      } else if (entry.kind !== "message") row.part.draw(entry, setting, this.#open);
      if (before.nextElementSibling !== row.root) before.after(row.root);
      before = row.root;
      return row;
    });
  }

  #rowFor(entry: Entry): Row {
    const known = this.#rows.get(entry.key);
    if (known && known.part instanceof Bubble === (entry.kind === "message")) return known;
    if (known) this.#drop(known);
    const life = new AbortController();
    const part = entry.kind === "message" ? new Bubble(this.#doings, life.signal) : new Line();
    const row = { entry, root: part.root, part, life };
    this.#rows.set(entry.key, row);
    return row;
  }

  #drop({ entry, root, life }: Row): void {
    if (holdsFocus(root)) this.root.focus({ preventScroll: true });
    life.abort();
    root.remove();
    this.#rows.delete(entry.key);
  }

  /** Others are made when what is in the page ends soon. */
  #scrolled(): void {
    this.#changed();
  }
}
