// Notice: a notification as the kernel sends it. The twin of realtime_widgets/feeds/notifications.py.

import type { Seen } from "./attention";

export type NoticeType = "info" | "success" | "warning" | "error";

export interface Notice {
  key: string;
  /** Its rank by arrival; greater is later. */
  place: number;
  type: NoticeType;
  title: string;
  message: string;
  /** Seconds since 1970, by the kernel's clock. */
  ts: number;
  count: number;
  read: boolean;
  shown: boolean;
  /** Of its latest arrival. */
  turn: number;
  /** When that was, seconds by another clock of the kernel. */
  at: number;
  action_url?: string;
  /** Whether there is one that was too long to be sent. */
  too_long?: boolean;
  action_label?: string;
  /** Seconds on screen after which it leaves; none: it stays. */
  duration?: number;
  /** From 0 to 1, or null: nobody knows how far. */
  progress?: number | null;
}

/** What the kernel sends. */
export interface NoticesBody {
  items: Notice[];
  removed?: string[];
  total: number;
  unread: number;
  turn: number;
  /** The turn up to which the kernel has marked all as read. */
  read_to: number;
  /** Names of the clears that it has done or undone. */
  handled: string[];
  /** Names of those that it could undo. */
  undoable: string[];
  /** Of what it says, which grows. */
  version: number;
  wall: number;
  at: number;
}

/** A notification, as it is before the reader. */
export function seenOf({ key, turn }: Notice): Seen {
  return [key, turn];
}
