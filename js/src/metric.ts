// MetricCard: the page's half. The newest number, where it is going, and a line of how it got there.

import cardStyles from "./card.css";
import { Buckets } from "./lib/draw/buckets";
import { fitting, type Placed, placed, wrapped } from "./lib/draw/fitting";
import { lines } from "./lib/draw/lines";
import { sparkline } from "./lib/draw/sparkline";
import type { Meaning } from "./lib/hop/cursor";
import type { Part } from "./lib/hop/frames";
import { define } from "./lib/hop/slot";
import { exactText } from "./lib/text/changes";
import { type Comparison, madeText, sinceText } from "./lib/text/comparisons";
import { agoText } from "./lib/text/durations";
import { formatter, isScaled, MISSING, type NumberFormat, parted, shortened } from "./lib/text/format";
import { type Reason, reasonText } from "./lib/text/reasons";
import { calendarText } from "./lib/text/times";
import { words } from "./lib/text/words";
import { BEAT_MS, crowdOf } from "./lib/view/crowd";
import { h, setAttribute, setNumber, setText, tellWhole } from "./lib/view/dom";
import { Drawing } from "./lib/view/drawing";
import type { DataState } from "./lib/view/freshness";
import { Help } from "./lib/view/help";
import { showIcon } from "./lib/view/icons";
import { LiveWidget, type View } from "./lib/view/live";
import { Trend } from "./lib/view/trend";

/** What the kernel says of the number itself; the same with every part, the newest counts. */
interface Readout {
  value: number | null;
  /** Shown instead of a number: text, or an infinity. */
  text?: string;
  /** Likewise: a length of time, in seconds, as the value is. */
  duration?: number;
  /** Likewise: a moment, in seconds since 1970. */
  moment?: number;
  delta?: number;
  /** Seconds that the change covers. */
  span?: number;
  /** Seconds that are known of the window that the number is made of, when these are fewer. */
  covers?: number;
  /** Seconds that newer records have left the number out, once that is longer than the window. */
  behind?: number;
  level: "normal" | "warning" | "error";
  /** Which alert gives the level; left out of parts that are a few numbers, which change neither. */
  reason?: Reason;
}

/** Without news, "last 60 s" would not be true; what is said of the state then stands in its place. */
const WITHOUT_TREND: readonly DataState[] = ["no_data", "stale", "disconnected", "kernel_gone"];
/**
 * The trend cannot be read, and the line hardly moves, more often than that: it is drawn anew once it would move by two
 * pixels. The number itself is written with every draw.
 */
const MIN_TREND_MS = 500;
const MAX_TREND_MS = 1_000;
const STEP_PX = 2;
/** A number that stays so long can be read, and its trend is of the same moment. */
const CALM_MS = 180;

/** From so many pixels on a card is wide: its line is higher, too. */
const WIDE_PX = 420;

/** Beside the number: margins, padding and borders of a card, CSS pixels. */
const BESIDE_PX = 38;

export class MetricCard extends LiveWidget {
  static override readonly settings = [
    "icon",
    "good",
    "change",
    "sparkline",
    "help",
    "reduce",
    "_compare",
    "_format",
    "_window",
  ];
  static override readonly styles = cardStyles;

  readonly buckets = new Buckets();
  readout: Readout = { value: null, level: "normal" };
  #newest: number | null = null;
  /** The timers of the views that wait for the crowd, for when nothing else draws them. */
  readonly #pending = new WeakMap<View, () => void>();
  /** The level that those who listen know of. */
  #level: Readout["level"] | null = null;

  protected get empty(): boolean {
    return this.#newest === null;
  }

  get lastTs(): number | null {
    return this.#newest;
  }

  override get statusText(): string {
    const { behind } = this.readout;
    if (this.state !== "live" || !behind) return super.statusText;
    return words(this.locale)("stale", agoText(behind, this.locale));
  }

  protected take(part: Part, meaning: Meaning): void {
    // The number is whole in every part: it is right at once even after a loss.
    const before = this.readout;
    this.readout = part.body as unknown as Readout;
    const few = !("k0" in part.body) && before.reason && before.level === this.readout.level;
    if (few) this.readout.reason ??= before.reason!;
    this.#newest = (part.body.newest as number | null) ?? null;
    if (meaning === "replace") this.buckets.replace(part);
    else if (meaning === "append") this.buckets.append(part);
    this.#tellLevel();
  }

  #tellLevel(): void {
    const { level } = this.readout;
    if (level === this.#level) return;
    this.#level = level;
    const text = () => words(this.locale)("and_value", this.levelText, this.text);
    this.tell("level", level, text, level === "error");
  }

  /** What stands on the card: the number, or a moment or text in its place. */
  get text(): string {
    const { text, moment } = this.readout;
    if (moment !== undefined) return calendarText(moment, this.locale, this.zone);
    return text ?? formatter(this.format, this.locale)(this.number);
  }

  /** Its level, and why it has that, where an alert gives it. */
  get levelText(): string {
    const { level = "normal", reason } = this.readout;
    const say = words(this.locale);
    if (!reason) return say(level);
    return say("says", say(level), reasonText(reason, formatter(this.format, this.locale), this.locale));
  }

  /** Whether there is no number on the card. */
  get isText(): boolean {
    const { text, moment } = this.readout;
    return text !== undefined || moment !== undefined;
  }

  /** How its number is written. */
  get format(): NumberFormat {
    return this.readout.duration === undefined ? this.get<NumberFormat>("_format") : { name: "duration" };
  }

  /** Of its window. */
  get seconds(): number {
    return this.get<{ seconds: number }>("_window").seconds;
  }

  /** What its number is made of; empty for the newest value. */
  get made(): string {
    return madeText(this.get("reduce"), this.seconds, this.readout.covers ?? this.seconds, this.locale);
  }

  /** Its number with all digits; empty where they are on the card, or there is none. */
  get exact(): string {
    const { value, duration } = this.readout;
    if (value === null || this.isText || duration !== undefined) return "";
    return exactText(value, this.get<NumberFormat>("_format"), this.locale);
  }

  get number(): number | null {
    const { value, duration } = this.readout;
    return duration === undefined ? value : duration * 1000;
  }

  protected override waits(view: View): boolean {
    const { clock } = this.host;
    const wait = crowdOf(clock).wait(view, clock.now());
    const pending = this.#pending.get(view);
    if (!wait) {
      pending?.();
      this.#pending.delete(view);
    } else if (!pending) {
      const again = () => {
        this.#pending.delete(view);
        this.host.invalidate();
      };
      this.#pending.set(view, clock.after(wait, again));
    }
    return wait > 0;
  }

  protected view(el: HTMLElement, signal: AbortSignal): View {
    return new MetricView(this, el, this.root("metric"), signal);
  }
}

class MetricView implements View {
  readonly status = h("span", "rw-status");
  readonly #icon = h("span", "rw-icon");
  readonly #name = h("span", "rw-name");
  readonly #value = h("div", "rw-value");
  readonly #level = h("span", "rw-level");
  readonly #levelWord = h("span", "");
  /** What the frame, the level and the size of the number were last drawn for. */
  #frame = "";
  #levelFor = "";
  #fitFor = "";
  #fontSize = 0;
  /** What is on the card, and how to fit it into so many pixels. */
  #text = "";
  /** What those who listen hear in its place; empty: the same. */
  #said = "";
  #place: (room: number) => Placed | null = () => null;
  readonly #made = h("span", "rw-made");
  readonly #help: Help;
  readonly #trend: Trend;
  readonly #foot = h("div", "rw-foot");
  readonly #error = h("div", "rw-error");
  readonly #spark = new Drawing("rw-spark", ["ground", "line", "dots"]);
  /** Whether there is a number on the card: the one that a pause keeps. */
  #drawn = false;
  /** Of the line, CSS pixels. */
  #size: [number, number] = [0, 0];
  /** Seconds that the line covers. */
  #covered = 0;
  /** What the trend and the line were last drawn for, and when they are due again. */
  #trendFor = "";
  #trendDue = 0;
  /** When the number was written last. */
  #wroteAt = Number.NEGATIVE_INFINITY;

  constructor(
    readonly card: MetricCard,
    readonly el: HTMLElement,
    readonly root: HTMLElement,
    signal: AbortSignal,
  ) {
    this.#help = new Help(el, card.host.clock, signal);
    this.#trend = new Trend(signal);
    const head = h("div", "rw-head");
    const title = h("span", "rw-title");
    setAttribute(this.#icon, "aria-hidden", "true");
    title.append(this.#icon, this.#name);
    tellWhole(title, signal);
    head.append(title, this.#made, this.#help.button);
    this.#level.append(this.#levelWord);
    this.#foot.append(this.#level, this.#trend.root, this.status);
    this.root.append(head, this.#value, this.#foot, this.#error, this.#spark.root);
    el.append(this.root);
    this.#value.addEventListener("pointerenter", () => this.#tellExactly(), { signal });
  }

  measure(): void {
    this.#trend.measure();
    this.root.toggleAttribute("data-rw-wide", this.el.clientWidth >= WIDE_PX);
    this.#size = this.#spark.size;
    this.#trendFor = "";
  }

  draw(width: number): void {
    const { card } = this;
    this.#drawFrame();
    if (card.paused && this.#drawn) {
      this.#fit(width);
      return;
    }
    this.#drawn = card.lastTs !== null;
    const write = formatter(card.get<NumberFormat>("_format"), card.locale);
    const { locale, state } = card;
    this.#read();
    this.#fit(width);
    this.#drawLevel();
    card.mark(this.root);
    const spark = card.get<boolean>("sparkline");
    const now = card.host.clock.now();
    const settings = ["good", "change", "reduce", "_compare", "_format", "_window"].map((name) =>
      card.get(name),
    );
    const what = JSON.stringify([state, locale, spark, settings]);
    const calm = now - this.#wroteAt >= CALM_MS;
    this.#wroteAt = now;
    if (!calm && now < this.#trendDue && what === this.#trendFor) {
      card.later();
      return;
    }
    this.#trendFor = what;
    // Not all cards at once: two hundred lines in one frame would be felt.
    const due = now + this.#pace * (0.75 + Math.random() / 2);
    this.#trendDue = Math.ceil(due / BEAT_MS) * BEAT_MS;
    this.#writeTrend(card.readout, width - BESIDE_PX);
    const alone = state === "idle" && card.buckets.k.length < 2; // nothing that could become a line
    this.#spark.hidden = !spark || alone;
    if (spark && !alone) this.#drawSpark(write);
  }

  /** Draws what seldom changes, and then only: twenty numbers a second should cost no more than themselves. */
  #drawFrame(): void {
    const { card } = this;
    const [icon, title, help] = ["icon", "title", "help"].map((name) => card.get<string>(name) ?? "");
    const frame = JSON.stringify([
      icon,
      title,
      help,
      card.made,
      card.name,
      card.locale,
      card.error,
      card.statusText,
      card.state,
    ]);
    if (frame === this.#frame) return;
    this.#frame = frame;
    setText(this.#icon, icon!);
    this.#icon.hidden = !icon;
    setText(this.#name, title!);
    setText(this.#made, card.made);
    this.#made.hidden = !card.made;
    this.#help.write(help!, card.name, card.locale, this.root);
    setAttribute(this.root, "role", "group");
    setAttribute(this.root, "aria-label", card.name);
    setAttribute(this.#value, "lang", card.locale); // numbers are the locale's, also where words are not
    this.status.hidden = !card.statusText;
    this.#error.hidden = card.state !== "error";
    this.#foot.hidden = !this.#error.hidden;
    setText(this.#error, card.error);
  }

  #drawLevel(): void {
    const { level = "normal" } = this.card.readout;
    const drawn = `${level} ${this.card.levelText}`;
    if (drawn === this.#levelFor) return;
    this.#levelFor = drawn;
    setAttribute(this.root, "data-rw-level", level);
    this.#level.hidden = level === "normal";
    setText(this.#levelWord, level === "normal" ? "" : this.card.levelText);
    if (level !== "normal") showIcon(this.#level, level === "error" ? "cross" : "triangle");
  }

  /** Milliseconds in which the line moves as far as it may before it is drawn anew. */
  get #pace(): number {
    const step = (STEP_PX * 1000 * this.#covered) / Math.max(1, this.#size[0]);
    return Math.min(MAX_TREND_MS, Math.max(MIN_TREND_MS, step));
  }

  /** Reads what is to be on the card: a paused one keeps it, also in another width. */
  #read(): void {
    const { card } = this;
    const none = card.state === "no_data" || card.state === "loading";
    this.#text = none ? MISSING : card.text;
    // What was made short for the eye alone is heard in full.
    this.#said = none || !isScaled(card.format) ? "" : card.exact;
    if (none || card.isText) {
      this.#place = () => null;
      return;
    }
    const { format, number, locale } = card;
    const parts = parted(this.#text, format);
    const short = () => {
      const less = shortened(format);
      return parted(formatter(less, locale)(number), less);
    };
    this.#place = (room) => placed(parts, short, room);
  }

  /** A number is never broken: it stands in one line, smaller or shorter where it is long; only text has several lines. */
  #fit(width: number): void {
    const text = this.#text;
    const said = this.#said || text;
    const what = `${width} ${text} ${said}`;
    if (what === this.#fitFor) return;
    this.#fitFor = what;
    const room = width - BESIDE_PX;
    const number = this.#place(room);
    const line = number ? null : fitting(text, room);
    const [shown, rest] = number?.parts ?? [text, ""];
    setNumber(this.#value, shown, rest);
    setAttribute(this.#value, "data-rw-fit", number?.look ?? (line ? "line" : "lines"));
    if (shown + rest === said) {
      this.#value.removeAttribute("role");
      this.#value.removeAttribute("aria-label");
    } else {
      setAttribute(this.#value, "role", "img");
      setAttribute(this.#value, "aria-label", said);
    }
    const size = number?.size ?? line ?? wrapped(text, room);
    if (size === this.#fontSize) return;
    this.#fontSize = size;
    this.#value.style.setProperty("--rw-size", `${size}px`);
  }

  /** Has all digits of the number in its tooltip. */
  #tellExactly(): void {
    const { exact } = this.card;
    this.#value.title = exact === this.#value.textContent ? "" : exact;
  }

  #writeTrend({ delta, value, span = 0 }: Readout, room: number): void {
    const { card } = this;
    const known = delta !== undefined && value !== null && !WITHOUT_TREND.includes(card.state);
    this.#trend.hide(!known);
    if (!known) return;
    const format = card.get<NumberFormat>("_format");
    const compare = card.get<Comparison>("_compare");
    const told = {
      value,
      delta,
      since: sinceText(compare, card.get("reduce"), card.seconds, span, format, card.locale),
      format,
      relative: card.get<string>("change") === "relative",
      good: card.get<string>("good"),
    };
    setAttribute(this.root, "data-rw-trend", this.#trend.write(told, room, card.locale));
  }

  /** The window as a line with a soft ground; breaks stay breaks. */
  #drawSpark(write: (value: number) => string): void {
    if (!this.#size[0]) this.#size = this.#spark.size; // it was not shown when measured
    const [width, height] = this.#size;
    if (!width || !height) return;
    const { buckets } = this.card;
    const [series] = buckets.series;
    const line = series ? lines(buckets, series).pop()! : { x: [], y: [] };
    const found = sparkline(line, {
      width,
      height,
      density: devicePixelRatio || 1,
      newest: buckets.newest ?? 0,
      seconds: this.card.seconds,
    });
    this.#covered = found?.covered ?? 0;
    this.#spark.draw(found?.viewBox, found ?? {}, found ? found.extent.map(write).join(" – ") : MISSING);
  }
}

define("metric", MetricCard);
