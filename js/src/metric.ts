// MetricCard: the page's half. The newest number, where it is going, and a line of how it got there.

import { Buckets } from "./lib/draw/buckets";
import { ems, fitting, type Placed, placed, wrapped } from "./lib/draw/fitting";
import { lines } from "./lib/draw/lines";
import { sparkline } from "./lib/draw/sparkline";
import type { Meaning } from "./lib/hop/cursor";
import type { Part } from "./lib/hop/frames";
import { define } from "./lib/hop/slot";
import { changeOf, exactText } from "./lib/text/changes";
import { agoText, windowText } from "./lib/text/durations";
import { formatter, MISSING, type NumberFormat, type Parted, parted, shortened } from "./lib/text/format";
import { unbroken } from "./lib/text/intl";
import { calendarText } from "./lib/text/times";
import { words } from "./lib/text/words";
import { BEAT_MS, crowdOf } from "./lib/view/crowd";
import { h, setAttribute, setNumber, setText, tellWhole } from "./lib/view/dom";
import { Drawing } from "./lib/view/drawing";
import type { DataState } from "./lib/view/freshness";
import { showIcon } from "./lib/view/icons";
import { LiveWidget, type View } from "./lib/view/live";

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
  /** Seconds that newer records have left the number out, once that is longer than the window. */
  behind?: number;
  level: "normal" | "warning" | "error";
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

/** Size of its text, CSS pixels: as wide as bold letters of this. */
const TREND_PX = 11.5;

const ARROW = { up: "▲", down: "▼", neutral: "" };

export class MetricCard extends LiveWidget {
  static override readonly settings = ["icon", "good", "change", "sparkline", "_format"];

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
    this.readout = part.body as unknown as Readout;
    this.#newest = (part.body.newest as number | null) ?? null;
    if (meaning === "replace") this.buckets.replace(part);
    else if (meaning === "append") this.buckets.append(part);
    this.#tellLevel();
  }

  #tellLevel(): void {
    const { level } = this.readout;
    if (level === this.#level) return;
    this.#level = level;
    const text = () => {
      const say = words(this.locale);
      return say("and_value", say(level), this.text);
    };
    this.tell("level", level, text, level === "error");
  }

  /** What stands on the card: the number, or a moment or text in its place. */
  get text(): string {
    const { text, moment } = this.readout;
    if (moment !== undefined) return calendarText(moment, this.locale, this.zone);
    return text ?? formatter(this.format, this.locale)(this.number);
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
  #place: (room: number) => Placed | null = () => null;
  readonly #trend = h("span", "rw-trend");
  readonly #change = h("span", "rw-phrase");
  readonly #over = h("span", "rw-phrase");
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
    const head = h("div", "rw-head");
    const title = h("span", "rw-title");
    setAttribute(this.#icon, "aria-hidden", "true");
    title.append(this.#icon, this.#name);
    tellWhole(title, signal);
    head.append(title);
    this.#level.append(this.#levelWord);
    this.#foot.append(this.#level, this.#trend, this.status);
    this.#trend.append(this.#change, " ", this.#over);
    setAttribute(this.#trend, "role", "img"); // an arrow, which has a word for those who listen
    this.root.append(head, this.#value, this.#foot, this.#error, this.#spark.root);
    el.append(this.root);
    this.#value.addEventListener("pointerenter", () => this.#tellExactly(), { signal });
    const observer = new ResizeObserver(() => this.#keepLines());
    observer.observe(this.#trend);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** A trend that once took two lines keeps them: else the card, and all below it, would jump with its digits. */
  #keepLines(): void {
    if (this.#over.offsetTop > this.#change.offsetTop) setAttribute(this.#trend, "data-rw-lines", "2");
  }

  measure(): void {
    this.#trend.removeAttribute("data-rw-lines");
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
    const settings = ["good", "change", "_format", "_window"].map((name) => card.get(name));
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
    const [icon, title] = [card.get<string>("icon"), card.get<string>("title")];
    const frame = JSON.stringify([
      icon,
      title,
      card.name,
      card.locale,
      card.error,
      card.statusText,
      card.state,
    ]);
    if (frame === this.#frame) return;
    this.#frame = frame;
    setText(this.#icon, icon);
    this.#icon.hidden = !icon;
    setText(this.#name, title);
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
    const drawn = `${level} ${this.card.locale}`;
    if (drawn === this.#levelFor) return;
    this.#levelFor = drawn;
    setAttribute(this.root, "data-rw-level", level);
    this.#level.hidden = level === "normal";
    setText(this.#levelWord, level === "normal" ? "" : words(this.card.locale)(level));
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
    const what = `${width} ${text}`;
    if (what === this.#fitFor) return;
    this.#fitFor = what;
    const room = width - BESIDE_PX;
    const number = this.#place(room);
    const line = number ? null : fitting(text, room);
    const [shown, rest] = number?.parts ?? [text, ""];
    setNumber(this.#value, shown, rest);
    setAttribute(this.#value, "data-rw-fit", number?.look ?? (line ? "line" : "lines"));
    if (shown + rest === text) {
      this.#value.removeAttribute("role");
      this.#value.removeAttribute("aria-label");
    } else {
      setAttribute(this.#value, "role", "img");
      setAttribute(this.#value, "aria-label", text);
    }
    const size = number?.size ?? line ?? wrapped(text, room);
    if (size === this.#fontSize) return;
    this.#fontSize = size;
    this.#value.style.setProperty("--rw-size", `${size}px`);
  }

  /** Has all digits of the number in its tooltip. */
  #tellExactly(): void {
    const { value, duration } = this.card.readout;
    const exact =
      value === null || duration !== undefined
        ? ""
        : exactText(value, this.card.get<NumberFormat>("_format"), this.card.locale);
    this.#value.title = exact === this.#value.textContent ? "" : exact;
  }

  /** A line of it may end between the change and its time, and before the words of a unit, and nowhere within a number. */
  #writeTrend({ delta, value }: Readout, room: number): void {
    const { card } = this;
    const say = words(card.locale);
    const known = delta !== undefined && value !== null && !WITHOUT_TREND.includes(card.state);
    if (this.#trend.hidden === known) this.#trend.hidden = !known;
    if (!known) return;
    const relative = card.get<string>("change") === "relative";
    const { seconds } = card.get<{ seconds: number }>("_window");
    const over = say("over", unbroken(windowText(seconds, card.locale)));
    const format = card.get<NumberFormat>("_format");
    const { direction, ...change } = changeOf(value, delta, format, card.locale, relative);
    const phrase = (text: string, format: NumberFormat, end = "·"): Parted => {
      const [number, rest] = parted(text, format);
      const by = [ARROW[direction], number, !rest && text && end].filter(Boolean).join(" ");
      return [by, rest && `${rest}\u00a0${end}`];
    };
    const whole = phrase(change.text, format);
    let shown = whole;
    const fits = () => ems(shown[0]) * TREND_PX <= room;
    if (!fits()) {
      const less = shortened(format);
      const { text } = changeOf(value, delta, format, card.locale, relative, less);
      shown = phrase(text, less);
      if (!fits()) shown = phrase(text, less, ""); // its time is in the next line anyway
    }
    setNumber(this.#change, ...shown);
    setText(this.#over, over);
    setAttribute(this.#trend, "aria-label", `${say(direction)} ${whole.join("")} ${over}`);
    const good = card.get<string>("good");
    const verdict = !good || direction === "neutral" ? "" : direction === good ? "good" : "bad";
    setAttribute(this.#trend, "data-rw-verdict", verdict);
    setAttribute(this.root, "data-rw-trend", direction);
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
      seconds: this.card.get<{ seconds: number }>("_window").seconds,
    });
    this.#covered = found?.covered ?? 0;
    this.#spark.draw(found?.viewBox, found ?? {}, found ? found.extent.map(write).join(" – ") : MISSING);
  }
}

define("metric", MetricCard);
