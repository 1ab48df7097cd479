// Unfinished: a block whose end is still to come, as it will look when that is there. Without it, an answer that grows would flicker
// between marks and what they mean.

import type { Block } from "./parser";

/** The lines of a block with what is open closed; the same where nothing is. */
export function finished({ raw, tokens }: Block): string {
  const text = raw.trimEnd();
  const leaf = tokens.filter(({ type }) => type === "fence" || type === "inline").at(-1);
  if (leaf?.type === "fence") return withoutBegunFence(text);
  if (tokens.some(({ type }) => type === "table_open"))
    return text + openMarks(text.slice(text.lastIndexOf("\n") + 1)).close;
  return tableBegun(text) ?? inlineFinished(text);
}

/** A fence that begins to be closed is no line of the code. */
const withoutBegunFence = (text: string): string => text.replace(/\n[ >]{0,20}(`{1,2}|~{1,2})$/, "\n");

/** The first line of a table is one already, and so it is while the second is written. */
function tableBegun(text: string): string | null {
  const lines = text.split("\n");
  const second = lines.length > 1 && /^\|[|:\- ]*$/.test(lines.at(-1)!) && lines.at(-2)!.startsWith("|");
  const head = second ? lines.at(-2)! : lines.at(-1)!;
  if (!/^\|.*[^|\s]/.test(head)) return null;
  const cells = head
    .replaceAll("\\|", "")
    .replace(/^\||\|\s*$/g, "")
    .split("|").length;
  const before = lines.slice(0, second ? -2 : -1);
  return [...before, `${head.replace(/\|\s*$/, "")}|`, `|${"-|".repeat(cells)}`].join("\n");
}

function inlineFinished(text: string): string {
  const start = Math.max(text.lastIndexOf("\n\n") + 1, 0);
  let tail = text.slice(start);
  // A link without the end of its address is its text.
  const target = tail.lastIndexOf("](");
  if (target >= 0 && !/[)\n]/.test(tail.slice(target))) {
    const label = tail.lastIndexOf("[", target);
    if (label >= 0) tail = tail.slice(0, label).replace(/!$/, "") + tail.slice(label + 1, target);
  }
  const { close, bare } = openMarks(tail);
  return text.slice(0, start) + tail.slice(0, tail.length - bare) + close;
}

const MARKS = /\\.|`+|\*\*\*|\*\*|~~|\*/gs;

/** What closes the marks that are open at the end of a text, and how long those are that have nothing behind them yet. */
function openMarks(text: string): { close: string; bare: number } {
  const open: string[] = [];
  let bare = 0;
  let code = "";
  for (const { 0: mark, index } of text.matchAll(MARKS)) {
    if (mark[0] === "\\" && !code) continue;
    const end = index + mark.length;
    const before = text[index - 1] ?? " ";
    if (mark[0] === "`") {
      if (!code) code = mark;
      else if (code === mark) code = "";
      if (code && end === text.length) bare = mark.length;
    } else if (!code && mark[0] !== "\\") {
      const at = open.lastIndexOf(mark);
      if (at >= 0 && !/\s/.test(before)) open.length = at;
      else if (end === text.length) bare = /\s/.test(before) || at < 0 ? mark.length : 0;
      else if (!/\s/.test(text[end]!)) open.push(mark);
    }
  }
  if (bare && code && text.endsWith(code)) code = "";
  return { close: code + open.reverse().join(""), bare };
}
