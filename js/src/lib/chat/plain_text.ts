// Plain text: what a message in Markdown says, without its marks: for previews, and for those who listen.

import { isBlank, undirected } from "./addresses";
import { blocksOf, normalized, type Token } from "./parser";

/** The text of a message without Markdown; blocks, items and rows are lines. */
export function plainText(text: string): string {
  const parts: string[] = [];
  for (const { tokens } of blocksOf(normalized(text))) {
    let cells = 0;
    for (const token of tokens) {
      if (token.type === "inline")
        parts.push(cells++ && inCell(token) ? ", " : "", inlineText(token.children!));
      else if (token.type === "fence" || token.type === "plain") parts.push(token.content, "\n");
      else if (token.type === "tr_open") cells = 0;
      else if (token.type === "tr_close" || (token.nesting < 0 && !isCell(token))) parts.push("\n");
      if (token.type === "paragraph_open") cells = 0;
    }
  }
  return undirected(parts.join(""))
    .replace(/\n{2,}/g, "\n")
    .trim();
}

const isCell = ({ type }: Token): boolean => /^t[hd]_|^thead_|^tbody_|^table_/.test(type);
const inCell = ({ level }: Token): boolean => level > 2;

function inlineText(tokens: Token[]): string {
  const text = tokens.map((token) => {
    if (token.type === "hardbreak" || token.type === "softbreak") return "\n";
    if (token.type === "image" && isBlank(token.content)) return token.attrGet("src") ?? "";
    return token.content;
  });
  return text.join("").replace(/^\[([ xX])\](?=\s)/, (_, mark) => (mark === " " ? "☐" : "☑"));
}
