// LiveWidget: what the page's half of every widget shares: its views, and what it may claim about its data.

import type { Meaning } from "../hop/cursor";
import type { Part } from "../hop/frames";
import type { KernelLife } from "../hop/kernel";
import type { Host, Widget } from "../hop/widget";
import type { Model } from "../hop/wire";
import { agoText } from "../text/durations";
import { localeOf } from "../text/format";
import { languageOf, type Word, words } from "../text/words";
import { zoneOf } from "../text/zones";
import { announcerOf } from "./announcer";
import { followDensity } from "./density";
import { h, setAttribute, setText } from "./dom";
import { Feeds } from "./feeds";
import { type DataState, dataState } from "./freshness";
import { keepKeys } from "./keys";
import { Sizes } from "./sizes";
import { adoptStyles, followTheme } from "./theme";

/** One place where a widget is drawn. */
export interface View {
  readonly root: HTMLElement;
  /** Where the state is written; without one, the view says it in its own way. */
  readonly status?: HTMLElement;
  /** Reads the sizes and colours that it draws with; after its width has changed. */
  measure?(): void;
  /** Draws everything that differs from what is on screen; `width` is that of its element, CSS pixels. */
  draw(width: number): void;
}

/** What is said of a state; of those that are not here, nothing: the reader's own pause, the moment before the first data. */
const TOLD: Partial<Record<DataState, { word: Word; urgent?: boolean }>> = {
  kernel_gone: { word: "kernel_gone", urgent: true },
  error: { word: "error", urgent: true },
  disconnected: { word: "disconnected" },
  stale: { word: "no_new_data" },
  no_data: { word: "no_data" },
  live: { word: "live" },
};

/** The kernel sends what is near the screen only about once a second, what changes seldom at most so much later. */
const NEAR_SECONDS = 2;

export abstract class LiveWidget implements Widget {
  /** The traits that a widget is drawn anew for: those of all; a class names its own beside them. */
  static readonly settings: readonly string[] = ["title", "theme", "locale", "tz", "stale_after", "paused"];

  /** Style sheet of this kind, and of what its views draw with. */
  static readonly styles: string = "";

  kernel: KernelLife = "alive";
  state: DataState = "loading";
  protected readonly model: Model;
  readonly host: Host;
  readonly #sizes: Sizes<View>;
  readonly #feeds: Feeds;
  #reached = false;
  /** Why the last part could not be taken in; empty: it was. */
  #refused = "";
  /** What was claimed of the state when it was drawn last. */
  #claimed = "";
  /** Views that say that they could not be drawn. */
  readonly #failing = new Set<View>();
  /** Whether a view has left something to be drawn later; see `later`. */
  #unfinished = false;
  /** The state that those who listen know of. */
  #told: DataState | null = null;

  constructor(model: Model, host: Host, signal: AbortSignal) {
    this.model = model;
    this.host = host;
    this.#feeds = new Feeds(host.clock);
    this.#sizes = new Sizes(() => {
      host.invalidate();
      host.report();
    });
    const settings = new Set([...LiveWidget.settings, ...this.#class.settings]);
    const redraw = () => this.refresh();
    for (const name of settings) model.on(`change:${name}`, redraw);
    signal.addEventListener("abort", () => {
      for (const name of settings) model.off(`change:${name}`, redraw);
      announcerOf(host.clock).forget(this);
    });
  }

  get #class(): typeof LiveWidget {
    return this.constructor as typeof LiveWidget;
  }

  /** Whether there is nothing to show yet. */
  protected abstract readonly empty: boolean;
  /** Seconds, of the newest datum; null for none. */
  protected abstract readonly lastTs: number | null;
  /** Takes in the body and, when `meaning` says so, the columns. */
  protected abstract take(part: Part, meaning: Meaning): void;
  protected abstract view(el: HTMLElement, signal: AbortSignal): View;

  // What the page asks for

  apply(part: Part, meaning: Meaning): void {
    if (meaning === "replace" || meaning === "append") this.#reached = true;
    this.#feeds.take(part);
    try {
      this.take(part, meaning);
      if (part.key) this.#refused = "";
    } catch (error) {
      this.#refused = String(error);
      throw error;
    } finally {
      this.#judge();
    }
  }

  show(el: HTMLElement, signal: AbortSignal): void {
    el.classList.add("rw-host");
    keepKeys();
    adoptStyles(el, this.#class.styles);
    followTheme(el, this.model, signal, () => this.host.invalidate());
    announcerOf(this.host.clock); // its regions must be there before they have something to say
    const view = this.view(el, signal);
    this.#sizes.add(view, el, signal);
    const remeasure = () => {
      this.#sizes.forget();
      this.host.invalidate();
      this.host.report();
    };
    followDensity(remeasure, signal);
    signal.addEventListener("abort", () => view.root.remove());
    this.#judge();
  }

  measure(): void {
    this.#sizes.measure();
  }

  draw(): number {
    const failures: unknown[] = [];
    const seen = this.#sizes.seen.filter(([view]) => !this.waits(view));
    this.#unfinished = false;
    this.#claimed = this.claim;
    for (const [view, width] of [...seen, ...this.#unseen]) {
      try {
        view.draw(width);
        if (this.#failing.delete(view)) showFailure(view.root, "");
        this.#label(view);
      } catch (error) {
        failures.push(error);
        this.#failing.add(view);
        showFailure(view.root, words(this.locale)("not_drawn", String(error)));
        view.root.dataset.rwState = "error";
      }
    }
    if (failures.length) throw failures[0];
    return seen.length;
  }

  /**
   * The views off the screen that are to be drawn: near it once, so that they are as high as they will be, and when their
   * state is another; those far off, of which nothing is known, when there is no kernel: none claims to be live then.
   */
  get #unseen(): [View, number][] {
    const { near, unseen } = this.#sizes;
    const some = this.kernelGone ? unseen : near;
    return some.filter(([{ root }]) => root.dataset.rwState !== this.shownState);
  }

  /** Whether a view is drawn another time, for which it asks itself. */
  protected waits(_view: View): boolean {
    return false;
  }

  /** A view leaves something of what it draws for the next second. */
  later(): void {
    this.#unfinished = true;
  }

  /** Time alone draws only what it has changed: a stream at rest costs nothing. */
  tick(kernel: KernelLife): void {
    this.kernel = kernel;
    this.#judge();
    if (this.#unfinished || this.moves || this.claim !== this.#claimed) this.host.invalidate();
  }

  /** Whether its picture moves without new data. */
  protected get moves(): boolean {
    return false;
  }

  /** What is claimed of the state: when that is another, it has to be drawn. */
  protected get claim(): string {
    return `${this.shownState} ${this.statusText}`;
  }

  get kernelGone(): boolean {
    return this.kernel !== "alive";
  }

  refresh(): void {
    this.#judge();
    this.host.invalidate();
  }

  /** How many views are on screen or near it. */
  get views(): number {
    return this.#sizes.widths.length;
  }

  /** How many of them are near it only. */
  get near(): number {
    return this.#sizes.near.length;
  }

  /** Width of the widest view, in pixels of the screen. */
  get px(): number {
    return Math.round(Math.max(0, ...this.#sizes.widths) * (devicePixelRatio || 1));
  }

  // Settings

  get locale(): string {
    return localeOf(this.model.get("locale"));
  }

  /** The zone whose clocks times are read by: the one asked for, or that in which they were written, or the reader's, ''. */
  get zone(): string {
    return zoneOf(this.model.get("tz") || this.#feeds.zone);
  }

  /** The value of a trait. */
  get<T>(name: string): T {
    return this.model.get(name) as T;
  }

  // Holding the picture

  /** Whose pictures its button holds: its own. */
  protected get holds(): string[] | undefined {
    return undefined;
  }

  /** Whether the picture stands still: the kernel wants it, or the reader holds it. Its data go on. */
  get paused(): boolean {
    return this.model.get("paused") || this.host.held(this.holds);
  }

  /** Holds the picture, or lets it go on: at once in this page, and where the kernel wants it held, by asking. */
  togglePause(): void {
    const on = !this.paused;
    this.host.hold(on, this.holds);
    if (!on && this.model.get("paused")) this.host.ask("resume");
  }

  // What it may claim

  /** Why data cannot be shown, in sentences of the kernel; empty while all is well. */
  get error(): string {
    const refused = this.#refused && words(this.locale)("not_drawn", this.#refused);
    return [this.#feeds.error, refused].filter(Boolean).join("\n");
  }

  /** What the kernel has to say of what is shown; empty mostly. */
  get notice(): string {
    return this.#feeds.notice;
  }

  /** Seconds since the link was lost that a feed comes by; 0 while there is one. */
  protected outage(feed: string): number {
    return this.#feeds.outage(feed);
  }

  #judge(): void {
    this.#feeds.count(this.host.visible && this.views > 0);
    const { failed, disconnected, missing, age, pace } = this.#feeds;
    const late = this.views > 0 && this.near === this.views ? NEAR_SECONDS : 0;
    this.state = dataState({
      reached: this.#reached,
      empty: this.empty,
      paused: this.paused,
      kernelGone: this.kernelGone,
      failed: failed || this.#refused !== "",
      disconnected,
      missing,
      age: age && age - late,
      staleAfter: this.model.get("stale_after"),
      pace,
    });
    this.tellState();
  }

  // What it says to those who listen

  /** As the reader knows it: its title, or else what it is. */
  get name(): string {
    return this.get<string>("title") || words(this.locale)(this.get<Word>("_rw_kind"));
  }

  /** Says that something of it has become so; the first of a topic is only noted. */
  protected tell(topic: string, what: string, text: () => string, urgent = false): void {
    announcerOf(this.host.clock).tell(this, topic, what, text, urgent);
  }

  /** Says what has become of its data, where that is worth an interruption; once for all views. */
  protected tellState(): void {
    const { state } = this;
    if (state === this.#told || !(state in TOLD) || this.#quiet) return;
    this.#told = state;
    const { word, urgent } = TOLD[state]!;
    const text = () => {
      const say = words(this.locale);
      if (state === "error") return say("because", say(word), this.error);
      return state === "kernel_gone" ? this.statusText : say(word);
    };
    this.tell("state", state, text, urgent);
  }

  /** The state as the page shows it, for style sheets, tests and tools. */
  get shownState(): string {
    return this.#quiet ? "quiet" : this.state;
  }

  /** Whether data are stale only because they have paused for longer than usual: that is said in passing. */
  get #quiet(): boolean {
    return this.state === "stale" && !this.#feeds.missing && this.model.get("stale_after") === null;
  }

  /** The state in words; empty where there is nothing to say: while data come, and where none will. */
  get statusText(): string {
    const say = words(this.locale);
    switch (this.state) {
      case "live":
      case "idle":
        return this.#feeds.notice;
      case "kernel_gone":
        return say(this.kernel === "ended" ? "kernel_ended" : "kernel_gone");
      case "stale":
        return this.#feeds.missing
          ? say("missing")
          : say("stale", agoText(this.#feeds.age ?? 0, this.locale));
      default:
        return say(this.state);
    }
  }

  #label({ root, status }: View): void {
    const state = this.shownState;
    if (root.dataset.rwState !== state) root.dataset.rwState = state;
    setAttribute(root, "lang", languageOf(this.locale));
    if (!status) return;
    setText(status, this.statusText);
    const { quietAfter } = this.#feeds;
    const say = words(this.locale);
    const usual =
      this.#quiet && quietAfter !== null ? say("quiet_why", agoText(quietAfter, this.locale)) : "";
    const title = state === "live" ? say("live") : usual;
    if (status.title !== title) status.title = title;
  }

  /** Notes the newest datum drawn, for tests and tools that measure its age. */
  mark(root: HTMLElement): void {
    const ts = this.lastTs;
    if (ts === null) delete root.dataset.rwLastTs;
    else if (root.dataset.rwLastTs !== String(ts)) root.dataset.rwLastTs = String(ts);
  }

  /** The root element every widget has. */
  protected root(kind: string): HTMLElement {
    const root = h("div", `rw-root rw-${kind}`);
    root.dataset.rwWidget = kind;
    root.dataset.rwState = this.shownState;
    root.lang = languageOf(this.locale);
    return root;
  }
}

/** Shows in the place of a view why it could not be drawn; empty: it was. */
function showFailure(root: HTMLElement, why: string): void {
  const before = root.querySelector<HTMLElement>(":scope > .rw-failure");
  root.toggleAttribute("data-rw-failed", why !== "");
  if (!why) {
    before?.remove();
    return;
  }
  const shown = before ?? root.appendChild(h("div", "rw-error rw-failure"));
  setText(shown, why);
}
