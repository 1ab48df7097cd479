// Addresses: where one stands in a text, and whether the text of a link passes itself off as another.

/** Up to a space, a quote, a control or invisible character, or one of the scripts that are written without spaces. */
const BODY =
  /:\/\/[^\s<>"'`\p{Cc}\p{Cf}\p{Cs}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]+/uy;

const SCHEME = /(?:^|[^\p{L}\p{N}])(https?)$/iu;

/** What ends a sentence, not an address. */
const AFTER = new Set("?!.,:;*_~'\"”’»…|");

/** The address whose colon is at a place of a text; null: there is none. */
export function addressAt(
  text: string,
  colon: number,
): { scheme: string; address: string; end: number } | null {
  const scheme = SCHEME.exec(text.slice(Math.max(0, colon - 7), colon))?.[1];
  if (!scheme) return null;
  BODY.lastIndex = colon;
  const body = BODY.exec(text)?.[0];
  if (!body) return null;
  const kept = withoutEnd(body);
  if (kept.length <= "://".length) return null;
  return { scheme, address: scheme + kept, end: colon + kept.length };
}

/** Lets go of punctuation at the end, and of brackets that were opened before the address. */
function withoutEnd(body: string): string {
  let open = 0;
  for (const sign of body) open += sign === "(" || sign === "[" ? 1 : sign === ")" || sign === "]" ? -1 : 0;
  let end = body.length;
  for (; end > 0; end--) {
    const sign = body[end - 1]!;
    if (AFTER.has(sign)) continue;
    if ((sign !== ")" && sign !== "]") || open >= 0) break;
    open++;
  }
  return body.slice(0, end);
}

/** Direct how text runs: marks, embeddings, overrides, isolates. */
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** Overrides: they turn text round that is read as it is written. */
const OVERRIDES = /[\u202d\u202e]/g;
/** What takes no room, or next to none. */
const UNSEEN = /[\ufeff\u2000-\u200a\u202f]|(?!\s)[\p{Cc}\p{Cf}\p{DI}]/gu;

/** Text as it may stand in a message: no override turns it round. */
export const upright = (text: string): string => text.replace(OVERRIDES, "");

/** Text as it may stand in a link: nothing directs it. */
export const undirected = (text: string): string => text.replace(DIRECTIONS, "");

/** Code with what directs text in letters: it would read otherwise than it runs. */
export const withDirections = (code: string): string =>
  code.replace(DIRECTIONS, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Whether there is nothing to see. */
export const isBlank = (text: string): boolean => !text.replace(UNSEEN, "").trim();

/** Where a link leads, in short: the host, or the address of mail. A host of other letters is told in ASCII. */
export function hostOf(href: string): string {
  const url = new URL(href);
  return url.protocol === "mailto:" ? decoded(url.pathname) : url.host;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** What looks like a host: letters, a dot, letters; a full stop of Chinese or Japanese counts between Latin ones. */
const HOST_LIKE = /[\p{L}\p{N}-][.․][\p{L}]{2}|[a-z\d-][。｡][a-z]{2}|:\/\//iu;

/** Whether the text of a link looks like an address that is not where it leads; the reader is then to be told. */
export function misleads(text: string, href: string): boolean {
  const seen = text.replace(UNSEEN, "").normalize("NFKC").toLowerCase();
  const own = withoutWww(hostOf(href).toLowerCase());
  return seen.split(/\s+/).some((word) => HOST_LIKE.test(word) && withoutWww(authorityOf(word)) !== own);
}

const withoutWww = (host: string): string => host.replace(/^www\./, "");

/** What stands where the host of an address would; with the user before it, as in https://bank.test@evil.test. */
const authorityOf = (word: string): string =>
  word.replace(/^[("'[]*(?:https?:\/\/|mailto:)?([^/?#]*).*$/su, "$1").replace(/[.,:;!)\]"']{1,9}$/, "");
