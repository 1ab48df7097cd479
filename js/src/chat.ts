// Chat: the page's half. Rooms, and what is said in them; what a reader says is there at once, and told until it has arrived.

import { percentOf } from "./lib/chat/attachment";
import composerStyles from "./lib/chat/composer.css";
import { Conversation } from "./lib/chat/conversation";
import { Drafts, tabStorage } from "./lib/chat/drafts";
import { Files } from "./lib/chat/files";
import { type ChatBody, type Item, isNews, type RoomRow } from "./lib/chat/item";
import { plainText } from "./lib/chat/markdown";
import markdownStyles from "./lib/chat/markdown.css";
import { newestOf, PENDING } from "./lib/chat/order";
import { Outbox } from "./lib/chat/outbox";
import { ChatPanel } from "./lib/chat/panel";
import type { Allowed } from "./lib/chat/remote_images";
import { shownName } from "./lib/chat/saving";
import { unsentItems } from "./lib/chat/unsent";
import type { Chosen } from "./lib/chat/uploads";
import { type Wish, Wishes } from "./lib/chat/wishes";
import { chatWords } from "./lib/chat/words";
import type { Meaning } from "./lib/hop/cursor";
import type { Part } from "./lib/hop/frames";
import type { KernelLife } from "./lib/hop/kernel";
import { define } from "./lib/hop/slot";
import type { Host } from "./lib/hop/widget";
import type { Model } from "./lib/hop/wire";
import { formatter } from "./lib/text/format";
import { LiveWidget, type View } from "./lib/view/live";
import styles from "./messages.css";

/** After so long without a word of the kernel, a message says what it waits for. */
const WAITS_MS = 1_000;
/** The kernel is told at most once in that time what was read. */
const READ_MS = 1_000;
/** Words may get lost: what the kernel has not confirmed is told again after a while, then after twice that. */
const AGAIN_MS = 10_000;
const MOST_AGAIN_MS = 120_000;
/** So many messages are said one by one, so many characters of each. */
const FEW = 3;
const MOST_SAID = 200;
/** Bytes of a file, where the kernel does not say how many it takes. */
const MOST_BYTES = 10 * 1024 * 1024;

/** A question, until it is answered. */
interface Asked {
  before: number | null;
  due: number;
  pause: number;
}

export class Chat extends LiveWidget {
  static override readonly settings = [
    "height",
    "placeholder",
    "show_rooms",
    "max_file_bytes",
    "remote_images",
  ];
  static override readonly styles = styles + markdownStyles + composerStyles;

  readonly conversation = new Conversation();
  readonly drafts = new Drafts(tabStorage(), this.#stored("drafts"));
  readonly files: Files;
  readonly #outbox = new Outbox(tabStorage(), this.#stored("outbox"), () => 1000 * this.now);
  /** When what waits was written, milliseconds by the page's clock; what an earlier page has left is not here. */
  readonly #written = new Map<string, number>();
  readonly #wishes = new Wishes();
  readonly #panels = new Set<ChatPanel>();
  #reached = false;
  #spokeAt = 0;
  /** The room that the reader has chosen, until the kernel says the same. */
  #wanted: { room: string; due: number; pause: number } | null = null;
  readonly #asked = new Map<string, Asked>();
  /** What was read, and has not been told: room → place. */
  readonly #readNow = new Map<string, number>();
  #readAt = Number.NEGATIVE_INFINITY;
  /** Whether nobody has looked for a while since the kernel spoke last. */
  #away = false;
  #later: (() => void) | null = null;
  #waiting: (() => void) | null = null;
  #messages: { of: readonly Item[]; room: string; also: string; all: readonly Item[] } | null = null;
  /** What those who listen are to be told of. */
  #untold: Item[] = [];
  #done: string[] = [];
  #turn = 0;

  constructor(model: Model, host: Host, signal: AbortSignal) {
    super(model, host, signal);
    this.files = new Files(
      {
        clock: host.clock,
        ask: (what, about) => host.ask(what, about),
        changed: () => host.invalidate(),
        done: (word, name) => this.#tellDone(word, name),
      },
      signal,
    );
  }

  /** The name by which something is kept while the tab is open. */
  #stored(what: string): string {
    return `realtime_widgets/chat/${this.get<string>("_rw_id")}/${what}`;
  }

  protected get empty(): boolean {
    return false;
  }

  get lastTs(): number | null {
    return newestOf(this.conversation.items(this.chosen))?.ts ?? null;
  }

  /** Seconds since 1970, by the clock of the records. */
  get now(): number {
    const { wall } = this.conversation;
    return wall ? wall + (this.host.clock.now() - this.#spokeAt) / 1000 : Date.now() / 1000;
  }

  protected take(part: Part, meaning: Meaning): void {
    if (part.feed !== "0" || (meaning !== "replace" && meaning !== "append")) return;
    const body = part.body as unknown as ChatBody;
    this.#spokeAt = this.host.clock.now();
    const first = !this.#reached;
    this.#reached = true;
    const fresh = this.conversation.take(body, meaning === "replace");
    const wanted = this.#wanted?.room;
    if (wanted === this.conversation.room || !this.conversation.rooms.some(({ id }) => id === wanted))
      this.#wanted = null;
    for (const { room } of body.answers ?? []) this.#asked.delete(room);
    if (body.file) this.files.take(body.file, part.columns.file as Uint8Array | undefined);
    this.#settle(body.items ?? []);
    this.#wishes.settle((key) => this.conversation.item(key));
    this.#leaveLine(fresh);
    if (first) for (const topic of ["messages", "files"]) this.tell(topic, "", () => "");
    else this.#tellOf(fresh);
  }

  override tick(kernel: KernelLife): void {
    super.tick(kernel);
    this.look();
    this.files.tick(!this.kernelGone);
    if (!this.kernelGone) this.#confirm();
  }

  /** What waits says for what, as soon as that is known; what was asked may have to be asked again; and days end. */
  protected override get moves(): boolean {
    const asks = this.#outbox.waiting.length > 0 || this.#asked.size > 0 || this.files.moves;
    return asks || Math.floor(this.now / 60) !== this.#minute;
  }
  #minute = 0;

  override draw(): number {
    this.#minute = Math.floor(this.now / 60);
    return super.draw();
  }

  // What there is

  /** The room that is shown. */
  get chosen(): string {
    return this.#wanted?.room ?? this.conversation.room;
  }

  get rooms(): RoomRow[] {
    return this.conversation.rooms;
  }

  get trouble(): string {
    return this.conversation.trouble;
  }

  get closed(): string | null {
    if (this.kernel === "ended") return chatWords(this.locale)("kernel_over");
    return this.conversation.over ? "" : null; // what is the matter is said above it
  }

  get more(): boolean {
    return this.conversation.more(this.chosen);
  }

  get readTo(): number {
    return this.conversation.readTo(this.chosen);
  }

  unread(room: string): number {
    return this.conversation.unread(room);
  }

  typing(room: string): string[] {
    return this.conversation.typing(room);
  }

  /** The messages of the chosen room: those that the kernel has, as the reader wants them, and those that wait here. */
  get messages(): readonly Item[] {
    const room = this.chosen;
    const of = this.conversation.items(room);
    const texts = this.#outbox.waiting.filter(
      (each) => each.room === room && !this.conversation.has(each.id),
    );
    const files = this.files.uploads.all.filter((each) => each.room === room);
    const known = files.map(({ chosen: { id, type, width }, failed }) => [id, type, width, failed]);
    const also = JSON.stringify([texts.map(({ id }) => id), known, this.#wishes.version, this.locale]);
    const made = this.#messages;
    if (made && made.of === of && made.room === room && made.also === also) return made.all;
    const wanted = this.#wishes.any ? of.flatMap((item) => this.#wishes.shown(item) ?? []) : of;
    const { me } = this.conversation;
    const unreadable = chatWords(this.locale)("unreadable");
    const waits = texts.length + files.length > 0;
    const all = waits ? [...wanted, ...unsentItems(texts, files, { me, room, unreadable })] : wanted;
    this.#messages = { of, room, also, all };
    return all;
  }

  /** What a message waits for that the kernel does not have; empty: it has not for long. */
  waitText({ state, key }: Item): string {
    if (state !== "waiting") return "";
    const say = chatWords(this.locale);
    if (this.kernel === "ended") return say("kernel_stopped");
    const upload = this.files.uploads.of(key);
    const since = upload ? upload.since : (this.#written.get(key) ?? Number.NEGATIVE_INFINITY);
    const recent = since !== null && this.host.clock.now() - since < WAITS_MS;
    if (upload && (since === null ? this.kernel === "alive" : recent))
      return say("sending_share", percentOf(upload.told / upload.chosen.file.size, this.locale));
    if (recent) return "";
    return say(this.kernel === "silent" ? "waiting_kernel" : "waiting_cell");
  }

  get mostBytes(): number {
    return this.get<number | undefined>("max_file_bytes") || MOST_BYTES;
  }

  get remoteImages(): Allowed {
    return this.get<Allowed | undefined>("remote_images") ?? false;
  }

  /** Who else has read a message of the reader. */
  readers({ own, room, place, kind }: Item): string {
    if (!own || kind !== "message" || place >= PENDING) return "";
    const names = this.conversation.readers(room, place);
    return names.length ? new Intl.ListFormat(this.locale, { type: "unit" }).format(names) : "";
  }

  // What the reader does

  choose(room: string): void {
    if (room === this.chosen) return;
    const now = this.host.clock.now();
    this.#wanted = room === this.conversation.room ? null : { room, due: now + AGAIN_MS, pause: AGAIN_MS };
    this.host.ask("room", { room });
    this.host.invalidate();
  }

  /** Says something in the chosen room, with files or without; whether there is a place for it. */
  send(text: string, files: readonly Chosen[]): boolean {
    const room = this.chosen;
    if (!room) return false;
    if (!(files.length ? this.files.send(room, files, text, 1000 * this.now) : this.#say(text))) return false;
    this.#waiting?.();
    this.#waiting = this.host.clock.after(WAITS_MS, () => this.host.invalidate());
    this.host.invalidate();
    return true;
  }

  #say(text: string): boolean {
    const added = this.#outbox.add(this.chosen, text);
    if (!added) return false;
    this.#written.set(added.id, this.host.clock.now());
    this.#tellOutbox();
    return true;
  }

  type(on: boolean): void {
    if (this.chosen) this.host.ask("typing", { room: this.chosen, on });
  }

  wish(wish: Wish): void {
    if (this.files.wish(wish.what, wish.about.key)) return;
    this.#wishes.add(wish, this.host.clock.now());
    this.host.ask(wish.what, wish.about);
    this.host.invalidate();
  }

  /** Asks for older messages where some are missing, and for what was not answered once more. */
  wantOlder(near: number): void {
    const room = this.chosen;
    const before = this.conversation.needs(room, near);
    if (before === undefined || this.kernelGone) return;
    const now = this.host.clock.now();
    const asked = this.#asked.get(room);
    if (asked?.before === before && now < asked.due) return;
    const pause = asked?.before === before ? Math.min(2 * asked.pause, MOST_AGAIN_MS) : AGAIN_MS;
    this.#asked.set(room, { before, due: now + pause, pause });
    this.host.ask("older", { room, before });
  }

  #settle(items: Item[]): void {
    const keys = items.map(({ key }) => key);
    this.#outbox.settle(keys);
    for (const key of keys) this.#written.delete(key);
    for (const key of this.files.settle(items)) this.wish({ what: "delete", about: { key } });
  }

  #tellOutbox(): void {
    for (const { id, room, text } of this.#outbox.due(this.host.clock.now()))
      this.host.ask("send", { id, room, text });
  }

  /** Tells the kernel once more what it has not confirmed. */
  #confirm(): void {
    const now = this.host.clock.now();
    this.#tellOutbox();
    for (const { what, about } of this.#wishes.due(now)) this.host.ask(what, about);
    const wanted = this.#wanted;
    if (!wanted || now < wanted.due) return;
    wanted.pause = Math.min(2 * wanted.pause, MOST_AGAIN_MS);
    wanted.due = now + wanted.pause;
    this.host.ask("room", { room: wanted.room });
  }

  // What was read

  /** Whether anybody looks at it. */
  get #looked(): boolean {
    return this.host.visible && [...this.#panels].some(({ inView }) => inView);
  }

  /** Has a line above what came while nobody looked: a hidden page is told of that when it is shown again. */
  #leaveLine(fresh: Item[]): void {
    const { chosen } = this;
    if (this.#away && fresh.some(({ room }) => room === chosen))
      for (const panel of this.#panels) if (panel.room === chosen) panel.leaveLine();
    if (this.#looked) this.#away = false;
  }

  /** Looks where the reader is: who sees the newest message has read the room. */
  look(): void {
    if (!this.#looked) this.#away = true;
    if (!this.host.visible || this.paused) return;
    const room = this.chosen;
    const seen = [...this.#panels].filter(({ inView }) => inView).map(({ sees }) => sees);
    const place = Math.max(...seen.map((each) => each ?? Number.NEGATIVE_INFINITY));
    if (!this.conversation.read(room, place)) return;
    this.#readNow.set(room, place);
    this.host.invalidate();
    this.#tellRead();
  }

  #tellRead(): void {
    const now = this.host.clock.now();
    const wait = this.#readAt + READ_MS - now;
    if (wait > 0) {
      this.#later ??= this.host.clock.after(wait, () => {
        this.#later = null;
        this.#tellRead();
      });
      return;
    }
    if (!this.#readNow.size) return;
    this.#readAt = now;
    for (const [room, place] of this.#readNow) this.host.ask("read", { room, place });
    this.#readNow.clear();
  }

  // What it says to those who listen

  /** Says what others have said in the room that is shown. */
  #tellOf(fresh: Item[]): void {
    if (!this.views) this.#untold = [];
    const own = fresh.filter((item) => item.room === this.chosen && isNews(item));
    if (!own.length) return;
    this.#untold.push(...own);
    this.#turn += 1;
    this.tell("messages", String(this.#turn), () => this.#news());
  }

  /** Says that files have come to their ends, all that have at once. */
  #tellDone(word: "file_sent" | "downloaded", name: string): void {
    if (!this.views) this.#done = [];
    this.#done.push(chatWords(this.locale)(word, shownName(name)));
    this.#turn += 1;
    this.tell("files", String(this.#turn), () => this.#done.splice(0).join(", "));
  }

  #news(): string {
    const told = this.#untold;
    this.#untold = [];
    const say = chatWords(this.locale);
    if (told.length > FEW) return say("fresh", formatter({ name: "number" }, this.locale)(told.length));
    return told.map((item) => say("by", item.name, this.#said(item))).join(" ");
  }

  #said({ type, text, file }: Item): string {
    const say = chatWords(this.locale);
    if (type !== "text") return [say(type), text || file?.name].filter(Boolean).join(" ");
    const plain = plainText(text);
    return plain.length > MOST_SAID ? `${plain.slice(0, MOST_SAID)}…` : plain;
  }

  protected view(el: HTMLElement, signal: AbortSignal): View {
    const panel = new ChatPanel(this, el, this.root("chat"), signal);
    this.#panels.add(panel);
    signal.addEventListener("abort", () => {
      this.#panels.delete(panel);
      this.#waiting?.();
    });
    return panel;
  }
}

define("chat", Chat);
