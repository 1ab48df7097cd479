// Order: the items of a room by their places, found by halving: most come at the end, and some in between.

import type { Item } from "./item";

/** Whether one stands before another; of one place the keys decide, so that all pages have one order. */
function isBefore(a: Item, b: Item): boolean {
  return a.place < b.place || (a.place === b.place && a.key < b.key);
}

/** How many of the items stand before a place. */
export function countBefore(items: readonly Item[], place: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle]!.place < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where an item stands, or would. */
function indexOf(items: readonly Item[], item: Item): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(items[middle]!, item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts an item in its place; `had` is what stood there for it before. Nothing else is touched. */
export function put(items: Item[], item: Item, had: Item | undefined): void {
  const at = had ? indexOf(items, had) : -1;
  const stands = items[at]?.key === item.key;
  if (stands && had!.place === item.place) {
    items[at] = item;
    return;
  }
  if (stands) items.splice(at, 1);
  items.splice(indexOf(items, item), 0, item);
}

export function remove(items: Item[], item: Item): void {
  const at = indexOf(items, item);
  if (items[at]?.key === item.key) items.splice(at, 1);
}

export function inOrder(items: Item[]): Item[] {
  return items.sort((a, b) => (isBefore(a, b) ? -1 : 1));
}

/**
 * From here on are the places of what has none in its room yet, since it is on its way, has failed or grows: nobody has
 * read up to there. The twin of `PENDING` in realtime_widgets/chat/timeline.py.
 */
export const PENDING = 1e12;

/** The newest item that has its place in the room for good; null: there is none. */
export function newestOf(items: readonly Item[]): Item | null {
  for (let i = items.length - 1; i >= 0; i--) if (items[i]!.place < PENDING) return items[i]!;
  return null;
}
