// Conversation: what the page knows of all rooms: their messages in order, what was read, who types, and how far back
// each of them goes. Pure: it takes what the kernel sends, and is told the time.

import { type Answer, type ChatBody, type Item, isNews, type RoomRow } from "./item";
import { countBefore, inOrder, newestOf, put, remove } from "./order";

/** Most items of a room that a page keeps; the older are asked for again when somebody scrolls there. */
const MOST_KEPT = 20_000;

/** The items of one room, as far as they are here. */
interface Held {
  /** In order; replaced by another list whenever one of them changes. */
  items: Item[];
  /** Place from which on nothing is missing, and all is as the kernel has it; -∞: there is nothing older. */
  floor: number;
}

export class Conversation {
  me = { id: "", name: "" };
  /** The chosen room as the kernel has it; empty: none. */
  room = "";
  rooms: RoomRow[] = [];
  trouble = "";
  /** Whether nothing will ever come or go again. */
  over = false;
  /** Seconds by the clock of the records, when the kernel spoke last. */
  wall = 0;
  #typing: Record<string, string[]> = {};
  readonly #held = new Map<string, Held>();
  readonly #items = new Map<string, Item>();
  /** Room → place up to which the reader of this page has read; the kernel may not know yet. */
  readonly #readTo = new Map<string, number>();

  /** Takes what the kernel sends; `replace` for a keyframe. Returns the messages of others that are new and complete. */
  take(body: ChatBody, replace: boolean): Item[] {
    const { me, room, rooms, typing, wall, trouble, over } = body;
    if (me) this.me = me;
    if (room !== undefined) this.room = room;
    if (typing) this.#typing = typing;
    if (wall !== undefined) this.wall = wall;
    if (trouble !== undefined) this.trouble = trouble;
    if (over !== undefined) this.over = over;
    const fresh = (replace ? this.#keyframe(body) : this.#increment(body)).filter(isNews);
    if (rooms) this.rooms = rooms;
    for (const answer of body.answers ?? []) this.#answer(answer);
    return fresh;
  }

  // What there is

  /** The items of a room in order; another list each time one of them has changed. */
  items(room: string): readonly Item[] {
    return this.#held.get(room)?.items ?? [];
  }

  item(key: string): Item | undefined {
    return this.#items.get(key);
  }

  has(key: string): boolean {
    return this.#items.has(key);
  }

  row(room: string): RoomRow | undefined {
    return this.rooms.find(({ id }) => id === room);
  }

  /** Who types in a room, by their names; never the reader. */
  typing(room: string): string[] {
    return this.#typing[room] ?? [];
  }

  /** Who else has read as far as a place, by their names. */
  readers(room: string, place: number): string[] {
    return (this.row(room)?.reads ?? []).filter(([, to]) => to >= place).map(([name]) => name);
  }

  // What was read

  /** Place up to which a room was read; -∞: nothing was. */
  readTo(room: string): number {
    const told = this.row(room)?.read ?? Number.NEGATIVE_INFINITY;
    return Math.max(told, this.#readTo.get(room) ?? Number.NEGATIVE_INFINITY);
  }

  /** Notes that a room was read up to a place; whether that is news. */
  read(room: string, place: number): boolean {
    if (place <= this.readTo(room)) return false;
    this.#readTo.set(room, place);
    return true;
  }

  /** How many messages of a room are unread: what the kernel says, less what was read here and it does not know of. */
  unread(room: string): number {
    const row = this.row(room);
    if (!row) return 0;
    const readTo = this.readTo(room);
    return readTo > (row.read ?? Number.NEGATIVE_INFINITY)
      ? Math.min(row.unread, this.newsAfter(room, readTo))
      : row.unread;
  }

  /** How many messages of others a room has here after a place. */
  newsAfter(room: string, place: number): number {
    const items = this.items(room);
    let count = 0;
    for (let i = items.length - 1; i >= 0 && items[i]!.place > place; i--) if (isNews(items[i]!)) count++;
    return count;
  }

  // How far back it goes

  /** Whether a room has older history than is here. */
  more(room: string): boolean {
    const held = this.#held.get(room);
    return held !== undefined && held.floor !== Number.NEGATIVE_INFINITY;
  }

  /** Place before which messages have to be asked for when a reader is near one; null in it: of the newest on; undefined: none. */
  needs(room: string, near: number): number | null | undefined {
    const held = this.#held.get(room);
    if (!held || !this.more(room) || near > held.floor) return undefined;
    return held.floor === Number.POSITIVE_INFINITY ? null : held.floor;
  }

  // What the kernel sends

  #increment({ rooms, items: whole = [], grown = {}, removed = [] }: ChatBody): Item[] {
    for (const row of rooms ?? []) this.#meet(row);
    const items = [...whole, ...Object.entries(grown).flatMap(([key, more]) => this.#grown(key, ...more))];
    const fresh = items.filter((item) => {
      const had = this.#items.get(item.key);
      return item.state !== "growing" && (!had || had.state === "growing");
    });
    const touched = new Map<string, Item[]>();
    const listOf = (room: string) => {
      const list = touched.get(room) ?? [...this.items(room)];
      touched.set(room, list);
      return list;
    };
    for (const item of items) {
      put(listOf(item.room), item, this.#items.get(item.key));
      this.#items.set(item.key, item);
    }
    for (const key of removed) {
      const item = this.#items.get(key);
      if (item) remove(listOf(item.room), item);
      this.#items.delete(key);
    }
    for (const [room, list] of touched) this.#keep(room, list);
    return fresh;
  }

  /** A message that is being written, with what was added to it. What does not fit is left: it comes whole in the end. */
  #grown(key: string, at: number, added: string): Item[] {
    const item = this.#items.get(key);
    return item?.state === "growing" && item.text.length === at ? [{ ...item, text: item.text + added }] : [];
  }

  /** A room that has come, or of which the kernel has learned that there is more. */
  #meet(row: RoomRow): void {
    const held = this.#held.get(row.id);
    const before = this.row(row.id);
    if (!held) this.#held.set(row.id, { items: [], floor: floorOf(row) });
    else if (row.more && before && !before.more)
      held.floor = held.items[0]?.place ?? Number.POSITIVE_INFINITY;
  }

  /** Takes what stands alone. What it does not reach back to stays where nothing is missing in between. */
  #keyframe({ rooms = this.rooms, items = [] }: ChatBody): Item[] {
    const brought = byRoom(items);
    const fresh: Item[] = [];
    const known = new Set(rooms.map(({ id }) => id));
    for (const room of this.#held.keys()) if (!known.has(room)) this.#drop(room);
    for (const row of rooms) {
      const own = inOrder(brought.get(row.id) ?? []);
      const had = this.items(row.id);
      const from = row.from ?? Number.POSITIVE_INFINITY;
      const newest = newestOf(had)?.place;
      const joins = newest !== undefined && newest >= from;
      const kept = joins ? had.slice(0, countBefore(had, from)) : [];
      if (newest !== undefined)
        fresh.push(
          ...own.filter(({ key, place, state }) => place > newest && state !== "growing" && !this.has(key)),
        );
      for (const { key } of had) this.#items.delete(key);
      for (const item of [...kept, ...own]) this.#items.set(item.key, item);
      this.#held.set(row.id, { items: [], floor: floorOf(row) });
      this.#keep(row.id, [...kept, ...own]);
    }
    return fresh;
  }

  /** Takes older messages: all there are between the oldest of them and where they were asked for. */
  #answer({ room, before, items, more }: Answer): void {
    const held = this.#held.get(room);
    const end = before ?? Number.POSITIVE_INFINITY;
    if (!held || held.floor > end) return; // to another page, which has more
    const oldest = more ? Math.min(end, ...items.map(({ place }) => place)) : Number.NEGATIVE_INFINITY;
    const told = new Set(items.map(({ key }) => key));
    const list = held.items.filter(({ key, place }) => {
      const stays = place < oldest || place >= end || told.has(key);
      if (!stays) this.#items.delete(key);
      return stays;
    });
    for (const item of items) {
      put(list, item, this.#items.get(item.key));
      this.#items.set(item.key, item);
    }
    held.items = list;
    held.floor = Math.min(held.floor, oldest);
  }

  #keep(room: string, items: Item[]): void {
    const held = this.#held.get(room) ?? { items, floor: Number.NEGATIVE_INFINITY };
    this.#held.set(room, held);
    held.items = items;
    if (items.length <= MOST_KEPT) return;
    for (const { key } of items.splice(0, items.length - MOST_KEPT)) this.#items.delete(key);
    held.floor = Math.max(held.floor, items[0]!.place);
  }

  #drop(room: string): void {
    for (const { key } of this.items(room)) this.#items.delete(key);
    this.#held.delete(room);
    this.#readTo.delete(room);
  }
}

function byRoom(items: Item[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(item.room);
    if (group) group.push(item);
    else groups.set(item.room, [item]);
  }
  return groups;
}

function floorOf({ from, more }: RoomRow): number {
  return more ? (from ?? Number.POSITIVE_INFINITY) : Number.NEGATIVE_INFINITY;
}
