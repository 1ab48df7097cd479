// People: who is meant, in words: who types, who has come and gone; and the sign of each of them.

import { formatter } from "../text/format";
import type { Item } from "./item";
import { type ChatWord, chatWords } from "./words";

/** How many colours there are for people; messages.css has them. */
export const HUES = 8;

/** Characters that are not seen, or turn others round; but not what joins others to one. */
const UNSEEN = /(?!\u200d)[\p{C}\p{Z}]/gu;

/** One or two characters that stand for a name; a question mark for one that has none to show. */
export function initialsOf(name: string): string {
  const parts = name.split(/[\s._\-/()（）]+/u).map((part) => part.replace(UNSEEN, ""));
  const signs = parts.filter((part) => /[\p{L}\p{N}]/u.test(part)).map(firstOf);
  const [first = firstOf(name.replace(UNSEEN, "")) || "?", ...others] = signs;
  const last = others.at(-1);
  if (!last || !isCased(first)) return first.toLocaleUpperCase();
  return (first + last).toLocaleUpperCase();
}

/** Whether a character is of a script with capitals: of others one is enough. */
function isCased(sign: string): boolean {
  return sign.toLowerCase() !== sign.toUpperCase();
}

function firstOf(text: string): string {
  const [first] = new Intl.Segmenter("en").segment(text);
  return first?.segment ?? "";
}

/** The number of a colour, the same for a user in every page. */
export function hueOf(user: string): number {
  let sum = 7;
  for (let i = 0; i < user.length; i++) sum = (31 * sum + user.charCodeAt(i)) >>> 0;
  return sum % HUES;
}

/** Who types; empty: nobody. */
export function typingText(names: string[], locale: string): string {
  const say = chatWords(locale);
  const [one = "", two = ""] = names;
  if (names.length > 2) return say("typing_many", formatter({ name: "number" }, locale)(names.length));
  return names.length === 2 ? say("typing_two", one, two) : names.length ? say("typing_one", one) : "";
}

/** Who has come and gone, in one line; each is named for what was last. */
export function crowdText(items: Item[], locale: string): string {
  const last = new Map(items.map((item) => [item.user || item.name, item]));
  const of = (kind: "joined" | "left") => {
    const names = [...last.values()].filter((item) => item.kind === kind).map(({ name }) => name);
    if (!names.length) return "";
    const count = names.length > 2 ? "many" : names.length === 2 ? "two" : "one";
    const others = formatter({ name: "number" }, locale)(names.length - 1);
    return chatWords(locale)(`${kind}_${count}` as ChatWord, names[0]!, count === "two" ? names[1]! : others);
  };
  return [of("joined"), of("left")].filter(Boolean).join(" · ");
}
