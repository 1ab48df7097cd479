// Panel: one view of the notifications: a head that counts what is unread, those of this moment, and the history on demand.

import { formatter } from "../text/format";
import { type Word, words } from "../text/words";
import { h, holdsFocus, setAttribute, setHidden, setText } from "../view/dom";
import { Eyes } from "../view/eyes";
import { Head } from "../view/head";
import { type Icon, icon } from "../view/icons";
import type { View } from "../view/live";
import type { Seen } from "./attention";
import type { Deed } from "./deeds";
import { List } from "./list";
import { type Notice, type NoticeType, seenOf } from "./notice";
import type { Notices } from "./notices";
import { Room } from "./room";
import type { Setting } from "./row";
import { type NoticeWord, noticeWords } from "./words";

/** What a panel shows, and what its buttons do. */
interface Source {
  readonly host: { readonly clock: { now(): number }; invalidate(): void };
  readonly notices: Notices;
  readonly locale: string;
  readonly zone: string;
  readonly now: number;
  readonly name: string;
  readonly paused: boolean;
  readonly state: string;
  readonly statusText: string;
  readonly error: string;
  readonly quiet: boolean;
  readonly away: number;
  readonly cleared: { count: number } | null;
  get<T>(name: string): T;
  togglePause(): void;
  mark(root: HTMLElement): void;
  look(): void;
  do(deed: Deed, seen: Seen[]): void;
  readAll(): void;
  clear(): void;
  undo(): void;
  beQuiet(on: boolean): void;
  act(notice: Notice): void;
  welcome(): void;
}

const TYPES: [NoticeType, Icon][] = [
  ["error", "cross"],
  ["warning", "triangle"],
  ["success", "check"],
  ["info", "disc"],
];

export class PanelView implements View {
  readonly #head: Head;
  readonly #badge = h("span", "rw-badge");
  readonly #history: HTMLButtonElement;
  readonly #readAll: HTMLButtonElement;
  readonly #clear: HTMLButtonElement;
  readonly #quiet: HTMLButtonElement;
  readonly #types = h("div", "rw-levels rw-notice-types");
  readonly #chips = new Map<NoticeType, { button: HTMLElement; name: HTMLElement; count: HTMLElement }>();
  readonly #list: List;
  readonly #eyes: Eyes;
  readonly #empty = h("div", "rw-empty");
  readonly #lines = h("div", "rw-notice-lines");
  readonly #away: Line;
  readonly #undo: Line;
  readonly #more = h("button", "rw-button rw-notice-more");
  readonly #older = h("div", "rw-notice-older");
  readonly #room: Room;
  /** Whether the reader, or another width, has changed what is shown since it was drawn last. */
  #acted = false;
  /** Types that the reader wants to see; none: all. */
  readonly #wanted = new Set<NoticeType>();
  #past = false;
  #whole = false;
  #hovered = false;
  #focused = false;

  constructor(
    readonly widget: Source,
    el: HTMLElement,
    readonly root: HTMLElement,
    signal: AbortSignal,
  ) {
    this.#head = new Head(widget, signal, () => widget.name);
    const tool = (glyph: Icon, word: NoticeWord, press: () => void) => {
      const button = this.#head.addButton(glyph, (locale) => noticeWords(locale)(word), press);
      button.toggleAttribute("data-rw-on", true);
      return button;
    };
    this.#history = tool("clock", "history", () => this.#look(!this.#past));
    this.#readAll = tool("checks", "read_all", () => widget.readAll());
    this.#clear = tool("bin", "clear", () => widget.clear());
    this.#quiet = tool("muted", "quiet", () => widget.beQuiet(!widget.quiet));
    this.#head.title.after(this.#badge);
    this.#head.title.tabIndex = -1; // the focus comes here when what had it is gone
    this.#eyes = new Eyes(() => widget.look(), signal);
    this.#list = new List(this.#eyes, (what, notice) => this.#pressed(what, notice), signal);
    this.#more.type = "button";
    this.#more.addEventListener("click", () => this.#unfold(), { signal });
    const line = (word: NoticeWord, press: () => void) => new Line(word, press, signal);
    this.#away = line("show_all", () => this.#look(true));
    this.#undo = line("undo", () => widget.undo());
    this.#lines.append(this.#undo.root, this.#away.root);
    this.#offerTypes(signal);
    const parts = [this.#types, this.#lines, this.#empty, this.#list.root, this.#older, this.#more];
    this.#room = new Room(parts, signal);
    this.root.append(this.#head.root, this.#room.root);
    this.root.addEventListener("click", () => this.measure(), { signal, capture: true });
    el.append(this.root);
    this.#followReader(signal);
  }

  /** Whether any of it can be seen. */
  get inView(): boolean {
    return this.#eyes.seen.has(this.#head.root) || this.#list.seen.length > 0;
  }

  /** Keys of the notifications that can be seen. */
  get seen(): string[] {
    return this.#list.seen;
  }

  /** Whether the reader is at its notifications. */
  get held(): boolean {
    return this.#hovered || this.#focused;
  }

  /** Whether time alone has changed its picture. */
  get ages(): boolean {
    return this.#list.ages(this.#setting) || this.#room.isOver(this.widget.host.clock.now());
  }

  measure(): void {
    this.#acted = true;
  }

  get #setting(): Setting {
    const { locale, zone, now } = this.widget;
    return { locale, zone, now, past: this.#past };
  }

  draw(): void {
    const { widget } = this;
    const { notices, locale } = widget;
    this.#head.draw();
    this.#head.pause.hidden = !widget.paused;
    setAttribute(this.root, "role", "region");
    setAttribute(this.root, "aria-label", widget.name);
    setText(this.#head.status, widget.statusText);
    this.#head.status.hidden = widget.state === "live" || widget.state === "loading";
    widget.mark(this.root);
    const { all, shown } = notices;
    const most = widget.get<number>("max_visible");
    if (!all.length) this.#past = this.#whole = false;
    const listed = this.#past ? this.#filtered(all) : this.#whole ? shown : shown.slice(0, most);
    this.#drawBadge(notices.unread);
    this.#drawLines();
    this.#drawTools(all.length > 0);
    this.#drawTypes(all);
    this.#list.draw(listed, this.#setting, this.#heir);
    this.root.toggleAttribute("data-rw-past", this.#past);
    this.#drawEmpty(all.length + notices.elsewhere, listed.length);
    const say = noticeWords(locale);
    const count = formatter({ name: "number" }, locale);
    const more = this.#past ? 0 : shown.length - most;
    setHidden(this.#more, more <= 0, this.#heir);
    setText(this.#more, this.#whole ? say("fewer") : say("more", count(more)));
    setAttribute(this.#more, "aria-expanded", String(this.#whole));
    this.#older.hidden = !this.#past || !notices.elsewhere;
    setText(this.#older, say("older", count(notices.elsewhere)));
    this.#room.settle(widget.host.clock.now(), this.#acted);
    this.#acted = false;
    widget.look(); // rows have come and gone
  }

  /** Where the focus goes when what had it goes: to the undo of what has just been done, or where it changes nothing. */
  get #heir(): HTMLElement {
    return this.#undo.root.hidden ? this.#head.title : this.#undo.button;
  }

  #filtered(all: Notice[]): Notice[] {
    return this.#wanted.size ? all.filter(({ type }) => this.#wanted.has(type)) : all;
  }

  #drawBadge(unread: number): void {
    const { locale } = this.widget;
    const count = formatter({ name: "number" }, locale)(unread);
    this.#badge.hidden = unread === 0;
    setText(this.#badge, count);
    const label = noticeWords(locale)("unread", count);
    setAttribute(this.#badge, "aria-label", label);
    setAttribute(this.#badge, "role", "img");
    if (this.#badge.title !== label) this.#badge.title = label;
  }

  #drawTools(any: boolean): void {
    const { widget } = this;
    setAttribute(this.#history, "aria-pressed", String(this.#past));
    setAttribute(this.#quiet, "aria-pressed", String(widget.quiet));
    for (const button of [this.#history, this.#readAll, this.#clear]) setHidden(button, !any, this.#heir);
  }

  #offerTypes(signal: AbortSignal): void {
    setAttribute(this.#types, "role", "group");
    for (const [type, glyph] of TYPES) {
      const button = h("button", "rw-button rw-chip");
      const name = h("span", "rw-label");
      const count = h("span", "rw-reading");
      button.type = "button";
      button.dataset.rwLevel = type;
      button.append(icon(glyph), name, count);
      const toggle = () => {
        if (!this.#wanted.delete(type)) this.#wanted.add(type);
        this.widget.host.invalidate();
      };
      button.addEventListener("click", toggle, { signal });
      this.#chips.set(type, { button, name, count });
      this.#types.append(button);
    }
  }

  #drawTypes(all: Notice[]): void {
    const { locale } = this.widget;
    const number = formatter({ name: "number" }, locale);
    setAttribute(this.#types, "aria-label", noticeWords(locale)("types"));
    setHidden(this.#types, !this.#past, this.#history);
    if (!this.#past) return;
    for (const [type, { button, name, count }] of this.#chips) {
      setText(name, words(locale)(type as Word));
      setText(count, number(all.filter((each) => each.type === type).length));
      setAttribute(button, "aria-pressed", String(this.#wanted.has(type)));
    }
  }

  #drawLines(): void {
    const { away, cleared, locale, paused } = this.widget;
    const say = noticeWords(locale);
    const number = formatter({ name: "number" }, locale);
    const { title } = this.#head;
    if (!away || !paused)
      this.#away.draw(away && !this.#past ? say("away", number(away)) : "", locale, title);
    this.#undo.draw(cleared ? say("cleared", number(cleared.count)) : "", locale, title);
    this.#lines.hidden = this.#away.root.hidden && this.#undo.root.hidden;
  }

  #drawEmpty(kept: number, listed: number): void {
    const { locale, error, state } = this.widget;
    const say = noticeWords(locale);
    this.#empty.hidden = listed > 0 && state !== "error";
    if (this.#empty.hidden) return;
    const count = formatter({ name: "number" }, locale)(kept);
    const none = kept ? `${say("none_new")} · ${say("in_history", count)}` : say("none");
    setText(
      this.#empty,
      state === "error"
        ? error
        : state === "loading"
          ? words(locale)("loading")
          : this.#past
            ? say("none_of_type")
            : none,
    );
  }

  // What the reader does

  #pressed(what: "close" | "act", notice: Notice): void {
    if (what === "act") {
      this.widget.act(notice);
      if (!notice.read) this.widget.do("read", [seenOf(notice)]);
    } else this.widget.do(this.#past ? "remove" : "dismiss", [seenOf(notice)]);
  }

  #look(past: boolean): void {
    this.#past = past;
    this.widget.welcome();
  }

  #unfold(): void {
    this.#whole = !this.#whole;
    this.widget.host.invalidate();
  }

  /** Follows where the reader's pointer and focus are, and whether the page is shown. */
  #followReader(signal: AbortSignal): void {
    const held = [this.#list.root, this.#lines, this.#more];
    const look = () => this.widget.look();
    const hover = (on: boolean) => (event: Event) => {
      this.#hovered = on && (event as PointerEvent).pointerType !== "touch"; // a finger does not leave
      look();
    };
    const focus = () => {
      this.#focused = held.some(holdsFocus) && this.root.querySelector(":focus-visible") !== null;
      look();
    };
    for (const el of held) {
      el.addEventListener("pointerenter", hover(true), { signal });
      el.addEventListener("pointerleave", hover(false), { signal });
      el.addEventListener("focusin", focus, { signal });
      el.addEventListener("focusout", () => queueMicrotask(focus), { signal });
    }
    document.addEventListener("visibilitychange", () => queueMicrotask(look), { signal });
    this.#eyes.watch(this.#head.root);
  }
}

/** A line above the notifications, with a button. */
class Line {
  readonly root = h("div", "rw-notice-line");
  readonly #text = h("span", "");
  readonly button = h("button", "rw-button");
  readonly #word: NoticeWord;

  constructor(word: NoticeWord, press: () => void, signal: AbortSignal) {
    this.#word = word;
    this.button.type = "button";
    this.button.addEventListener("click", press, { signal });
    this.root.append(this.#text, this.button);
    this.root.hidden = true;
  }

  draw(text: string, locale: string, heir: HTMLElement): void {
    setText(this.#text, text);
    setText(this.button, noticeWords(locale)(this.#word));
    setHidden(this.root, !text, heir);
  }
}
