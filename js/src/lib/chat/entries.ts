// Entries: a room as a reader sees it: messages grouped by who says them, days named, and arrivals gathered into one line.

import { dayOf } from "../text/places";
import { isCalendar } from "../text/times";
import type { Item } from "./item";

/** Seconds within which what somebody says next needs no name; and arrivals are one burst. */
const TOGETHER_S = 300;

/** One row of a room; its key stays while it is the same to the reader. */
export type Entry =
  | { kind: "day"; key: string; ts: number }
  | { kind: "unread"; key: string }
  | { kind: "message"; key: string; item: Item; first: boolean }
  | { kind: "line"; key: string; item: Item }
  | { kind: "crowd"; key: string; items: Item[] };

const days = new WeakMap<Item, { zone: string; day: number }>();

/** Returns the entries of items in their order; above the first news after the place `line` it says that they are unread. */
export function entriesOf(items: readonly Item[], zone: string, line: number | null): Entry[] {
  const entries: Entry[] = [];
  const named = new Map<number, number>();
  let day: number | null = null;
  let last: Item | null = null;
  let open = line !== null;
  for (const item of items) {
    const today = dayOfItem(item, zone);
    if (today !== null && today !== day) {
      const times = named.get(today) ?? 0; // clocks differ, and a day may come twice
      named.set(today, times + 1);
      entries.push({ kind: "day", key: `day ${today} ${times}`, ts: item.ts });
      day = today;
      last = null;
    }
    if (open && item.place > line! && !item.own && item.kind === "message" && item.state !== "waiting") {
      entries.push({ kind: "unread", key: "unread" });
      open = false;
      last = null;
    }
    const near = last !== null && Math.abs(item.ts - last.ts) <= TOGETHER_S;
    if (item.kind === "message") {
      const goes = near && last!.kind === "message" && last!.user === item.user && last!.own === item.own;
      entries.push({ kind: "message", key: item.key, item, first: !goes || last!.name !== item.name });
    } else if (isArrival(item)) {
      const before = entries.at(-1);
      if (near && before?.kind === "crowd") before.items.push(item);
      else entries.push({ kind: "crowd", key: item.key, items: [item] });
    } else entries.push({ kind: "line", key: item.key, item });
    last = item;
  }
  return entries;
}

function isArrival({ kind }: Item): boolean {
  return kind === "joined" || kind === "left";
}

/** The day of an item in a zone, found once; null for moments on no calendar. */
function dayOfItem(item: Item, zone: string): number | null {
  if (!isCalendar(item.ts)) return null;
  const known = days.get(item);
  if (known?.zone === zone) return known.day;
  const day = dayOf(item.ts, zone);
  days.set(item, { zone, day });
  return day;
}

/** The items that an entry is made of. */
export function itemsOf(entry: Entry): Item[] {
  return entry.kind === "crowd" ? entry.items : "item" in entry ? [entry.item] : [];
}
