// Listing: the lines of a log on screen. It touches only those that come and go, and names the days.

import { dayOf, weekdayText } from "../text/places";
import { isCalendar } from "../text/times";
import { h, setAttribute } from "./dom";
import { Follow } from "./follow";
import { type Item, isEvent, isGap, type LogEvent } from "./log";
import { dayRow, row } from "./rows";

/** A line, and the one before it where a day begins. */
interface Line {
  row: HTMLElement;
  day: HTMLElement | null;
}

export class Listing {
  readonly root = h("div", "rw-log");
  readonly follow: Follow;
  /** The items that are on screen. */
  shown: Item[] = [];
  /** Their lines. */
  #lines: Line[] = [];
  #locale = "";
  #zone = "";

  /** `changed` is called when the reader begins or ends to follow the newest, and when there is more than fits. */
  constructor(changed: () => void, signal: AbortSignal) {
    // A log is live by its role, but to read out every line of a busy one would be cruel.
    setAttribute(this.root, "role", "log");
    setAttribute(this.root, "aria-live", "off");
    this.follow = new Follow(this.root, () => this.#lines.map((line) => line.row), changed, signal);
  }

  /** Brings the lines up to the items: away at the top, new at the bottom. An item never changes. */
  show(items: Item[], locale: string, zone: string): void {
    setAttribute(this.root, "tabindex", items.length ? "0" : "-1");
    const before = this.shown;
    const known = this.#locale === locale && this.#zone === zone ? before : [];
    this.#locale = locale;
    this.#zone = zone;
    const gone = items[0] ? known.indexOf(items[0]) : -1;
    const goesOn = gone >= 0 && known.every((item, i) => i < gone || item === items[i - gone]);
    const kept = goesOn ? known.length - gone : 0;
    if (kept === items.length && kept === before.length) return;
    const staying = this.follow.on ? null : new Set(items);
    this.shown = [...items];
    this.follow.change(
      (i) => staying!.has(before[i]!),
      () => this.#write(kept),
      (i) => this.#lines[items.indexOf(before[i]!)]!.row,
    );
  }

  #write(kept: number): void {
    const items = this.shown;
    for (const { row, day } of this.#lines.splice(0, this.#lines.length - kept)) {
      row.remove();
      day?.remove();
    }
    this.root.append(...this.#linesOf(items.slice(kept), this.#lastDay(items.slice(0, kept))));
    this.#nameFirstDay();
    const has = (name: "level" | "source") => items.some((item) => isEvent(item) && item[name]);
    this.root.toggleAttribute("data-rw-levels", has("level"));
    this.root.toggleAttribute("data-rw-sources", has("source"));
  }

  /** Makes lines for items that come after a day. */
  #linesOf(items: Item[], day: number | null): HTMLElement[] {
    return items.flatMap((item) => {
      const before = day;
      day = this.#dayOf(item) ?? day;
      const begins = before !== null && day !== before;
      const line: Line = {
        row: row(item, this.#locale, this.#zone),
        day: begins ? this.#dayRow(item) : null,
      };
      this.#lines.push(line);
      return line.day ? [line.day, line.row] : [line.row];
    });
  }

  /** The day of the first line is only left out where it is today. */
  #nameFirstDay(): void {
    const at = this.shown.findIndex((item) => this.#dayOf(item) !== null);
    const [first] = this.#lines;
    if (at < 0 || this.#lines.slice(0, at + 1).some(({ day }) => day)) return;
    const item = this.shown[at]!;
    if (this.#dayOf(item) === dayOf(Date.now() / 1000, this.#zone)) return;
    first!.day = this.#dayRow(item);
    first!.row.before(first!.day);
  }

  #dayRow(item: Item): HTMLElement {
    return dayRow(weekdayText((item as LogEvent).ts, this.#locale, this.#zone));
  }

  /** The day of an item; null where it has none. */
  #dayOf(item: Item): number | null {
    return isGap(item) || !isCalendar(item.ts) ? null : dayOf(item.ts, this.#zone);
  }

  #lastDay(items: Item[]): number | null {
    for (let i = items.length - 1; i >= 0; i--) {
      const day = this.#dayOf(items[i]!);
      if (day !== null) return day;
    }
    return null;
  }
}
