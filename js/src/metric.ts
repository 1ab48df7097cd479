// MetricCard: the page's half. The newest number, where it is going, and a line of how it got there.

import { Buckets } from "./lib/draw/buckets";
import { lines } from "./lib/draw/lines";
import { lineColor } from "./lib/draw/palette";
import { drawSparkline } from "./lib/draw/sparkline";
import type { Meaning } from "./lib/hop/cursor";
import type { Part } from "./lib/hop/frames";
import { define } from "./lib/hop/slot";
import { agoText, formatter, MISSING, type NumberFormat } from "./lib/text/format";
import { words } from "./lib/text/words";
import { h, setAttribute, setText } from "./lib/view/dom";
import { LiveWidget, type View } from "./lib/view/live";

/** What the kernel says of the number itself; the same with every part, the newest counts. */
interface Readout {
  value: number | null;
  /** Shown instead of a number: text, or an infinity. */
  text?: string;
  delta?: number;
  /** Seconds that the delta covers; less than the window while the data are young. */
  span?: number;
  /** Seconds that newer records have left the number out, once that is longer than the window. */
  behind?: number;
  trend: "up" | "down" | "neutral";
  level: "normal" | "warning" | "error";
}

/** The trend and the line move too little to be seen more often; the number itself is written with every draw. */
const TREND_MS = 200;

const ARROW = { up: "▲", down: "▼", neutral: "" };

export class MetricCard extends LiveWidget {
  static override readonly settings = ["icon", "good", "sparkline", "_format"];

  readonly buckets = new Buckets();
  readout: Readout = { value: null, trend: "neutral", level: "normal" };
  #newest: number | null = null;

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
  readonly #trend = h("span", "rw-trend");
  readonly #foot = h("div", "rw-foot");
  readonly #error = h("div", "rw-error");
  readonly #spark = h("canvas", "rw-spark");
  /** Whether there is a number on the card: the one that a pause keeps. */
  #drawn = false;
  /** Of the line's canvas, CSS pixels. */
  #size: [number, number] = [0, 0];
  #coloredFor = "";
  #color = "";
  /** What the trend and the line were last drawn for, and when they are due again. */
  #trendFor = "";
  #trendDue = 0;

  constructor(
    readonly card: MetricCard,
    readonly el: HTMLElement,
    readonly root: HTMLElement,
    _signal: AbortSignal,
  ) {
    const head = h("div", "rw-head");
    const title = h("span", "rw-title");
    setAttribute(this.#icon, "aria-hidden", "true");
    title.append(this.#icon, this.#name);
    head.append(title);
    this.#foot.append(this.#level, this.#trend, this.status);
    setAttribute(this.#spark, "role", "img");
    this.root.append(head, this.#value, this.#foot, this.#error, this.#spark);
    el.append(this.root);
  }

  measure(): void {
    this.#size = [this.#spark.clientWidth, this.#spark.clientHeight];
    this.#takeColor();
    this.#trendFor = "";
  }

  #takeColor(): void {
    this.#coloredFor = this.el.dataset.rwTheme ?? "";
    this.#color = lineColor(this.el, 0);
  }

  draw(): void {
    const { card } = this;
    const say = words(card.locale);
    setText(this.#icon, card.get<string>("icon"));
    this.#icon.hidden = !card.get<string>("icon");
    setText(this.#name, card.get<string>("title"));
    setAttribute(this.root, "role", "group");
    setAttribute(this.root, "aria-label", card.get<string>("title"));
    this.status.hidden = !card.statusText;
    this.#error.hidden = card.state !== "error";
    this.#foot.hidden = !this.#error.hidden;
    setText(this.#error, card.error);
    if (card.paused && this.#drawn) return;
    this.#drawn = card.lastTs !== null;
    const write = formatter(card.get<NumberFormat>("_format"), card.locale);
    const { value, text, level } = card.readout;
    const shown = card.state === "no_data" || card.state === "loading" ? MISSING : (text ?? write(value));
    setText(this.#value, shown);
    this.#value.dataset.rwLength = shown.length > 18 ? "long" : shown.length > 12 ? "medium" : "short";
    this.root.dataset.rwLevel = level ?? "normal";
    setText(this.#level, level === "warning" ? say(level) : level === "error" ? say("critical") : "");
    this.#level.hidden = !this.#level.textContent;
    card.mark(this.root);
    const spark = card.get<boolean>("sparkline");
    const now = card.host.clock.now();
    const { locale, state } = card;
    const what = [state, locale, spark, card.get("good"), this.el.dataset.rwTheme].join();
    if (now < this.#trendDue && what === this.#trendFor) return; // the last is drawn within a second: see `tick`
    this.#trendFor = what;
    // Not all cards at once: two hundred lines in one frame would be felt.
    this.#trendDue = now + TREND_MS * (0.75 + Math.random() / 2);
    this.#writeTrend(card.readout, write);
    this.#spark.hidden = !spark;
    if (spark) this.#drawSpark(write);
  }

  #writeTrend({ trend, delta, span }: Readout, write: (value: number) => string): void {
    const say = words(this.card.locale);
    const known = delta !== undefined && this.card.state !== "no_data";
    this.#trend.hidden = !known;
    if (!known) return;
    const { seconds } = this.card.get<{ seconds: number }>("_window");
    const sign = delta > 0 ? "+" : delta < 0 ? "−" : "±";
    const covered = Math.max(1, Math.min(span ?? seconds, seconds)); // whole seconds: less is not said
    const over = say("over", agoText(covered, this.card.locale));
    setText(this.#trend, `${ARROW[trend]} ${sign}${write(Math.abs(delta))} ${over}`.trim());
    setAttribute(this.#trend, "aria-label", `${say(trend)} ${this.#trend.textContent}`);
    const good = this.card.get<string>("good");
    const verdict = !good || trend === "neutral" ? "" : trend === good ? "good" : "bad";
    this.#trend.dataset.rwVerdict = verdict;
    this.root.dataset.rwTrend = trend;
  }

  /** The window as a line with a soft ground; breaks stay breaks. */
  #drawSpark(write: (value: number) => string): void {
    const canvas = this.#spark;
    if (!this.#size[0]) this.#size = [canvas.clientWidth, canvas.clientHeight]; // it was not shown when measured
    const [width, height] = this.#size;
    if (!width || !height) return;
    if (this.el.dataset.rwTheme !== this.#coloredFor) this.#takeColor();
    const { buckets } = this.card;
    const [series] = buckets.series;
    const line = series ? lines(buckets, series).pop()! : { x: [], y: [] };
    const found = drawSparkline(canvas, line, {
      width,
      height,
      color: this.#color,
      newest: buckets.newest ?? 0,
      seconds: this.card.get<{ seconds: number }>("_window").seconds,
    });
    if (found === undefined) return;
    setAttribute(canvas, "aria-label", found ? found.map(write).join(" – ") : MISSING);
  }
}

define("metric", MetricCard);
