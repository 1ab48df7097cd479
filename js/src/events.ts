// EventLog: the page's half. Rows go in at the bottom and leave at the top; a reader who scrolls up is left in peace.

import type { Meaning } from "./lib/hop/cursor";
import type { Part } from "./lib/hop/frames";
import type { KernelLife } from "./lib/hop/kernel";
import { define } from "./lib/hop/slot";
import { formatter } from "./lib/text/format";
import { logWords } from "./lib/text/log_words";
import { words } from "./lib/text/words";
import { copyText } from "./lib/view/copy";
import { Details, type DetailsRow } from "./lib/view/details";
import { h, setAttribute, setHidden, setText } from "./lib/view/dom";
import { Filter } from "./lib/view/filter";
import { FilterBar } from "./lib/view/filterbar";
import { Head } from "./lib/view/head";
import { icon, showIcon } from "./lib/view/icons";
import { onKeys } from "./lib/view/keys";
import { Listing } from "./lib/view/listing";
import { LiveWidget, type View } from "./lib/view/live";
import { type Item, isEvent, type LogRow, LogRows } from "./lib/view/log";
import { type PageAsked, type PageRow, Passage, type Rows } from "./lib/view/passage";
import { levelText, rowsText } from "./lib/view/rows";
import logStyles from "./log.css";

const ASK_AGAIN_MS = 10_000;
/** What comes faster than it is sent would be gone before the answer: it is asked for when no more has been left out for so long. */
const CALM_MS = 1_000;
const MAX_ASK_PAUSE_MS = 60_000;

/** So near to the oldest event in sight it is said what becomes of older ones. */
const EDGE_ROWS = 10;

/** How long a button says what it has done. */
const TOLD_MS = 2_000;

export class EventLog extends LiveWidget {
  static override readonly settings = ["max_rows", "height", "level", "_stream"];
  static override readonly styles = logStyles;

  readonly events = new LogRows(() => this.get<number>("max_rows"));
  readonly details = new Details(
    (seq) => this.host.ask("details", { seq }),
    () => this.host.clock.now(),
  );

  /** Those who wait for a page of events. */
  readonly onPage = new Set<(page: PageRow) => void>();
  /** Whether a view waits for an answer, and has to ask again without one. */
  asks = false;

  protected get empty(): boolean {
    return this.events.items.length === 0;
  }

  get lastTs(): number | null {
    const { items } = this.events;
    for (let i = items.length - 1; i >= 0; i--) {
      const item = items[i]!;
      if (isEvent(item)) return item.ts;
    }
    return null;
  }

  /** When to ask again for what was left out, and how long to wait after that; questions and answers may get lost. */
  #askAt = 0;
  #wait = ASK_AGAIN_MS;
  /** When events were last left out of a part. */
  #leftOutAt = -CALM_MS;

  protected take(part: Part, meaning: Meaning): void {
    const {
      rows,
      up_to: upTo,
      cleared,
      fills = [],
      details = [],
      page,
    } = part.body as {
      rows: LogRow[];
      up_to: number;
      cleared: number;
      fills?: [number, LogRow[]][];
      details?: DetailsRow[];
      page?: PageRow;
    };
    if (meaning === "replace") this.events.replace(rows, upTo, cleared);
    else if (meaning === "append") {
      this.events.append(rows, upTo);
      if (rows[0]?.length === 2) this.#leftOutAt = this.host.clock.now();
    }
    for (const [seq, rows] of fills) this.events.fill(seq, rows);
    this.details.take(details);
    if (page) for (const told of this.onPage) told(page);
    if (fills.length) {
      this.#askAt = 0;
      this.#wait = ASK_AGAIN_MS;
    }
    this.#fetch();
  }

  override tick(kernel: KernelLife): void {
    this.#fetch();
    if (this.details.tick() || this.asks) this.host.invalidate();
    super.tick(kernel);
  }

  override refresh(): void {
    this.events.trim(); // `max_rows` may have become less
    this.#fetch();
    super.refresh();
  }

  /** Asks for events that were left out, as far as there is room for them. */
  #fetch(): void {
    const gap = this.views > 0 ? this.events.open : null;
    const now = this.host.clock.now();
    if (!gap || now < Math.max(this.#askAt, this.#leftOutAt + CALM_MS)) return;
    this.#askAt = now + this.#wait;
    this.#wait = Math.min(2 * this.#wait, MAX_ASK_PAUSE_MS);
    this.host.ask("fetch", { seq: gap.seq, count: gap.count, most: gap.most });
  }

  /** Asks for events that are still kept. */
  askPage(question: PageAsked): void {
    this.host.ask("page", question);
  }

  protected view(el: HTMLElement, signal: AbortSignal): View {
    return new EventsView(this, el, this.root("events"), signal);
  }
}

class EventsView implements View {
  readonly #head: Head;
  readonly #empty = h("div", "rw-empty rw-why");
  readonly #jump = h("button", "rw-button rw-jump");
  readonly #jumpText = h("span", "rw-jump-text");
  /** Said to those who listen. */
  readonly #said = h("div", "rw-said");
  readonly #filterButton: HTMLButtonElement;
  readonly #copyButton: HTMLButtonElement;
  readonly #followButton: HTMLButtonElement;
  readonly #filter = new Filter();
  readonly #bar: FilterBar;
  readonly #listing: Listing;
  /** What there is to be shown; a view that is held keeps what it took. */
  #rows: Rows = { items: [], upTo: 0, cleared: 0 };
  /** What a reader has before them who does not follow, or looks for something. */
  #passage: Passage | null = null;
  #elsewhere = 0;
  /** Of `arrived`: what the reader has had before the eyes, or could have. */
  #seen = 0;
  #filtered = false;
  #untell = () => {};

  constructor(
    readonly widget: EventLog,
    el: HTMLElement,
    readonly root: HTMLElement,
    signal: AbortSignal,
  ) {
    const redraw = () => widget.host.invalidate();
    const said = (word: "filter" | "copy_rows" | "follow") => (locale: string) => logWords(locale)(word);
    this.#head = new Head(widget, signal);
    this.#filterButton = this.#head.addButton("funnel", said("filter"), () => this.#openFilter());
    this.#copyButton = this.#head.addButton("copy", said("copy_rows"), () => this.#copy());
    this.#followButton = this.#head.addButton("newest", said("follow"), () => {
      this.#listing.follow.set(!this.#listing.follow.on);
    });
    this.#bar = new FilterBar(this.#filter, () => this.#refilter(), signal);
    this.#listing = new Listing(redraw, signal, widget.details);
    this.#jump.type = "button";
    this.#jump.append(icon("newest"), this.#jumpText);
    this.#jump.addEventListener("click", () => this.#toEnd(), { signal });
    setAttribute(this.#said, "role", "status");
    onKeys(this.root, (event) => this.#key(event), signal);
    const place = h("div", "rw-log-place");
    const bound = h("div", "rw-log-bound");
    bound.append(this.#listing.root, this.#jump);
    place.append(bound);
    this.root.append(this.#head.root, this.#bar.root, this.#empty, place, this.#said);
    signal.addEventListener("abort", () => this.#untell());
    const take = (page: PageRow) => this.#passage?.take(page);
    widget.onPage.add(take);
    signal.addEventListener("abort", () => widget.onPage.delete(take));
    el.append(this.root);
  }

  get #items(): Item[] {
    return this.#rows.items;
  }

  draw(): void {
    const { widget } = this;
    const { events, locale } = widget;
    this.#head.draw();
    setAttribute(this.root, "role", "group");
    for (const each of [this.root, this.#listing.root]) setAttribute(each, "aria-label", widget.name);
    setAttribute(this.root, "style", `--rw-log-height: ${widget.get<number>("height")}px`);
    const still = widget.paused && this.#items.length > 0;
    if (!still) {
      this.#rows = { items: [...events.items], upTo: events.upTo, cleared: events.cleared };
      this.#elsewhere = events.elsewhere;
      if (this.#listing.follow.on) this.#seen = events.arrived;
      widget.mark(this.root);
    }
    this.#show(still);
    const unseen = events.arrived - this.#seen;
    this.#drawBar();
    this.#drawState(unseen, still);
    const more = widget.state === "paused" && unseen > 0;
    const count = formatter({ name: "number" }, locale);
    setText(this.#head.status, more ? logWords(locale)("paused_new", count(unseen)) : widget.statusText);
  }

  /** Brings the lines up to what there is, as far as it is wanted, and asks for what is near and not there. */
  #show(still: boolean): void {
    const { widget } = this;
    const { events, locale } = widget;
    const listing = this.#listing;
    if (!this.#filter.active && listing.follow.on) this.#passage = null;
    else if (still) this.#passage ??= new Passage(this.#rows, this.#filter.fixed());
    else this.#bringPassage(events);
    const passage = this.#passage;
    const items = passage?.items ?? this.#filter.of(this.#items);
    listing.follow.ends = passage?.ends ?? true;
    const now = widget.host.clock.now();
    const near = passage !== null && items.length > 0 && listing.sight[0] < EDGE_ROWS && this.#elsewhere > 0;
    listing.edge = near ? logWords(locale)(passage.start ? "older_gone" : "older_loading") : "";
    listing.show(items, locale, widget.zone, this.#filter.looked);
    const question = widget.kernelGone ? null : (passage?.need(listing.sight, now) ?? null);
    if (question) widget.askPage(question);
    widget.asks = passage?.waits ?? false;
  }

  #bringPassage(events: LogRows): void {
    const passage = this.#passage;
    if (passage?.cleared !== events.cleared) this.#passage = new Passage(events, this.#filter.fixed());
    else {
      passage.follow(events);
      passage.trim(this.#listing.sight[0]);
    }
  }

  #drawBar(): void {
    const { widget } = this;
    const any = this.#items.some(isEvent);
    const open = !this.#bar.root.hidden;
    const { active } = this.#filter;
    this.#filterButton.hidden = !any && !open;
    this.#filterButton.toggleAttribute("data-rw-on", open);
    setAttribute(this.#filterButton, "aria-expanded", String(open));
    const older = {
      count: this.#elsewhere,
      searched: this.#passage?.start ?? false,
      searching: this.#passage?.busy(widget.host.clock.now()) ?? false,
    };
    if (open) this.#bar.draw(this.#items, this.#listing.shown, older, widget.locale);
    if (!this.#filtered) return;
    this.#filtered = false;
    setText(
      this.#said,
      !active || this.#listing.shown.length ? this.#bar.note : logWords(widget.locale)("no_matches"),
    );
  }

  #drawState(unseen: number, still: boolean): void {
    const { widget } = this;
    const say = logWords(widget.locale);
    const { on, scrolls } = this.#listing.follow;
    const none = this.#listing.shown.length === 0;
    setHidden(this.#copyButton, none, this.#listing.root);
    setHidden(this.#followButton, !scrolls || still, this.#listing.root);
    this.#followButton.toggleAttribute("data-rw-on", scrolls && !on);
    setAttribute(this.#followButton, "aria-pressed", String(on));
    const count = formatter({ name: "number" }, widget.locale);
    setHidden(this.#jump, on || still || none, this.#listing.root);
    setText(this.#jumpText, say("held", unseen > 0 ? say("new_events", count(unseen)) : say("to_newest")));
    this.#jump.title = say("to_newest");
    setText(this.#empty, this.#why);
    this.#empty.hidden = !none;
    this.#head.status.hidden = widget.state === "no_data" || widget.state === "loading"; // said in full below
  }

  /** Why there is nothing to be seen. */
  get #why(): string {
    const { widget } = this;
    const say = logWords(widget.locale);
    if (widget.state === "error") return widget.error;
    if (widget.state === "loading") return words(widget.locale)("loading");
    if (this.#items.length) return say("no_matches");
    const level = widget.get<string>("level");
    if (level !== "info" && level !== "debug") return say("no_events_above", levelText(level, widget.locale));
    const stream = widget.get<string>("_stream");
    return stream ? say("no_events_of", stream) : say("no_events");
  }

  #refilter(): void {
    this.#filtered = true;
    this.#passage = null;
    this.widget.host.invalidate();
  }

  /** Opens the bar of the filter, or ends the filter: one that cannot be seen must not hide events. */
  #openFilter(): void {
    const open = this.#bar.root.hidden;
    this.#bar.root.hidden = !open;
    if (open) {
      this.#drawBar(); // a field without a name must not have the focus
      this.#bar.search.focus({ preventScroll: true });
    } else this.#bar.clear();
    this.widget.host.invalidate();
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.isComposing || this.#bar.root.hidden) return;
    event.preventDefault();
    const within = this.#bar.root.contains(event.target as Node);
    if (this.#filter.active) {
      this.#bar.clear();
      if (within) this.#bar.search.focus({ preventScroll: true });
      return;
    }
    this.#openFilter();
    if (within) this.#filterButton.focus({ preventScroll: true });
  }

  async #copy(): Promise<void> {
    const done = await copyText(rowsText(this.#listing.shown, this.widget.locale, this.widget.zone));
    const button = this.#copyButton;
    const what = logWords(this.widget.locale)(done ? "copied" : "not_copied");
    this.#untell();
    showIcon(button, done ? "check" : "cross");
    button.dataset.rwTip = what;
    setText(this.#said, what);
    const undo = this.widget.host.clock.after(TOLD_MS, () => this.#untell());
    this.#untell = () => {
      undo();
      showIcon(button, "copy");
      delete button.dataset.rwTip;
      setText(this.#said, "");
    };
  }

  #toEnd(): void {
    this.#listing.root.focus({ preventScroll: true }); // the button goes, and the keys must not end up nowhere
    this.#listing.follow.set(true);
  }
}

define("events", EventLog);
