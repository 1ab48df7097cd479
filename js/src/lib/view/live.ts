// LiveWidget: what the page's half of every widget shares: its views, and what it may claim about its data.

import type { Meaning } from "../hop/cursor";
import type { Part } from "../hop/frames";
import type { Host, Widget } from "../hop/page";
import type { Model } from "../hop/slot";
import { agoText, localeOf } from "../text/format";
import { words } from "../text/words";
import { h, setText } from "./dom";
import { type DataState, dataState, type FeedLink, isDown } from "./freshness";

/** One place where a widget is drawn. */
export interface View {
  readonly root: HTMLElement;
  /** Where the state is written; without one, the view says it in its own way. */
  readonly status?: HTMLElement;
  /** Takes the sizes and colours that it draws with; after its place has changed. */
  measure?(): void;
  /** Draws everything that differs from what is on screen; `width` is that of its place, CSS pixels. */
  draw(width: number): void;
}

/** The traits that a user may change while the widget is shown. */
const SETTINGS = [
  "title",
  "locale",
  "stale_after",
  "paused",
  "height",
  "colors",
  "icon",
  "good",
  "sparkline",
  "max_rows",
  "grace",
  "_members",
];

/** Where a view is, and how wide that is, CSS pixels; null while nobody has looked. */
interface Place {
  el: HTMLElement;
  width: number | null;
  /** Whether the view knows the sizes within it. */
  measured: boolean;
}

export abstract class LiveWidget implements Widget {
  kernelGone = false;
  state: DataState = "loading";
  protected readonly model: Model;
  readonly host: Host;
  readonly #views = new Map<View, Place>();
  #reached = false;
  /** Feed → age of its newest datum in the kernel, seconds, and when we were told. */
  readonly #ages = new Map<string, { age: number; at: number }>();
  /** Feed → where the link stood that fills it, and when we were told. */
  readonly #links = new Map<string, { link: FeedLink; at: number }>();
  /** Feeds of which something is missing after the newest datum. */
  readonly #missing = new Set<string>();
  /** Feed → why the kernel cannot show it. */
  readonly #errors = new Map<string, string>();

  constructor(model: Model, host: Host, signal: AbortSignal) {
    this.model = model;
    this.host = host;
    const redraw = () => this.refresh();
    for (const name of SETTINGS) model.on(`change:${name}`, redraw);
    signal.addEventListener("abort", () => {
      for (const name of SETTINGS) model.off(`change:${name}`, redraw);
    });
  }

  /** Whether there is nothing to show yet. */
  protected abstract readonly empty: boolean;
  /** Seconds, of the newest datum; null for none. */
  protected abstract readonly lastTs: number | null;
  /** Takes in the body and, when `meaning` says so, the columns. */
  protected abstract take(part: Part, meaning: Meaning): void;
  protected abstract view(el: HTMLElement, signal: AbortSignal): View;

  get locale(): string {
    return localeOf(this.model.get("locale"));
  }

  /** Why data cannot be shown, in sentences of the kernel; empty while all is well. */
  get error(): string {
    return [...new Set(this.#errors.values())].join("\n");
  }

  /** The value of a trait. */
  get<T>(name: string): T {
    return this.model.get(name) as T;
  }

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

  /** How many places show it; one of no width is in a tab behind another. */
  get views(): number {
    return this.#widths.filter((width) => width > 0).length;
  }

  get px(): number {
    return Math.max(0, ...this.#widths);
  }

  get #widths(): number[] {
    this.measure();
    return [...this.#views.values()].map(({ width }) => width ?? 0);
  }

  apply(part: Part, meaning: Meaning): void {
    if (meaning === "replace" || meaning === "append") this.#reached = true;
    if (typeof part.body.age === "number") {
      this.#ages.set(part.feed, { age: part.body.age, at: this.host.clock.now() });
    } else this.#ages.delete(part.feed);
    const link = part.body.link as FeedLink | undefined;
    if (link) this.#links.set(part.feed, { link, at: this.host.clock.now() });
    if (part.body.missing) this.#missing.add(part.feed);
    else this.#missing.delete(part.feed);
    if (typeof part.body.error === "string") this.#errors.set(part.feed, part.body.error);
    else this.#errors.delete(part.feed);
    this.take(part, meaning);
    this.#judge();
  }

  show(el: HTMLElement, signal: AbortSignal): void {
    const view = this.view(el, signal);
    const place: Place = { el, width: null, measured: false };
    this.#views.set(view, place);
    const sizes = new ResizeObserver(() => {
      const width = Math.round(el.clientWidth);
      if (width === place.width) return;
      place.width = width;
      place.measured = false;
      this.host.invalidate();
      this.host.report();
    });
    sizes.observe(el);
    signal.addEventListener("abort", () => {
      sizes.disconnect();
      this.#views.delete(view);
      view.root.remove();
    });
    this.#judge();
  }

  measure(): void {
    for (const [view, place] of this.#views) {
      place.width ??= Math.round(place.el.clientWidth);
      if (place.measured) continue;
      place.measured = true;
      view.measure?.();
    }
  }

  draw(): void {
    this.measure();
    for (const [view, { width }] of this.#views) {
      if (!width) continue;
      view.draw(width);
      this.#label(view);
    }
  }

  tick(kernelGone: boolean): void {
    this.kernelGone = kernelGone;
    this.refresh();
  }

  refresh(): void {
    this.#judge();
    this.host.invalidate();
  }

  /** Seconds since the newest data of any feed arrived, counted on from what the kernel said. */
  get age(): number | null {
    const now = this.host.clock.now();
    const ages = [...this.#ages.values()].map(({ age, at }) => age + (now - at) / 1000);
    return ages.length ? Math.min(...ages) : null;
  }

  /** Seconds since the link was lost that a feed comes by, once that is said; 0 while there is one. */
  protected outage(feed: string): number {
    const told = this.#links.get(feed);
    if (!told) return 0;
    const elapsed = (this.host.clock.now() - told.at) / 1000;
    return isDown(told.link, elapsed) ? told.link.since_age + elapsed : 0;
  }

  #judge(): void {
    this.state = dataState({
      reached: this.#reached,
      empty: this.empty,
      paused: this.paused,
      kernelGone: this.kernelGone,
      failed: this.#errors.size > 0,
      disconnected: [...this.#links.keys()].some((feed) => this.outage(feed) > 0),
      missing: this.#missing.size > 0,
      age: this.age,
      staleAfter: this.model.get("stale_after"),
    });
  }

  /** The state as the page shows it, for style sheets, tests and tools. */
  protected get shownState(): string {
    return this.state;
  }

  #label({ root, status }: View): void {
    const state = this.shownState;
    if (root.dataset.rwState !== state) root.dataset.rwState = state;
    if (!status) return;
    setText(status, this.statusText);
  }

  /** The state in words. */
  get statusText(): string {
    const say = words(this.locale);
    if (this.state !== "stale") return say(this.state);
    return this.#missing.size > 0 ? say("missing") : say("stale", agoText(this.age ?? 0, this.locale));
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
    if (this.model.get("locale")) root.lang = this.locale;
    return root;
  }
}
