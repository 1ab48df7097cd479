// A layout for lists of messages: rows of known heights under each other in a list that scrolls, as a browser has them.

import { vi } from "vitest";

/** CSS pixels. */
const VIEW = 400;

interface Places {
  rows: HTMLElement[];
  /** Whether the first of them is. */
  hidden: HTMLElement["hidden"] | undefined;
  tops: Map<Element, number>;
  total: number;
}

/** Gives lists of messages a layout until the mocks are restored; `heightOf` says how high a row is. */
export function layOut(heightOf: (row: Element) => number): void {
  const tops = new WeakMap<Element, number>();
  const isList = (el: Element) => el.classList.contains("rw-chat-list");
  const rowsOf = (list: Element) => [...(list.firstElementChild?.children ?? [])] as HTMLElement[];
  const height = (row: HTMLElement) => (row.hidden ? 0 : heightOf(row));
  let known: Places | null = null;
  const placesOf = (list: Element): Places => {
    const rows = rowsOf(list);
    const same = known?.rows.length === rows.length && rows.every((row, i) => row === known!.rows[i]);
    if (known && same && known.hidden === rows[0]?.hidden) return known;
    known = { rows, hidden: rows[0]?.hidden, tops: new Map(), total: 0 };
    for (const row of rows) {
      known.tops.set(row, known.total);
      known.total += height(row);
    }
    return known;
  };
  const heightOfAll = (list: Element) => placesOf(list).total;
  const scrollTop = (list: Element) => {
    const most = Math.max(0, heightOfAll(list) - VIEW);
    return Math.min(tops.get(list) ?? 0, most);
  };
  const proto = HTMLElement.prototype;
  vi.spyOn(proto, "clientHeight", "get").mockImplementation(function (this: Element) {
    return isList(this) ? VIEW : 0;
  });
  vi.spyOn(proto, "scrollHeight", "get").mockImplementation(function (this: Element) {
    return isList(this) ? Math.max(VIEW, heightOfAll(this)) : 0;
  });
  vi.spyOn(proto, "scrollTop", "get").mockImplementation(function (this: Element) {
    return scrollTop(this);
  });
  vi.spyOn(proto, "scrollTop", "set").mockImplementation(function (this: Element, top: number) {
    tops.set(this, Math.max(0, top));
    tops.set(this, scrollTop(this));
  });
  vi.spyOn(proto, "getBoundingClientRect").mockImplementation(function (this: HTMLElement) {
    const list = this.closest(".rw-chat-list");
    if (!list || isList(this)) return rect(0, VIEW);
    const top = placesOf(list).tops.get(this);
    return top === undefined ? rect(0, 0) : rect(top - scrollTop(list), height(this));
  });
}

function rect(top: number, height: number): DOMRect {
  return { top, height, bottom: top + height, left: 0, right: 300, width: 300, x: 0, y: top } as DOMRect;
}

/** The reader scrolls a list to a place. */
export function scrollTo(list: HTMLElement, top: number): void {
  list.scrollTop = top;
  list.dispatchEvent(new Event("scroll"));
}

/** Where a row is, in pixels below the upper edge of its list. */
export const topOf = (row: Element): number => row.getBoundingClientRect().top;
