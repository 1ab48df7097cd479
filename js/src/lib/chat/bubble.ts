// Bubble: one message on screen: who says it and when, its text or file, what others think of it, and how far it has come.

import { safeLink } from "../text/links";
import { momentText } from "../text/times";
import { h, holdsFocus, setAttribute, setText } from "../view/dom";
import { type Icon, showIcon } from "../view/icons";
import { Attachment, type FileDoings } from "./attachment";
import { Editor } from "./editor";
import type { Look } from "./files";
import type { Item } from "./item";
import { Markdown } from "./markdown";
import { markdownWords } from "./markdown_words";
import { clockText } from "./moments";
import { hueOf, initialsOf } from "./people";
import { Reactions } from "./reactions";
import type { Allowed } from "./remote_images";
import { chatWords } from "./words";

/** How and where messages are drawn. */
export interface Setting {
  locale: string;
  zone: string;
  /** Seconds since 1970, by the clock of the records. */
  now: number;
  /** Images at other hosts that are loaded. */
  remoteImages: Allowed;
  /** Whether nothing can be sent any more. */
  closed: boolean;
  /** What is to be said of a message that waits in the page. */
  waits(item: Item): string;
  /** Who else has read it, in one text; empty: nobody. */
  readers(item: Item): string;
  /** Whether the reader changes it. */
  edits(item: Item): boolean;
}

/** What a reader does with a message. */
export interface Doings {
  react(item: Item, reaction: string, on: boolean): void;
  edited(item: Item, text: string | null): void;
  retry(item: Item): void;
  discard(item: Item): void;
  stop(item: Item): void;
  readonly files: FileDoings;
}

const MARKS: Partial<Record<Item["state"], Icon>> = {
  waiting: "clock",
  queued: "clock",
  sending: "clock",
  sent: "check",
  failed: "triangle",
};

export class Bubble {
  readonly root = h("div", "rw-msg");
  readonly #avatar = h("span", "rw-avatar");
  readonly #head = h("div", "rw-msg-head");
  readonly #name = h("span", "rw-msg-name");
  readonly #bot = h("span", "rw-msg-bot");
  readonly #at = h("time", "rw-msg-at");
  readonly #late = h("time", "rw-msg-at rw-msg-late");
  readonly #body = h("div", "rw-bubble");
  readonly #text: Markdown;
  #file: Attachment | null = null;
  readonly #gone = h("span", "rw-msg-gone");
  readonly #edited = h("span", "rw-msg-edited");
  readonly #mark = h("span", "rw-msg-mark");
  readonly #reactions: Reactions;
  readonly #foot = h("div", "rw-msg-foot");
  readonly #state = h("span", "rw-msg-state");
  readonly #retry = h("button", "rw-button rw-msg-deed");
  readonly #discard = h("button", "rw-button rw-msg-deed");
  readonly #stop = h("button", "rw-button rw-msg-stop");
  #editor: Editor | null = null;
  readonly #doings: Doings;
  readonly #signal: AbortSignal;
  #drawn = "";
  #locale = "en";
  #item!: Item;

  constructor(doings: Doings, signal: AbortSignal) {
    this.#doings = doings;
    this.#signal = signal;
    this.#text = new Markdown(signal, (word, ...details) => markdownWords(this.#locale)(word, ...details));
    this.#reactions = new Reactions((reaction, on) => doings.react(this.#item, reaction, on), signal);
    for (const [button, press] of [
      [this.#retry, () => doings.retry(this.#item)],
      [this.#discard, () => doings.discard(this.#item)],
      [this.#stop, () => doings.stop(this.#item)],
    ] as const) {
      button.type = "button";
      button.addEventListener("click", press, { signal });
    }
    setAttribute(this.#avatar, "aria-hidden", "true");
    setAttribute(this.#mark, "role", "img");
    setAttribute(this.root, "role", "article");
    this.root.tabIndex = -1;
    this.#name.dir = "auto";
    this.#head.append(this.#name, this.#bot, this.#at);
    this.#body.append(this.#text.root, this.#gone, this.#edited);
    const deeds = h("span", "rw-msg-deeds");
    deeds.append(this.#retry, this.#discard);
    this.#foot.append(this.#state, deeds, this.#stop);
    const line = h("div", "rw-msg-line");
    line.append(this.#body, this.#mark, this.#late);
    const main = h("div", "rw-msg-main");
    main.append(this.#head, line, this.#reactions.root, this.#foot);
    this.root.append(this.#avatar, main);
  }

  /** Draws an item; `first` of what somebody says has a name above it. Nothing is touched that is as it was. */
  draw(item: Item, first: boolean, setting: Setting): void {
    const { locale, zone, remoteImages, closed } = setting;
    const edits = setting.edits(item);
    const said = setting.waits(item);
    const readers = setting.readers(item);
    const look = item.file && !item.deleted ? this.#doings.files.look(item) : null;
    const drawn = JSON.stringify([first, locale, zone, remoteImages, closed, edits, said, readers, look]);
    if (item === this.#item && drawn === this.#drawn) return;
    this.#item = item;
    this.#drawn = drawn;
    this.#locale = locale;
    const say = chatWords(locale);
    const name = item.name || item.user || "?";
    const growing = item.state === "growing";
    this.root.dataset.rwState = item.state;
    this.root.toggleAttribute("data-rw-own", item.own);
    this.root.toggleAttribute("data-rw-first", first);
    if (growing) setAttribute(this.root, "aria-busy", "true");
    else this.root.removeAttribute("aria-busy");
    setAttribute(
      this.root,
      "aria-label",
      say("said_at", item.own ? say("you") : name, clockText(item.ts, locale, zone)),
    );
    this.#drawHead(item, name, first, setting);
    this.#drawFile(item, look, locale);
    this.#drawBody(item, edits, setting);
    this.#reactions.draw(item.deleted ? [] : (item.reactions ?? []), locale, this.root);
    this.#drawMark(item, readers, locale);
    this.#drawFoot(item, said, locale, closed);
  }

  #drawHead(item: Item, name: string, first: boolean, { locale, zone }: Setting): void {
    const exact = momentText(item.ts, locale, zone);
    for (const at of [this.#at, this.#late]) {
      setText(at, clockText(item.ts, locale, zone));
      if (at.title !== exact) at.title = exact;
      at.dateTime = isoOf(item.ts);
    }
    this.#head.hidden = !first;
    this.#late.hidden = first;
    setText(this.#name, item.own ? "" : name);
    this.#name.hidden = item.own;
    this.#bot.hidden = !item.bot || item.own;
    setText(this.#bot, chatWords(locale)("bot"));
    this.#avatar.hidden = item.own;
    this.#avatar.dataset.rwHue = String(hueOf(item.user || name));
    setText(this.#avatar, first ? initialsOf(name) : "");
  }

  #drawBody(item: Item, edits: boolean, setting: Setting): void {
    const { locale, zone, remoteImages } = setting;
    const say = chatWords(locale);
    const { deleted = false, edited } = item;
    this.#text.root.hidden = deleted || edits || (!item.text && item.state !== "growing");
    if (!deleted) this.#text.draw(markdownOf(item), item.state === "growing", remoteImages);
    this.#gone.hidden = !deleted;
    setText(this.#gone, say("deleted"));
    this.#edited.hidden = deleted || edits || edited === undefined;
    setText(this.#edited, say("edited"));
    if (edited !== undefined) this.#edited.title = say("edited_at", momentText(edited, locale, zone));
    this.#body.toggleAttribute("data-rw-gone", deleted);
    this.#drawEditor(item, edits, locale);
  }

  #drawFile(item: Item, look: Look | null, locale: string): void {
    const { file } = item;
    this.#body.toggleAttribute("data-rw-picture", look?.picture ?? false);
    if (this.#file) this.#file.root.hidden = !look;
    if (!look || !file) return;
    if (!this.#file) {
      this.#file = new Attachment(this.#doings.files, this.#signal);
      this.#body.prepend(this.#file.root);
    }
    this.#file.draw({ ...item, file }, look, locale);
  }

  #drawEditor(item: Item, edits: boolean, locale: string): void {
    if (!edits && this.#editor) {
      if (holdsFocus(this.#editor.root)) this.root.focus({ preventScroll: true });
      this.#editor.root.remove();
      this.#editor = null;
    }
    this.root.toggleAttribute("data-rw-edits", edits);
    if (!edits) return;
    const begins = !this.#editor;
    this.#editor ??= new Editor(item.text, (text) => this.#doings.edited(this.#item, text), this.#signal);
    this.#editor.draw(locale);
    if (!begins) return;
    this.#body.append(this.#editor.root);
    this.#editor.begin();
  }

  #drawMark(item: Item, readers: string, locale: string): void {
    const say = chatWords(locale);
    const { state } = item;
    const shown = item.own && !item.deleted ? MARKS[state] : undefined;
    this.#mark.hidden = !shown;
    if (!shown) return;
    const read = state === "sent" && readers !== "";
    showIcon(this.#mark, read ? "checks" : shown);
    const word = read
      ? say("seen_by", readers)
      : say(state === "waiting" ? "sending" : (state as "queued" | "sending" | "sent" | "failed"));
    setAttribute(this.#mark, "aria-label", word);
    if (this.#mark.title !== word) this.#mark.title = word;
  }

  #drawFoot(item: Item, waits: string, locale: string, closed: boolean): void {
    const say = chatWords(locale);
    const { state } = item;
    const failed = state === "failed";
    const said = failed
      ? item.error
        ? say("by", say("failed"), item.error)
        : say("failed")
      : state === "queued"
        ? say("queued")
        : waits;
    const text = state === "stopped" ? say("stopped") : said;
    this.#foot.hidden = !text && state !== "growing" && !(state === "waiting" && item.file);
    setText(this.#state, text);
    this.#foot.toggleAttribute("data-rw-failed", failed);
    for (const [button, word, shown] of [
      [this.#retry, "retry", failed && !closed],
      [this.#discard, "discard", failed || (state === "waiting" && item.file !== undefined)],
      [this.#stop, "stop", state === "growing"],
    ] as const) {
      if (!shown && holdsFocus(button)) this.root.focus({ preventScroll: true });
      button.hidden = !shown;
      setText(button, say(word));
    }
  }
}

/** What a message says, in Markdown: an image may be but its address. */
function markdownOf({ type, file, text }: Item): string {
  const href = type === "image" && !file ? safeLink(text.trim()) : null;
  return href === null ? text : `![](<${href}>)`;
}

function isoOf(ts: number): string {
  const date = new Date(ts * 1000);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
