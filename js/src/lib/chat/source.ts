// Source: what a view of a chat shows, and what is done in it.

import type { Clock } from "../hop/clock";
import type { Drafts } from "./drafts";
import type { Files } from "./files";
import type { Item, RoomRow } from "./item";
import type { Allowed } from "./remote_images";
import type { Chosen } from "./uploads";
import type { Wish } from "./wishes";

export interface Source {
  readonly host: {
    readonly clock: Clock;
    readonly visible: boolean;
    invalidate(): void;
  };
  readonly locale: string;
  readonly zone: string;
  readonly now: number;
  readonly name: string;
  readonly paused: boolean;
  readonly state: string;
  readonly statusText: string;
  readonly error: string;
  readonly trouble: string;
  readonly chosen: string;
  readonly rooms: RoomRow[];
  readonly drafts: Drafts;
  readonly files: Files;
  /** Most bytes of a file that is sent. */
  readonly mostBytes: number;
  /** Images at other hosts that are loaded. */
  readonly remoteImages: Allowed;
  /** Why nothing can be written, ever; empty: for what is said as the trouble. null: it can. */
  readonly closed: string | null;
  get<T>(name: string): T;
  togglePause(): void;
  mark(root: HTMLElement): void;
  /** The messages of the chosen room as the reader has them, another list when one of them has changed. */
  readonly messages: readonly Item[];
  readonly more: boolean;
  readonly readTo: number;
  unread(room: string): number;
  typing(room: string): string[];
  readers(item: Item): string;
  waitText(item: Item): string;
  choose(room: string): void;
  /** Says something in the chosen room, with files or without; false: there is no place for it. */
  send(text: string, files: readonly Chosen[]): boolean;
  type(on: boolean): void;
  wish(wish: Wish): void;
  /** Older messages are wanted, when `near` is as far back as some are missing. */
  wantOlder(near: number): void;
  /** The newest message can be seen, or what can be seen is another. */
  look(): void;
}
