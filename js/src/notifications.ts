// Notifications: the page's half. What has happened, before somebody's eyes for as long as it takes, and then in the history.

import type { Meaning } from "./lib/hop/cursor";
import type { Part } from "./lib/hop/frames";
import type { KernelLife } from "./lib/hop/kernel";
import { define } from "./lib/hop/slot";
import { Attention, type Seen } from "./lib/notices/attention";
import type { Deed } from "./lib/notices/deeds";
import { type Notice, type NoticesBody, seenOf } from "./lib/notices/notice";
import { Notices } from "./lib/notices/notices";
import { PanelView } from "./lib/notices/panel";
import { noticeWords } from "./lib/notices/words";
import { formatter } from "./lib/text/format";
import { words } from "./lib/text/words";
import { LiveWidget, type View } from "./lib/view/live";
import styles from "./notices.css";

/** When the kernel is told again what it has not confirmed, words may get lost; then after twice that, up to the second. */
const TELL_AGAIN_MS = 10_000;
const MAX_TELL_MS = 120_000;
/** Of those that leave by themselves so many times as are shown wait to be; the older are in the history. */
const WAITING = 2;
/** What arrived so much longer ago than somebody looks came while nobody did. */
const SLACK_S = 1;
/** So many are told one by one. */
const FEW = 3;
/** How long a clear can be undone here. */
const UNDO_MS = 10_000;

/** Stands for the line that offers an undo: like a notification it goes when it was long enough on screen. */
const UNDO_KEY = "\0undo";

export class Notifications extends LiveWidget {
  static override readonly settings = ["max_visible", "auto_read", "do_not_disturb"];
  static override readonly styles = styles;

  readonly notices = new Notices();
  readonly #panels = new Set<PanelView>();
  readonly #attention: Attention;
  #cancel: (() => void) | null = null;
  #tellAt = 0;
  #tellPause = TELL_AGAIN_MS;
  #reached = false;
  /** Since when somebody looks; null: nobody does. */
  #lookingSince: number | null = null;
  /** Whether the kernel has told of anything new since then: while nobody looks it may not. */
  #heard = true;
  /** The turn when somebody looked last; null: nobody has. */
  #leftAt: number | null = null;
  /** What came while nobody looked, in however many parts. */
  readonly #missed = new Set<string>();
  /** How many came while nobody looked; 0: none, or the reader knows. */
  away = 0;
  /** What can be undone: how many were cleared, and by which name the kernel knows them. */
  cleared: { count: number; group: string } | null = null;
  /** What the reader wants of being disturbed, until the kernel says the same. */
  #quiet: boolean | null = null;
  /** What those who listen are to be told of. */
  #untold: Record<"news" | "alarm", Notice[]> = { news: [], alarm: [] };

  constructor(...args: ConstructorParameters<typeof LiveWidget>) {
    super(...args);
    this.#attention = new Attention(this.host.clock.now());
  }

  protected get empty(): boolean {
    return false;
  }

  get lastTs(): number | null {
    return this.notices.all.reduce<number | null>((last, { ts }) => Math.max(last ?? ts, ts), null);
  }

  /** Seconds since 1970, by the clock of the records. */
  get now(): number {
    return this.notices.wall + (this.host.clock.now() - this.#spokeAt) / 1000;
  }
  #spokeAt = 0;

  get quiet(): boolean {
    return this.#quiet ?? this.get<boolean>("do_not_disturb");
  }

  /** "2 min ago" grows old by itself. */
  protected override get moves(): boolean {
    return [...this.#panels].some((panel) => panel.ages);
  }

  protected take(part: Part, meaning: Meaning): void {
    if (part.feed !== "0" || (meaning !== "replace" && meaning !== "append")) return;
    this.#hold();
    this.#spokeAt = this.host.clock.now();
    const first = !this.#reached;
    this.#reached = true;
    const fresh = this.notices.take(part.body as unknown as NoticesBody, meaning === "replace");
    if (first) for (const topic of ["news", "alarm"] as const) this.tell(topic, "", () => "");
    else this.#tellOf(fresh);
    const here = fresh.filter(({ shown }) => shown);
    if (!first && this.#quiet) this.do("hide", here.map(seenOf)); // the kernel does not know yet
    this.#noteAway(here);
    if (this.cleared && !this.notices.canUndo(this.cleared.group)) this.cleared = null;
    this.#tidy();
  }

  override draw(): number {
    this.#hold();
    return super.draw();
  }

  /** While paused what there is stands still, but for what the reader does. */
  #hold(): void {
    const on = this.paused && this.#reached;
    if (this.notices.hold(on) && !on) this.#tidy();
  }

  #tidy(): void {
    if (this.paused) return;
    this.#fold();
    this.#letGo();
    if (!this.notices.unread) this.away = 0;
    this.#attend();
  }

  override tick(kernel: KernelLife): void {
    this.look();
    super.tick(kernel);
    if (this.host.clock.now() >= this.#tellAt && !this.kernelGone) this.#confirm();
  }

  override refresh(): void {
    if (this.#quiet === this.get<boolean>("do_not_disturb")) this.#quiet = null;
    this.#attend();
    super.refresh();
  }

  // What the reader does

  do(deed: Deed, seen: Seen[]): void {
    if (!seen.length) return;
    this.notices.do(deed, seen);
    this.#ask(deed, { seen });
    this.#attend();
    this.host.invalidate();
  }

  readAll(): void {
    const { turn } = this.notices;
    this.notices.readAll();
    this.away = 0;
    this.#ask("read_all", { turn });
    this.#attend();
    this.host.invalidate();
  }

  clear(): void {
    const group = `${this.notices.turn}-${Math.random().toString(36).slice(2)}`;
    const count = this.notices.clear(group);
    this.cleared = { count, group };
    this.away = 0;
    this.#ask("clear", this.notices.clearing);
    this.#attend();
    this.host.invalidate();
  }

  undo(): void {
    if (!this.cleared) return;
    this.notices.undo();
    this.cleared = null;
    this.#ask("undo", this.notices.undoing);
    this.#attend();
    this.host.invalidate();
  }

  beQuiet(on: boolean): void {
    this.#quiet = on;
    this.#ask("quiet", on);
    this.host.invalidate();
  }

  act({ key }: Notice): void {
    this.#ask("act", { key });
  }

  /** The reader knows of what came while nobody looked. */
  welcome(): void {
    this.away = 0;
    this.host.invalidate();
  }

  #ask(what: string, about: unknown): void {
    this.#tellPause = TELL_AGAIN_MS;
    this.#tellAt = this.host.clock.now() + TELL_AGAIN_MS;
    this.host.ask(what, about);
  }

  /** Tells the kernel once more what it has not confirmed. */
  #confirm(): void {
    const { clearing, undoing, readTo, unconfirmed } = this.notices;
    if (clearing) this.host.ask("clear", clearing);
    if (undoing) this.host.ask("undo", undoing);
    if (readTo) this.host.ask("read_all", { turn: readTo });
    for (const [deed, seen] of unconfirmed) this.host.ask(deed, { seen });
    if (this.#quiet !== null) this.host.ask("quiet", this.#quiet);
    this.#tellPause = Math.min(2 * this.#tellPause, MAX_TELL_MS);
    this.#tellAt = this.host.clock.now() + this.#tellPause;
  }

  // What is before the reader's eyes

  /** Looks where the reader is. */
  look(): void {
    const { clock, visible } = this.host;
    const panels = [...this.#panels].filter((panel) => visible && panel.inView && !this.paused);
    const looking = panels.length > 0 && !this.kernelGone;
    const eyes = new Set(panels.flatMap((panel) => panel.seen));
    if (this.cleared) eyes.add(`${UNDO_KEY}${this.cleared.group}`);
    const held = panels.some((panel) => panel.held);
    this.#attention.look(clock.now(), looking, held, eyes);
    if (looking && this.#lookingSince === null) {
      this.#lookingSince = clock.now();
      this.#heard = false;
    } else if (!looking && this.#lookingSince !== null) {
      this.#lookingSince = null;
      this.#missed.clear();
      this.#leftAt = this.notices.latest;
    }
    this.#count();
  }

  #attend(): void {
    const readAfter = this.get<number | null>("auto_read");
    const items = this.notices.all.map(({ key, turn, shown, read, duration }) => ({
      key,
      turn,
      leavesAfter: shown && duration !== undefined ? 1000 * duration : null,
      readAfter: read || readAfter === null ? null : 1000 * readAfter,
    }));
    const { cleared } = this;
    if (cleared)
      items.push({ key: `${UNDO_KEY}${cleared.group}`, turn: 0, leavesAfter: UNDO_MS, readAfter: null });
    this.#attention.attend(this.host.clock.now(), items);
    this.#count();
  }

  /** Does what is due, and comes back when more is. */
  #count(): void {
    const { clock } = this.host;
    const { expired, read } = this.#attention.due(clock.now());
    const gone = expired.filter(([key]) => !key.startsWith(UNDO_KEY));
    if (gone.length < expired.length) {
      this.cleared = null;
      this.host.invalidate();
    }
    this.#cancel?.();
    this.#cancel = null;
    this.do("hide", gone);
    this.do("read", read);
    const { next } = this.#attention;
    if (next !== null) this.#cancel ??= clock.after(Math.max(1, next), () => this.#count());
  }

  /** Makes one line of what came while nobody looked, when it is more than the panel shows. */
  #noteAway(fresh: Notice[]): void {
    const since = this.#lookingSince;
    if (this.#leftAt === null || !fresh.length) return;
    const looked = since === null ? 0 : (this.host.clock.now() - since) / 1000;
    // What came for a page that was told nothing has been read just now, so its age says nothing.
    const late = since === null || (!this.#heard && looked < SLACK_S);
    this.#heard = true;
    const missed = fresh.filter(({ at }) => late || this.notices.at - at > looked + SLACK_S);
    for (const { key } of missed) this.#missed.add(key);
    const last = missed.at(-1);
    if (last) this.away = Math.max(this.away, last.turn - this.#leftAt);
    if (this.away <= this.get<number>("max_visible")) this.away = 0;
  }

  /** Has one line stand for what came while nobody looked and does not fit. */
  #fold(): void {
    if (!this.away) return;
    const behind = this.notices.shown.slice(this.get<number>("max_visible"));
    const folded = behind.filter(({ key, duration }) => duration !== undefined && this.#missed.has(key));
    this.do("hide", folded.map(seenOf));
  }

  /** Lets go of those that would only come up when their time has long been over. */
  #letGo(): void {
    const leaving = this.notices.shown.filter(({ duration }) => duration !== undefined);
    this.do("hide", leaving.slice(WAITING * this.get<number>("max_visible")).map(seenOf));
  }

  // What it says to those who listen

  /** Says what has come: errors at once, all else when there is a pause. */
  #tellOf(fresh: Notice[]): void {
    if (!this.views) this.#untold = { news: [], alarm: [] };
    if (this.quiet) return;
    for (const topic of ["news", "alarm"] as const) {
      const own = fresh.filter(({ type, shown }) => shown && (type === "error") === (topic === "alarm"));
      if (!own.length) continue;
      this.#untold[topic].push(...own);
      const urgent = topic === "alarm" && own.length <= FEW; // a storm is no interruption
      this.tell(topic, String(own.at(-1)!.turn), () => this.#news(topic), urgent);
    }
  }

  #news(topic: "news" | "alarm"): string {
    const told = this.#untold[topic];
    this.#untold[topic] = [];
    const say = noticeWords(this.locale);
    if (told.length > FEW) return say("fresh", formatter({ name: "number" }, this.locale)(told.length));
    const text = ({ type, title, message }: Notice) =>
      say("item", words(this.locale)(type), [title, message].filter(Boolean).join(" – "));
    return told.map(text).join(". ");
  }

  protected view(el: HTMLElement, signal: AbortSignal): View {
    const panel = new PanelView(this, el, this.root("notifications"), signal);
    this.#panels.add(panel);
    signal.addEventListener("abort", () => {
      this.#panels.delete(panel);
      this.look();
    });
    return panel;
  }
}

define("notifications", Notifications);
