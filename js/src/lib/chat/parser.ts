// Parser: the Markdown of chats, as tokens. What it understands reaches no further than its block, so that a text that grows can be
// read from its last blocks on, and what is written before stays as it was.
//
// Apart from CommonMark: a line ends where it was ended, and keeps its indentation; no references (they would change what was
// written before), no code by indentation and no headings by underlines (nobody means them in a chat); HTML is text.

import MarkdownIt, { type StateBlock, type StateInline, type Token } from "markdown-it";
import { safeLink } from "../text/links";
import { addressAt } from "./addresses";
import { excessEnd } from "./tables";

export type { Token };

/** What lies deeper is text: a list takes two of these levels, a quote one. */
const MAX_LEVEL = 16;

export interface Block {
  /** The lines that it was read from. */
  raw: string;
  /** Where these begin in the text. */
  at: number;
  tokens: Token[];
}

const parser = new MarkdownIt({ html: false, breaks: true, linkify: false, typographer: false });
parser.disable(["code", "lheading", "reference", "html_block", "html_inline"]);
parser.disable(["linkify", "replacements", "smartquotes"]);
parser.normalizeLink = (address) => address;
parser.normalizeLinkText = (address) => address;
parser.validateLink = (address) => safeLink(address) !== null;
parser.block.ruler.before("table", "deep", deepAsText);
parser.block.ruler.before("table", "excess", excessAsText);
parser.inline.ruler.at("newline", breakAsWritten);
parser.inline.ruler.before("linkify", "address", bareAddress);

/** The text of an image is not read as Markdown: nobody draws it so, and images of images would be read once for each. */
const readInline = parser.inline.parse.bind(parser.inline);
let reading = false;
parser.inline.parse = (...given) => {
  if (reading) return;
  reading = true;
  try {
    readInline(...given);
  } finally {
    reading = false;
  }
};

function deepAsText(state: StateBlock, from: number, to: number, silent: boolean): boolean {
  if (state.level < MAX_LEVEL) return false;
  if (silent) return true;
  let end = from + 1;
  while (end < to && (state.isEmpty(end) || (state.sCount[end] ?? 0) >= state.blkIndent)) end++;
  textBlock(state, state.getLines(from, end, state.blkIndent, false).trim(), [from, end]);
  state.line = end;
  return true;
}

function excessAsText(state: StateBlock, from: number, to: number, silent: boolean): boolean {
  const end = silent ? null : excessEnd(state, from, to);
  if (end === null) return false;
  textBlock(state, state.getLines(from, end, state.blkIndent, false).trim(), [from, end]);
  state.line = end;
  return true;
}

interface Pushing {
  push(type: string, tag: string, nesting: -1 | 0 | 1): Token;
}

function textBlock(state: Pushing, text: string, map: [number, number] | null): void {
  state.push("paragraph_open", "p", 1).map = map;
  state.push("plain", "", 0).content = text;
  state.push("paragraph_close", "p", -1);
}

function breakAsWritten(state: StateInline, silent: boolean): boolean {
  if (state.src[state.pos] !== "\n") return false;
  if (!silent) {
    state.pending = state.pending.replace(/(?<! ) {1,1000}$/, "");
    state.push("hardbreak", "br", 0);
  }
  state.pos++;
  return true;
}

/** Makes a link of an address that stands in the text, before its underscores and stars are taken for emphasis. */
function bareAddress(state: StateInline, silent: boolean): boolean {
  if (state.linkLevel > 0 || state.src[state.pos] !== ":") return false;
  const found = addressAt(state.src, state.pos);
  if (!found || found.end > state.posMax || safeLink(found.address) === null) return false;
  if (!silent) {
    if (!state.pending.endsWith(found.scheme)) return false;
    state.pending = state.pending.slice(0, -found.scheme.length);
    state.push("link_open", "a", 1).attrs = [["href", found.address]];
    state.push("text", "", 0).content = found.address;
    state.push("link_close", "a", -1);
  }
  state.pos = found.end;
  return true;
}

/** Lines end as in Python's texts, and there is no NUL, which the parser would take for another character. */
export const normalized = (text: string): string => text.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd");

/** A block that shows a text as what it is. */
export function plainBlock(raw: string, at: number): Block {
  const tokens: Token[] = [];
  const push = (type: string, tag: string, nesting: -1 | 0 | 1) => {
    const token = new MarkdownIt.Token(type, tag, nesting);
    tokens.push(token);
    return token;
  };
  textBlock({ push }, raw.trim(), null);
  return { raw, at, tokens };
}

/** The blocks of a normalized text that begins at a place; those within others are not told apart. */
export function blocksOf(text: string, at = 0): Block[] {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) starts.push(end + 1);
  const blocks: Block[] = [];
  for (const token of parser.parse(text, {})) {
    if (token.level === 0 && token.nesting >= 0) {
      const [from, to] = token.map!;
      const start = starts[from]!;
      blocks.push({ raw: text.slice(start, starts[to] ?? text.length), at: at + start, tokens: [] });
    }
    blocks.at(-1)!.tokens.push(token);
  }
  return blocks;
}
