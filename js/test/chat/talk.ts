// What a kernel says of rooms, made up.

import type { Answer, ChatBody, Item, RoomRow } from "../../src/lib/chat/item";

/** A moment of the clock of the records: 2026-11-19 10:00 UTC. */
export const WALL = 1_795_082_400;

/** A message of somebody else, a minute after the one before it. */
export function message(place: number, more: Partial<Item> = {}): Item {
  return {
    key: `m${place}`,
    room: "general",
    place,
    kind: "message",
    type: "text",
    user: "aya",
    name: "Aya",
    own: false,
    text: `text ${place}`,
    ts: WALL + 60 * place,
    state: "sent",
    ...more,
  };
}

/** What the reader has said. */
export const own = (place: number, more: Partial<Item> = {}): Item =>
  message(place, { own: true, user: "me", name: "Me", ...more });

export function messages(from: number, to: number, more: Partial<Item> = {}): Item[] {
  return Array.from({ length: to - from }, (_, i) => message(from + i, more));
}

export function row(id: string, more: Partial<RoomRow> = {}): RoomRow {
  return {
    id,
    name: id,
    joined: true,
    unread: 0,
    members: 2,
    from: null,
    more: false,
    read: null,
    last: null,
    ...more,
  };
}

export const answer = (before: number | null, items: Item[], more: boolean): Answer => ({
  room: "general",
  before,
  items,
  more,
});

/** A keyframe of the room `general`. */
export function keyframe(items: Item[], general: Partial<RoomRow> = {}, others: RoomRow[] = []): ChatBody {
  const from = items.filter(({ room }) => room === "general")[0]?.place ?? null;
  return {
    me: { id: "me", name: "Me" },
    room: "general",
    rooms: [row("general", { from, ...general }), ...others],
    items,
    removed: [],
    typing: {},
    wall: WALL,
    trouble: "",
  };
}
