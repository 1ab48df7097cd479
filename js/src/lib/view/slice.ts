// Slice: which lines of a long list are in the page: some screens of them around what is being read.

/** Most lines in the page. */
export const MAX_LINES = 300;
/** Lines of a list that follows its newest: two screens, or these. */
const TAIL_LINES = 80;
/** Where so many come at once, and none that is in sight was there before, the list has but these above what is in sight. */
const BUSY_LINES = 40;
const BUSY_MARGIN = 10;
/** With fewer lines than that before what is read, or three times as many after it, the next are made. */
const MARGIN = 40;

export type Slice = readonly [from: number, to: number];

/**
 * Returns which of `count` lines are in the page.
 *
 * `reading` is the place of the line at the upper edge, null for a list that follows its newest; `screen` how many lines
 * are in sight; `had` which are in the page now: they stay while they do, so that scrolling makes lines seldom; `fresh`
 * how many have come at the end since.
 */
export function sliceOf(count: number, reading: number | null, screen: number, had: Slice, fresh = 0): Slice {
  if (reading === null) {
    const least = screen + BUSY_MARGIN;
    if (!fresh && had[1] === count && count - had[0] >= least) return had;
    const tail = fresh >= Math.max(BUSY_LINES, least) ? least : Math.max(TAIL_LINES, 2 * screen);
    return [Math.max(0, count - Math.min(MAX_LINES, tail)), count];
  }
  if (count <= MAX_LINES) return [0, count];
  const [from, to] = [Math.max(0, had[0]), Math.min(count, had[1])];
  const before = from === 0 || reading - from >= MARGIN;
  const after = to === count || to - reading >= screen + 2 * MARGIN;
  if (before && after && to - from <= MAX_LINES && reading >= from && reading < to) return [from, to];
  const begin = Math.max(0, Math.min(reading - Math.floor((MAX_LINES - screen) / 2), count - MAX_LINES));
  return [begin, begin + MAX_LINES];
}
