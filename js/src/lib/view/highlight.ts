// Highlight: where a text has what a reader looks for. The text stays text; what matches stands in a mark.

import { h } from "./dom";
import { plain } from "./filter";

/** What is compared together: a letter with its accents, a kana with its voicing mark. */
const CLUSTER = /[^\p{M}ﾞﾟ][\p{M}ﾞﾟ]*|[\p{M}ﾞﾟ]+/gsu;

/** Of one text no more are marked. */
const MAX_MATCHES = 50;

/** From where to where a text has what is looked for, which is `plain`; nothing for nothing. */
export function matches(text: string, looked: string): [number, number][] {
  const found: [number, number][] = [];
  if (!looked || !plain(text).includes(looked)) return found;
  let folded = "";
  const at: number[] = []; // for each character of the folded text: where its cluster begins
  for (const { 0: cluster, index } of text.matchAll(CLUSTER)) {
    // Of white space nothing would be left.
    const part = cluster.trim() ? plain(cluster) : cluster;
    for (let i = 0; i < part.length; i++) at.push(index);
    folded += part;
  }
  at.push(text.length);
  for (let i = folded.indexOf(looked); i >= 0; i = folded.indexOf(looked, i + looked.length)) {
    const begin = at[i]!;
    let last = i + looked.length;
    while (last < folded.length && at[last] === at[last - 1]) last++; // a cluster is marked as a whole
    found.push([begin, at[last]!]);
    if (found.length === MAX_MATCHES) break;
  }
  return found;
}

/** A text as what stands in an element: its matches marked. */
export function marked(text: string, looked: string): (string | HTMLElement)[] {
  const parts: (string | HTMLElement)[] = [];
  let done = 0;
  for (const [begin, end] of matches(text, looked)) {
    if (begin > done) parts.push(text.slice(done, begin));
    parts.push(h("mark", "rw-match", text.slice(begin, end)));
    done = end;
  }
  if (done < text.length || !parts.length) parts.push(text.slice(done));
  return parts;
}
