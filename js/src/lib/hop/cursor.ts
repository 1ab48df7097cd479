// Cursor: what a page has of one feed, and what a new part means to it.

import type { Part } from "./frames";

/** replace: forget all and take it; append: take it too; repeat: known already; hole: something is missing. */
export type Meaning = "replace" | "append" | "repeat" | "hole";

export class Cursor {
  /** The last record the page has; null before the first keyframe. */
  have: number | null = null;
  /** Whether a keyframe is needed. */
  hole = false;

  /** Takes note of a part and says what to do with its columns. */
  offer(part: Pick<Part, "first" | "last" | "key">): Meaning {
    if (part.key) {
      this.have = part.last;
      this.hole = false;
      return "replace";
    }
    if (this.have === null || this.hole || part.first > this.have + 1) {
      this.hole = true;
      return "hole";
    }
    if (part.first <= this.have) return "repeat";
    this.have = part.last;
    return "append";
  }
}
