// Standing: what an indicator may claim about a connection at this moment. Pure: it is told the time that has passed.

import { ALL_WELL, dataState } from "./freshness";

/** The states of a link; see realtime_widgets/client/sansio/state.py. */
export type LinkState = "connecting" | "connected" | "reconnecting" | "disconnected" | "error";

/** What the kernel said of a link; lengths of time in seconds, as they were then. */
export interface Link {
  state: LinkState;
  attempts: number;
  since_age: number;
  /** Until the next attempt; none: one is under way, or none is planned. */
  retry_in?: number;
  reason?: string;
  reason_age?: number;
  /** Nothing of what arrives can be read. */
  unreadable?: boolean;
  label: string;
}

export interface Standing {
  state: LinkState | "loading" | "kernel_gone" | "unreadable";
  /** Whether nobody need be alarmed: a first try, or a link that may be back in a moment. */
  calm: boolean;
  attempt: number;
  /** Whole seconds until the next attempt; 0: it is under way. */
  countdown: number;
  /** What went wrong; empty when there is nothing to say. */
  reason: string;
}

/** Seconds for which an error that left the link alone is shown. */
export const REASON_SHOWN = 30;

/** Where a link stands, `elapsed` seconds after the kernel said so. */
export function standing(link: Link | null, elapsed: number, grace: number, kernelGone: boolean): Standing {
  const nothing = { calm: true, attempt: 0, countdown: 0, reason: "" };
  const known = dataState({ ...ALL_WELL, kernelGone, reached: link !== null });
  if (known === "kernel_gone") return { ...nothing, state: known, calm: false };
  if (known === "loading" || !link) return { ...nothing, state: "loading" };
  const {
    state,
    attempts,
    since_age,
    retry_in = 0,
    reason = "",
    reason_age = Number.POSITIVE_INFINITY,
  } = link;
  switch (state) {
    case "connecting":
      return { ...nothing, state };
    case "reconnecting": {
      if (since_age + elapsed <= grace) return { ...nothing, state };
      return {
        state,
        calm: false,
        attempt: attempts,
        countdown: Math.ceil(Math.max(0, retry_in - elapsed)),
        reason,
      };
    }
    case "connected": {
      if (link.unreadable) return { ...nothing, state: "unreadable", calm: false, reason };
      const recent = reason_age < since_age && reason_age + elapsed < REASON_SHOWN;
      return { ...nothing, state, calm: false, reason: recent ? reason : "" };
    }
    case "disconnected":
      return { ...nothing, state, calm: false };
    default:
      return { ...nothing, state, calm: false, reason };
  }
}
