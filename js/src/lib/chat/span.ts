// Span: which entries of a long room are in the page: those around what is being read.

/** Most entries in the page. */
export const MOST = 400;
/** Usual ones; with less than the margin before or after what is in sight, others are taken. */
const USUAL = 240;
const MARGIN = 50;

export type Span = readonly [from: number, to: number];

/**
 * Returns which of `count` entries are in the page.
 *
 * `sight` are those that can be seen, null for a room whose newest is followed; `had` are in the page now, by the same
 * numbers: they stay while they do, so that entries are made seldom.
 */
export function spanOf(count: number, sight: Span | null, had: Span): Span {
  const [from, to] = [Math.max(0, had[0]), Math.min(count, had[1])];
  if (sight === null) {
    const stays = from < to && count - from <= MOST && count - to <= MARGIN;
    return [stays ? from : Math.max(0, count - USUAL), count];
  }
  const before = from === 0 || sight[0] - from >= MARGIN;
  const after = to === count || to - sight[1] >= MARGIN;
  if (before && after && to - from <= MOST && sight[0] >= from && sight[1] <= to) return [from, to];
  const seen = sight[1] - sight[0];
  const size = Math.min(MOST, Math.max(USUAL, seen + 4 * MARGIN));
  const begin = Math.max(0, Math.min(sight[0] - Math.floor((size - seen) / 2), count - size));
  return [begin, Math.min(count, begin + size)];
}
