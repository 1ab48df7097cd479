// Panel: one view of a chat: its head, the rooms, the messages of the chosen one, who types, and where to write.

import { formatter } from "../text/format";
import { words } from "../text/words";
import { h, holdsFocus, setAttribute, setHidden, setText } from "../view/dom";
import { Eyes } from "../view/eyes";
import { Head } from "../view/head";
import { icon } from "../view/icons";
import type { View } from "../view/live";
import type { Setting } from "./bubble";
import { Composer } from "./composer";
import { Enlarged } from "./enlarged";
import { type Entry, entriesOf } from "./entries";
import { Hands } from "./hands";
import { type Item, isNews } from "./item";
import { List } from "./list";
import { newestOf } from "./order";
import { typingText } from "./people";
import { Rooms } from "./rooms";
import type { Source } from "./source";
import { Tools } from "./tools";
import type { Chosen } from "./uploads";
import { chatWords } from "./words";

export class ChatPanel implements View {
  readonly #head: Head;
  readonly #rooms: Rooms;
  readonly #list: List;
  readonly #hands: Hands;
  readonly #eyes: Eyes;
  readonly #composer: Composer;
  readonly #empty = h("div", "rw-chat-empty");
  readonly #jump = h("button", "rw-button rw-chat-jump");
  readonly #jumpText = h("span", "");
  readonly #trouble = h("div", "rw-chat-trouble");
  readonly #typing = h("div", "rw-chat-typing");
  readonly #typingText = h("span", "rw-chat-types");
  /** The room that is shown. */
  room: string | null = null;
  /** Place after which the news of this room began when the reader came, or left; null: nowhere. */
  #line: number | null = null;
  /** Place up to which the reader of this view has been at the newest. */
  #seen = Number.NEGATIVE_INFINITY;
  /** The message that is changed. */
  #edited = "";
  /** What is shown while the picture is held; null: it is not. */
  #held: Set<string> | null = null;
  #made: { of: readonly Item[]; zone: string; line: number | null; entries: Entry[] } | null = null;
  #newestRow: HTMLElement | null = null;
  #newestPlace = Number.NEGATIVE_INFINITY;

  constructor(
    readonly widget: Source,
    el: HTMLElement,
    readonly root: HTMLElement,
    signal: AbortSignal,
  ) {
    const redraw = () => widget.host.invalidate();
    this.#head = new Head(widget, signal, () => widget.name);
    this.#rooms = new Rooms((room) => widget.choose(room), signal);
    this.#eyes = new Eyes(() => widget.look(), signal);
    const { files } = widget;
    const enlarged = new Enlarged(el, files, signal);
    this.#list = new List(
      {
        react: (item, reaction, on) => widget.wish({ what: "react", about: { key: item.key, reaction, on } }),
        edited: (item, text) => this.#finish(item, text),
        retry: ({ key }) => widget.wish({ what: "retry", about: { key } }),
        discard: ({ key }) => widget.wish({ what: "discard", about: { key } }),
        stop: ({ key }) => widget.wish({ what: "stop", about: { key } }),
        files: {
          look: (item) => files.look(item),
          want: (item) => files.want(item),
          hold: (key, on) => files.hold(key, on),
          spoil: (key) => files.spoil(key),
          save: (item) => files.save(item),
          enlarge: (item, from) => enlarged.open(item, widget.locale, from),
        },
      },
      redraw,
      signal,
    );
    const tools = new Tools(
      {
        get locale() {
          return widget.locale;
        },
        after: (ms, fn) => widget.host.clock.after(ms, fn),
        react: (item, reaction, on) => widget.wish({ what: "react", about: { key: item.key, reaction, on } }),
        edit: (item) => this.#edit(item),
        remove: ({ key }) => {
          this.#list.root.focus({ preventScroll: true });
          widget.wish({ what: "delete", about: { key } });
        },
      },
      signal,
    );
    this.#hands = new Hands(
      this.#list,
      tools,
      () => this.#edited,
      () => this.#toEnd(),
      signal,
    );
    this.#composer = new Composer({
      signal,
      clock: widget.host.clock,
      drafts: widget.drafts,
      pictures: files.pictures,
      around: root,
      most: () => widget.mostBytes,
      onSend: (text, chosen) => this.#send(text, chosen),
      onTyping: (on) => widget.type(on),
    });
    this.#jump.type = "button";
    this.#jump.append(icon("newest"), this.#jumpText);
    this.#jump.addEventListener("click", () => this.#toEnd(), { signal });
    this.root.tabIndex = -1; // the focus comes here from where it is written
    setAttribute(this.#typing, "role", "status");
    const dots = h("span", "rw-chat-dots");
    setAttribute(dots, "aria-hidden", "true");
    dots.append(h("i", ""), h("i", ""), h("i", ""));
    this.#typing.append(dots, this.#typingText);
    this.#typingText.dir = "auto";
    setAttribute(this.#trouble, "role", "status");
    const place = h("div", "rw-chat-place");
    place.append(this.#list.root, this.#empty, this.#jump);
    const main = h("div", "rw-chat-main");
    main.append(place, this.#trouble, this.#typing, this.#composer.root);
    const body = h("div", "rw-chat-body");
    body.append(this.#rooms.root, main);
    this.root.append(this.#head.root, body);
    document.addEventListener("visibilitychange", () => queueMicrotask(() => widget.look()), { signal });
    this.#eyes.watch(place);
    el.append(this.root);
  }

  /** Place of the newest message when it can be seen; null: it cannot. */
  get sees(): number | null {
    const row = this.#newestRow;
    return row && this.#eyes.seen.has(row) && !this.#list.hold.hidden ? this.#newestPlace : null;
  }

  /** Whether any of it can be seen. */
  get inView(): boolean {
    return this.#eyes.seen.has(this.#list.root.parentElement!);
  }

  draw(): void {
    const { widget } = this;
    this.#drawHead();
    const chosen = widget.chosen;
    if (chosen !== this.room) this.#open(chosen);
    const messages = this.#shown(widget.messages);
    this.#drawHeld(messages);
    this.#drawRooms();
    this.#drawList(messages);
    this.#drawBelow(messages);
    widget.mark(this.root);
    widget.look();
  }

  // What is drawn

  #drawHead(): void {
    const { widget } = this;
    this.#head.draw();
    this.#head.pause.hidden = !widget.paused;
    setAttribute(this.root, "role", "region");
    for (const each of [this.root, this.#list.root]) setAttribute(each, "aria-label", widget.name);
    setAttribute(this.root, "style", `--rw-chat-height: ${widget.get<number>("height") ?? 420}px`);
    this.#head.status.hidden = widget.state === "live" || widget.state === "loading";
    setText(this.#head.status, widget.statusText);
  }

  /** A picture that is held says how much it does not show. */
  #drawHeld(messages: readonly Item[]): void {
    const { widget } = this;
    if (widget.state !== "paused") return;
    const shown = new Set(messages);
    const count = widget.messages.filter((item) => isNews(item) && !shown.has(item)).length;
    const number = formatter({ name: "number" }, widget.locale)(count);
    if (count) setText(this.#head.status, chatWords(widget.locale)("paused_new", number));
  }

  #drawRooms(): void {
    const { widget } = this;
    const { rooms, locale, zone, now, chosen } = widget;
    const wanted = widget.get<boolean | "auto">("show_rooms") ?? "auto";
    setHidden(this.#rooms.root, wanted === "auto" ? rooms.length < 2 : !wanted, this.#list.root);
    this.root.toggleAttribute("data-rw-lone", this.#rooms.root.hidden === true);
    if (this.#rooms.root.hidden) return;
    const unread = (room: string) => widget.unread(room);
    const typing = (room: string) => (room === chosen ? "" : typingText(widget.typing(room), locale));
    this.#rooms.draw({ rooms, locale, zone, now, chosen, unread, typing });
  }

  #drawList(messages: readonly Item[]): void {
    const { widget } = this;
    const entries = this.#entriesOf(messages);
    const say = chatWords(widget.locale);
    const name = widget.rooms.find(({ id }) => id === widget.chosen)?.name ?? "";
    const edge = !messages.length ? "" : widget.more ? say("older_loading") : name && say("start", name);
    this.#list.draw(entries, edge, this.#setting);
    if (this.#list.hold.on) this.#seen = Math.max(this.#seen, newestOf(messages)?.place ?? this.#seen);
    if (!this.#list.hold.hidden || !messages.length) widget.wantOlder(this.#list.near);
    this.#watch(newestOf(messages));
    this.#hands.draw();
  }

  #drawBelow(messages: readonly Item[]): void {
    const { widget } = this;
    const { locale, chosen } = widget;
    const say = chatWords(locale);
    const number = formatter({ name: "number" }, locale);
    const fresh = newsAfter(messages, this.#seen);
    const away = !this.#list.hold.on && messages.length > 0 && !this.#list.hold.hidden;
    setHidden(this.#jump, !away, this.#list.root);
    setText(this.#jumpText, fresh ? say("new_below", number(fresh)) : "");
    setAttribute(
      this.#jump,
      "aria-label",
      fresh ? `${say("to_newest")}: ${say("new_below", number(fresh))}` : say("to_newest"),
    );
    this.#jump.title = say("to_newest");
    this.#jump.toggleAttribute("data-rw-new", fresh > 0);
    const why = this.#why(messages.length);
    this.#empty.hidden = why === "";
    setText(this.#empty, why);
    setText(this.#trouble, widget.trouble);
    this.#trouble.hidden = !widget.trouble;
    const typing = typingText(widget.typing(chosen), locale);
    setText(this.#typingText, typing);
    this.#typing.toggleAttribute("data-rw-on", typing !== "");
    this.#composer.room = chosen;
    this.#composer.disabled = widget.closed ?? (chosen ? null : "");
    this.#composer.draw(locale, widget.get<string>("placeholder") ?? "");
  }

  /** Why there is nothing to be read; empty: there is. */
  #why(count: number): string {
    const { widget } = this;
    const say = chatWords(widget.locale);
    if (widget.state === "error") return widget.error;
    if (widget.state === "loading") return words(widget.locale)("loading");
    if (!widget.chosen) return say(widget.rooms.length ? "choose_room" : "no_rooms");
    return count ? "" : say("no_messages");
  }

  get #setting(): Setting {
    const { widget } = this;
    return {
      locale: widget.locale,
      zone: widget.zone,
      now: widget.now,
      remoteImages: widget.remoteImages,
      closed: widget.closed !== null,
      waits: (item) => widget.waitText(item),
      readers: (item) => widget.readers(item),
      edits: ({ key }) => key === this.#edited,
    };
  }

  #entriesOf(messages: readonly Item[]): Entry[] {
    const { zone } = this.widget;
    const made = this.#made;
    if (made && made.of === messages && made.zone === zone && made.line === this.#line) return made.entries;
    const entries = entriesOf(messages, zone, this.#line);
    this.#made = { of: messages, zone, line: this.#line, entries };
    return entries;
  }

  /** While the picture is held, what has come since waits, but for what the reader says. */
  #shown(messages: readonly Item[]): readonly Item[] {
    if (!this.widget.paused) {
      this.#held = null;
      return messages;
    }
    this.#held ??= new Set(messages.map(({ key }) => key));
    return messages.filter(({ key, own }) => own || this.#held!.has(key));
  }

  // Where the reader is

  #open(room: string): void {
    this.room = room;
    this.#edited = "";
    this.#held = null;
    this.#hands.leave();
    this.#watch(null);
    this.#list.open();
    const { readTo } = this.widget;
    this.#line = this.widget.unread(room) > 0 ? readTo : null;
    this.#seen = Number.NEGATIVE_INFINITY;
  }

  /** What comes while nobody looks begins below a line. */
  leaveLine(): void {
    const { readTo } = this.widget;
    const line = this.#line ?? Number.NEGATIVE_INFINITY;
    if (line < readTo || this.#line === null) this.#line = readTo;
  }

  /** Has the newest message looked at. */
  #watch(last: Item | null): void {
    const row = last && this.#list.rowOf(last.key);
    if (row === this.#newestRow) {
      if (last) this.#newestPlace = last.place;
      return;
    }
    if (this.#newestRow) this.#eyes.forget(this.#newestRow);
    this.#newestRow = row;
    this.#newestPlace = last?.place ?? Number.NEGATIVE_INFINITY;
    if (row) this.#eyes.watch(row);
  }

  #toEnd(): void {
    if (holdsFocus(this.#jump)) this.#list.root.focus({ preventScroll: true });
    this.#list.toEnd();
  }

  // What the reader does

  #send(text: string, files: readonly Chosen[]): boolean {
    const done = this.widget.send(text, files);
    if (done) {
      this.#line = null;
      this.#list.toEnd();
    }
    return done;
  }

  #edit(item: Item): void {
    this.#edited = item.key;
    this.#hands.leave();
    this.widget.host.invalidate();
  }

  #finish(item: Item, text: string | null): void {
    this.#edited = "";
    if (text !== null && text !== item.text)
      this.widget.wish({ what: "edit", about: { key: item.key, text } });
    this.widget.host.invalidate();
  }
}

function newsAfter(messages: readonly Item[], place: number): number {
  let count = 0;
  for (let i = messages.length - 1; i >= 0 && messages[i]!.place > place; i--)
    if (isNews(messages[i]!)) count++;
  return count;
}
