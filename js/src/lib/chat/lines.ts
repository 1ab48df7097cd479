// Lines: what stands between messages: days, where the unread begin, who has come and gone, what went wrong or is missing.

import { momentText } from "../text/times";
import { h, setAttribute, setText } from "../view/dom";
import { icon } from "../view/icons";
import type { Setting } from "./bubble";
import type { Entry } from "./entries";
import type { Item } from "./item";
import { clockText, dayText } from "./moments";
import { crowdText } from "./people";
import { chatWords } from "./words";

type Said = Exclude<Entry, { kind: "message" }>;

export class Line {
  readonly root = h("div", "rw-chat-line");
  readonly #text = h("span", "rw-chat-said");
  #more: HTMLDetailsElement | null = null;
  #drawn = "";

  /** Draws an entry; `open` has the keys of errors of which the reader wants to know more. */
  draw(entry: Said, setting: Setting, open: Set<string>): void {
    const { locale, zone, now } = setting;
    const text = textOf(entry, setting);
    const item = itemOf(entry);
    const drawn = JSON.stringify([
      entry.kind,
      item?.kind,
      text,
      locale,
      zone,
      item?.details,
      Math.floor(now / 60),
    ]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const kind = item && entry.kind === "line" ? item.kind : entry.kind;
    if (this.root.dataset.rwLine !== kind) {
      this.root.dataset.rwLine = kind;
      const parts = kind === "error" || kind === "gap" ? [icon("triangle"), this.#text] : [this.#text];
      this.root.replaceChildren(...parts);
      this.#text.dir = "auto";
      if (kind === "day" || kind === "unread") setAttribute(this.root, "role", "separator");
    }
    setText(this.#text, text);
    this.#text.title = titleOf(entry, setting);
    if (kind === "day" || kind === "unread") setAttribute(this.root, "aria-label", text);
    this.#drawMore(item?.kind === "error" ? item : null, locale, open);
  }

  #drawMore(item: Item | null, locale: string, open: Set<string>): void {
    if (!item?.details) {
      this.#more?.remove();
      this.#more = null;
      return;
    }
    if (!this.#more) {
      this.#more = h("details", "rw-chat-more");
      this.#more.open = open.has(item.key);
      const { key } = item;
      this.#more.addEventListener("toggle", (event) => {
        if ((event.target as HTMLDetailsElement).open) open.add(key);
        else open.delete(key);
      });
      const whole = h("pre", "rw-chat-whole");
      whole.dir = "auto";
      whole.tabIndex = 0;
      this.#more.append(h("summary", "rw-chat-summary"), whole);
      this.root.append(this.#more);
    }
    const [summary, whole] = this.#more.children as unknown as [HTMLElement, HTMLElement];
    setText(summary, chatWords(locale)("details"));
    setText(whole, item.details);
  }
}

function itemOf(entry: Said): Item | null {
  return entry.kind === "line" ? entry.item : entry.kind === "crowd" ? entry.items[0]! : null;
}

function textOf(entry: Said, { locale, zone, now }: Setting): string {
  const say = chatWords(locale);
  switch (entry.kind) {
    case "day":
      return dayText(entry.ts, now, locale, zone);
    case "unread":
      return say("new_here");
    case "crowd":
      return crowdText(entry.items, locale);
    default: {
      const { kind, text } = entry.item;
      return text || say(kind === "gap" ? "missing" : "went_wrong");
    }
  }
}

/** When it was, and of several each. */
function titleOf(entry: Said, { locale, zone }: Setting): string {
  if (entry.kind === "line") return momentText(entry.item.ts, locale, zone);
  if (entry.kind !== "crowd") return "";
  return entry.items
    .slice(0, 20)
    .map((item) => `${clockText(item.ts, locale, zone)} ${crowdText([item], locale)}`)
    .join("\n");
}
