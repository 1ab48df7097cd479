// Stand-ins: what markdown-it takes from other packages, as far as a chat needs it.
//
// Its table of the 2,231 names of HTML's characters, its recognition of addresses without a scheme and its tables of Unicode's
// classes are more than half of its bytes; the browser knows the latter two. The names in package.json's `standIns`
// are looked up here, in the bundle and in the tests alike.

const NAMED: Record<string, string> = {
  amp: "&",
  apos: "'",
  bull: "•",
  copy: "©",
  deg: "°",
  euro: "€",
  ge: "≥",
  gt: ">",
  hellip: "…",
  laquo: "«",
  larr: "←",
  ldquo: "“",
  le: "≤",
  lsquo: "‘",
  lt: "<",
  mdash: "—",
  micro: "µ",
  middot: "·",
  minus: "−",
  nbsp: "\u00a0",
  ndash: "–",
  ne: "≠",
  plusmn: "±",
  pound: "£",
  quot: '"',
  raquo: "»",
  rarr: "→",
  rdquo: "”",
  reg: "®",
  rsquo: "’",
  times: "×",
  trade: "™",
  yen: "¥",
};

/** The character that `&name;` stands for; what is not known stays what it is. (Those by number the parser decodes itself.) */
export function decodeHTMLStrict(reference: string): string {
  const name = reference.slice(1, -1);
  return Object.hasOwn(NAMED, name) ? NAMED[name]! : reference;
}

/** Punctuation and symbols, by which the parser knows where emphasis begins and ends. */
export const P = /\p{P}/u;
export const S = /\p{S}/u;

/** Addresses are recognised by addresses.ts. */
export class LinkifyIt {}

const unchanged = (address: string): string => address;

/** Addresses are made canonical by the browser's own URL, in text/links.ts, so the parser leaves them alone. */
export const parse = unchanged;
export const format = unchanged;
export const encode = unchanged;
export const decode = Object.assign(unchanged, { defaultChars: "" });
export default { toASCII: unchanged, toUnicode: unchanged };
