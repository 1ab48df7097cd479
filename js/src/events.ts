// EventLog: the page's half. Rows go in at the bottom and leave at the top; a reader who scrolls up is left in peace.

import type { Meaning } from "./lib/hop/cursor";
import type { Part } from "./lib/hop/frames";
import type { KernelLife } from "./lib/hop/kernel";
import { define } from "./lib/hop/slot";
import { formatter, momentText, timeText } from "./lib/text/format";
import { type Word, words } from "./lib/text/words";
import { h, setAttribute, setText } from "./lib/view/dom";
import { Head } from "./lib/view/head";
import { type Icon, icon } from "./lib/view/icons";
import { LiveWidget, type View } from "./lib/view/live";
import { type Item, isGap, type LogEvent, type LogRow, LogRows } from "./lib/view/log";

/** The levels we know; others show their own word, whatever that is, and look like `info`. */
const LOOKS: ReadonlyMap<string, { icon: Icon; word: Word }> = new Map([
  ["debug", { icon: "dot", word: "debug" }],
  ["info", { icon: "disc", word: "info" }],
  ["success", { icon: "check", word: "success" }],
  ["warning", { icon: "triangle", word: "warning" }],
  ["error", { icon: "cross", word: "error" }],
]);

/** Why events can be missing; see realtime_widgets/streams/gaps.py. */
const REASONS: Word[] = ["trimmed", "epoch_changed", "overflow", "lost", "unknown_source"];

const ASK_AGAIN_MS = 10_000;
const MAX_ASK_PAUSE_MS = 60_000;

/** Pixels from the end within which a log counts as being there: fractions, and a slip of the hand. */
const NEAR_END_PX = 8;

export class EventLog extends LiveWidget {
  static override readonly settings = ["max_rows"];

  readonly events = new LogRows(() => this.get<number>("max_rows"));

  protected get empty(): boolean {
    return this.events.items.length === 0;
  }

  get lastTs(): number | null {
    const { items } = this.events;
    for (let i = items.length - 1; i >= 0; i--) {
      const item = items[i]!;
      if (!isGap(item) && item.level !== null) return item.ts;
    }
    return null;
  }

  /** When to ask again for what was left out, and how long to wait after that; questions and answers may get lost. */
  #askAt = 0;
  #wait = ASK_AGAIN_MS;

  protected take(part: Part, meaning: Meaning): void {
    const {
      rows,
      up_to: upTo,
      cleared,
      fills = [],
    } = part.body as { rows: LogRow[]; up_to: number; cleared: number; fills?: [number, LogRow[]][] };
    if (meaning === "replace") this.events.replace(rows, upTo, cleared);
    else if (meaning === "append") this.events.append(rows, upTo);
    for (const [seq, rows] of fills) this.events.fill(seq, rows);
    if (fills.length) {
      this.#askAt = 0;
      this.#wait = ASK_AGAIN_MS;
    }
    this.#fetch();
  }

  override tick(kernel: KernelLife): void {
    this.#fetch();
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
    if (!gap || now < this.#askAt) return;
    this.#askAt = now + this.#wait;
    this.#wait = Math.min(2 * this.#wait, MAX_ASK_PAUSE_MS);
    this.host.ask("fetch", { seq: gap.seq, count: gap.count, most: gap.most });
  }

  protected view(el: HTMLElement, signal: AbortSignal): View {
    return new EventsView(this, el, this.root("events"), signal);
  }
}

class EventsView implements View {
  readonly #head: Head;
  readonly #log = h("div", "rw-log");
  readonly #empty = h("div", "rw-empty");
  readonly #jump = h("button", "rw-button rw-jump");
  #drawn: Item[] = [];
  #drawnFor = "";
  /** Of `arrived`: what the reader has had before the eyes, or could have. */
  #seen = 0;
  #atEnd = true;
  #width = 0;

  constructor(
    readonly widget: EventLog,
    el: HTMLElement,
    readonly root: HTMLElement,
    signal: AbortSignal,
  ) {
    this.#head = new Head(widget, signal);
    const place = h("div", "rw-log-place");
    place.append(this.#log, this.#empty, this.#jump);
    this.root.append(this.#head.root, place);
    // A log is live by its role, but to read out every line of a busy one would be cruel.
    setAttribute(this.#log, "role", "log");
    setAttribute(this.#log, "aria-live", "off");
    this.#log.tabIndex = 0;
    this.#jump.type = "button";
    this.#jump.addEventListener("click", () => this.#toEnd(), { signal });
    this.#log.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    el.append(this.root);
  }

  draw(width: number): void {
    const { widget } = this;
    const { items, arrived } = widget.events;
    const say = words(widget.locale);
    const count = formatter({ name: "number" }, widget.locale);
    this.#head.draw();
    setAttribute(this.root, "role", "group");
    for (const each of [this.root, this.#log]) setAttribute(each, "aria-label", widget.name);
    const still = widget.paused && this.#drawn.length > 0;
    if (!still) {
      this.#write(items);
      if (this.#atEnd) this.#seen = arrived;
      widget.mark(this.root);
    }
    if (width !== this.#width && this.#atEnd) this.#log.scrollTop = this.#log.scrollHeight; // lines wrap anew
    this.#width = width;
    const unseen = arrived - this.#seen;
    this.#jump.hidden = this.#atEnd || still || unseen === 0;
    setText(this.#jump, say("new_events", count(unseen)));
    setText(
      this.#empty,
      widget.state === "error" ? widget.error : say(widget.state === "loading" ? "loading" : "no_events"),
    );
    this.#empty.hidden = this.#drawn.length > 0;
    const more = widget.state === "paused" && unseen > 0;
    setText(this.#head.status, more ? say("paused_new", count(unseen)) : widget.statusText);
  }

  /** Brings the rows in line with the items: away at the top, new at the bottom. */
  #write(items: Item[]): void {
    const log = this.#log;
    const drawn = this.#drawnFor === this.widget.locale ? this.#drawn : [];
    this.#drawnFor = this.widget.locale;
    const gone = items[0] ? drawn.indexOf(items[0]) : -1;
    const goesOn = gone >= 0 && drawn.every((item, i) => i < gone || item === items[i - gone]);
    const kept = goesOn ? drawn.length - gone : 0;
    if (kept === items.length && kept === this.#drawn.length) return;
    const stay = this.#atEnd ? null : this.#reading(items);
    while (log.children.length > kept) log.firstElementChild!.remove();
    log.append(...items.slice(kept).map((item) => row(item, this.widget.locale)));
    const has = (name: "level" | "source") =>
      items.some((item) => !isGap(item) && item.level !== null && item[name]);
    log.toggleAttribute("data-rw-levels", has("level"));
    log.toggleAttribute("data-rw-sources", has("source"));
    this.#drawn = [...items];
    if (this.#atEnd) log.scrollTop = log.scrollHeight;
    else if (stay) log.scrollTop = rowAt(log, items.indexOf(stay.item)).offsetTop - stay.above;
  }

  /** The first row in sight that will stay, and how far below the upper edge it is. */
  #reading(items: Item[]): { item: Item; above: number } | null {
    const log = this.#log;
    const staying = new Set(items);
    for (const [i, item] of this.#drawn.entries()) {
      const { offsetTop, offsetHeight } = rowAt(log, i);
      if (offsetTop + offsetHeight > log.scrollTop && staying.has(item)) {
        return { item, above: offsetTop - log.scrollTop };
      }
    }
    return null;
  }

  #scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    const atEnd = scrollHeight - scrollTop - clientHeight <= NEAR_END_PX;
    if (atEnd === this.#atEnd) return;
    this.#atEnd = atEnd;
    this.widget.host.invalidate();
  }

  #toEnd(): void {
    this.#atEnd = true;
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#log.focus({ preventScroll: true }); // the button goes, and the keys must not end up nowhere
    this.widget.host.invalidate();
  }
}

function rowAt(log: HTMLElement, i: number): HTMLElement {
  return log.children[i] as HTMLElement;
}

function row(item: Item, locale: string): HTMLElement {
  const say = words(locale);
  if (isGap(item)) {
    const count = formatter({ name: "number" }, locale)(item.count);
    return h("div", "rw-missed", item.count === 1 ? say("missed_event") : say("missed_events", count));
  }
  if (item.level === null) return h("div", "rw-missed rw-lost", gapText(item, locale));
  const look = LOOKS.get(item.level);
  const line = h("div", "rw-event");
  line.dataset.rwLevel = look ? item.level : "info";
  const at = h("time", "rw-at", timeText(item.ts, locale, false));
  at.title = momentText(item.ts, locale);
  const grade = h("span", "rw-grade");
  if (item.level) grade.append(icon(look?.icon ?? "disc"), look ? say(look.word) : item.level);
  line.append(at, grade, h("span", "rw-source", item.source), h("span", "rw-message", String(item.message)));
  return line;
}

/** What never came, and why. */
function gapText({ source: reason, message: count }: LogEvent, locale: string): string {
  const say = words(locale);
  const number = formatter({ name: "number" }, locale);
  const what =
    typeof count !== "number"
      ? say(reason === "unknown_source" ? "missing_maybe" : "missing_some")
      : count === 1
        ? say("missing_one")
        : say("missing_count", number(count));
  return REASONS.includes(reason as Word) ? say("because", what, say(reason as Word)) : what;
}

define("events", EventLog);
