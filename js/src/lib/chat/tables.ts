// Tables: which of them are shown as they were written. A row may leave out cells, and the parser makes each of them: two bytes of a
// text would become as many cells as its table is wide.

import type { StateBlock } from "markdown-it";

/** A wider table is text. */
const MAX_COLUMNS = 64;
/** So many cells may be left out in the tables of a text. */
const MAX_MISSING = 2_000;

/** Counted while a text is read. */
interface Counted {
  missing?: number;
}

const lineOf = ({ src, bMarks, tShift, eMarks }: StateBlock, line: number): string =>
  src.slice(bMarks[line]! + tShift[line]!, eMarks[line]);

/** Counts of a row, as the bars at its ends are left out or not. */
const cellsOf = (row: string): number => row.replace(/^\s*\||\|\s*$/g, "").split("|").length;

/** The line behind a table that begins at a line and has too many cells; null: it has not, or is none. */
export function excessEnd(state: StateBlock, from: number, to: number): number | null {
  if (from + 2 > to || !lineOf(state, from).includes("|")) return null;
  const rule = lineOf(state, from + 1);
  if (!rule.includes("-") || !/^[|:\-\s]+$/.test(rule)) return null;
  const columns = cellsOf(rule);
  const counted = state.env as Counted;
  let missing = counted.missing ?? 0;
  let end = from + 2;
  for (; end < to && !state.isEmpty(end) && state.sCount[end]! >= state.blkIndent; end++)
    missing += Math.max(0, columns - cellsOf(lineOf(state, end)));
  if (columns > MAX_COLUMNS || missing > MAX_MISSING) return end;
  counted.missing = missing;
  return null;
}
