// Item: what a room consists of, as the kernel sends it. The twin of realtime_widgets/feeds/chat.py.

import type { Piece } from "./downloads";

export type ItemKind = "message" | "system" | "joined" | "left" | "error" | "gap";

/** How far a message has come; `waiting`: it is in this page's outbox, and the kernel has not spoken of it. */
export type ItemState = "waiting" | "queued" | "sending" | "sent" | "failed" | "growing" | "stopped";

/** An emoji, how many have chosen it, whether the reader is one of them, and their names. */
export type Reaction = [emoji: string, count: number, mine: boolean, names: string];

export interface SharedFile {
  name: string;
  type: string;
  /** Bytes; what is no number is not known. */
  size?: number | null;
  /** Where the kernel has it from; no page goes there. Empty: it is on its way. */
  url?: string;
  width?: number;
  height?: number;
  alt?: string;
}

export interface Item {
  key: string;
  room: string;
  /** Its rank within its room; greater is later. */
  place: number;
  kind: ItemKind;
  type: "text" | "image" | "file";
  user: string;
  name: string;
  own: boolean;
  text: string;
  /** Seconds since 1970, by the clock of the records. */
  ts: number;
  state: ItemState;
  /** Why it has failed. */
  error?: string;
  /** When it was changed, as `ts`. */
  edited?: number;
  deleted?: boolean;
  bot?: boolean;
  reactions?: Reaction[];
  file?: SharedFile;
  /** More about an error, such as a traceback. */
  details?: string;
}

export interface RoomRow {
  id: string;
  name: string;
  joined: boolean;
  unread: number;
  members: number;
  /** Place of the oldest message that the kernel sends in keyframes; null: it sends none. */
  from: number | null;
  /** Whether there is older history to ask for. */
  more: boolean;
  /** Place up to which the reader has read. */
  read: number | null;
  /** Up to where others have. */
  reads?: [name: string, place: number][];
  last: { name: string; own: boolean; type: string; text: string; ts: number } | null;
}

/** Older messages that a page has asked for, the oldest first. */
export interface Answer {
  room: string;
  before: number | null;
  items: Item[];
  more: boolean;
}

/** What the kernel sends; what is not there has not changed. */
export interface ChatBody {
  me?: { id: string; name: string };
  room?: string;
  rooms?: RoomRow[];
  items?: Item[];
  /** Key → how long the text of a message that is being written was before, and what was added to it. */
  grown?: Record<string, [at: number, added: string]>;
  removed?: string[];
  typing?: Record<string, string[]>;
  answers?: Answer[];
  /** Seconds, by the clock of the records. */
  wall?: number;
  trouble?: string;
  over?: boolean;
  /** A piece of a file that was asked for; its bytes are in the column `file`. */
  file?: Piece;
}

/** Whether an item counts as news to the reader: a message of somebody else. */
export function isNews({ kind, own, deleted }: Item): boolean {
  return kind === "message" && !own && !deleted;
}
