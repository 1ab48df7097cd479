// LiveChart: the page's half. Parts fill the buckets of each feed; a view turns them into one uPlot.

import uPlot from "uplot";
import uplotStyles from "uplot/dist/uPlot.min.css";
import { type Axis, Buckets } from "./lib/draw/buckets";
import { extent, type Line, lines, reading } from "./lib/draw/lines";
import { colorOf, lineColor } from "./lib/draw/palette";
import { plotOptions } from "./lib/draw/plot";
import { allWhole, niceRange } from "./lib/draw/range";
import { rulesOf } from "./lib/draw/steps";
import { readingFormat } from "./lib/draw/ticks";
import type { Meaning } from "./lib/hop/cursor";
import type { Part } from "./lib/hop/frames";
import { define } from "./lib/hop/slot";
import { formatter, type NumberFormat, wholeText } from "./lib/text/format";
import { placeText } from "./lib/text/places";
import { isCalendar } from "./lib/text/times";
import { words } from "./lib/text/words";
import { h, setAttribute, setText } from "./lib/view/dom";
import { Head } from "./lib/view/head";
import { Legend } from "./lib/view/legend";
import { LiveWidget, type View } from "./lib/view/live";

/** Numbers that change faster cannot be read, and each change lays out the page; the last is written within a second. */
const READINGS_MS = 200;

/** How the lines of a feed are called: by field, or one alone, or prefix and field. */
interface Words {
  prefix: string;
  labels: Record<string, string>;
  only?: string;
}

/** One drawn line: which series of which feed, and what it is called. */
interface Trace {
  feed: string;
  series: number;
  label: string;
  color: string | null;
}

export class LiveChart extends LiveWidget {
  static override readonly settings = ["height", "colors", "_format"];
  static override readonly styles = uplotStyles;

  readonly feeds = new Map<string, Buckets>();

  /** What the axis below is. */
  get axis(): Axis {
    for (const { axis } of this.feeds.values()) return axis;
    return "time";
  }

  /** What coordinates along a field are counted from: the greatest that a feed has. */
  get origin(): bigint {
    let found: bigint | null = null;
    for (const { k, origin } of this.feeds.values())
      if (k.length && (found === null || origin > found)) found = origin;
    return found ?? 0n;
  }

  /**
   * What is added to the coordinates of a feed: streams that number their records each for itself end together, and
   * those that count from another value along a field are put to this one.
   */
  shift({ axis, newest, origin }: Buckets, from = this.origin): number {
    if (axis === "field") return Number(origin - from);
    return axis === "records" && this.model.get("_relative") ? -(newest ?? 0) : 0;
  }

  /** The lines of a trace, one for each run, the newest last. */
  lines({ feed, series }: Trace): Line[] {
    const buckets = this.feeds.get(feed);
    const own = buckets?.series[series];
    return buckets && own ? lines(buckets, own, this.shift(buckets)) : [];
  }

  get traces(): Trace[] {
    const lines = this.model.get("_legend") as Record<string, Words>;
    const colors = this.model.get("colors") as string[] | Record<string, string> | null;
    const traces: Trace[] = [];
    for (const [feed, { prefix, labels, only }] of Object.entries(lines)) {
      const fields = this.feeds.get(feed)?.names ?? [];
      for (const [series, field] of fields.entries()) {
        const given = Object.hasOwn(labels, field) ? labels[field] : undefined; // a field may be called "constructor"
        const label = given ?? (fields.length === 1 ? only : undefined) ?? prefix + field;
        const named =
          colors && Object.hasOwn(colors, label) ? (colors as Record<string, string>)[label] : null;
        const color = (Array.isArray(colors) ? colors[traces.length] : named) ?? null;
        traces.push({ feed, series, label, color });
      }
    }
    return traces;
  }

  protected get empty(): boolean {
    for (const buckets of this.feeds.values()) if (buckets.k.length) return false;
    return true;
  }

  get lastTs(): number | null {
    return greatest([...this.feeds.values()].map(({ newestTs }) => newestTs));
  }

  /** Coordinate of the newest record; null before the first. */
  get newest(): number | null {
    const feeds = [...this.feeds.values()];
    return greatest(feeds.map((each) => (each.newest !== null ? each.newest + this.shift(each) : null)));
  }

  /** Coordinates at the edges of the window. */
  get span(): [number, number] {
    const feeds = [...this.feeds];
    const newest = this.newest ?? 0;
    const { window, axis } = feeds[0]?.[1] ?? new Buckets();
    if (window !== null) {
      // A line ends where its link was lost, and time goes on; half of the window at most is left empty.
      const ends = feeds.map(([feed, { newest: end }]) =>
        end === null || axis !== "time" ? newest : end + Math.min(this.outage(feed), window / 2),
      );
      const end = Math.max(newest, ...ends);
      return [end - window, end];
    }
    const edges = feeds.flatMap(([, each]) => {
      if (!each.x.length) return [];
      const shift = this.shift(each);
      const first = each.start ?? each.x.reduce((least, x) => Math.min(least, x));
      const last = axis === "field" ? each.x.reduce((most, x) => Math.max(most, x)) : each.newest!;
      return [first + shift, last + shift];
    });
    const [start, end] = [Math.min(...edges), Math.max(newest, ...edges)];
    return start < end ? [start, end] : [end - 1, end];
  }

  /** A line that has lost its link falls behind the time. */
  protected override get moves(): boolean {
    return this.axis === "time" && [...this.feeds.keys()].some((feed) => this.outage(feed) > 0);
  }

  protected take(part: Part, meaning: Meaning): void {
    let buckets = this.feeds.get(part.feed);
    if (!buckets) {
      buckets = new Buckets();
      this.feeds.set(part.feed, buckets);
    }
    if (meaning === "replace") buckets.replace(part);
    else if (meaning === "append") buckets.append(part);
  }

  protected view(el: HTMLElement, signal: AbortSignal): View {
    return new ChartView(this, el, this.root("chart"), signal);
  }
}

function greatest(values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length ? Math.max(...known) : null;
}

class ChartView implements View {
  readonly status: HTMLElement;
  readonly #head: Head;
  readonly #plotBox = h("div", "rw-plot");
  readonly #empty = h("div", "rw-empty");
  readonly #legend: Legend;
  #plot: uPlot | null = null;
  #built = "";
  #traces: Trace[] = [];
  #hover: number | null = null;
  /** The lines of each trace, one for each run. */
  #lines: Line[][] = [];
  #newest: (number | null)[] = [];
  #newestTs: number | null = null;
  #newestAt: number | null = null;
  #origin = 0n;
  #range: [number, number] | null = null;
  /** Whether all values within the window are whole numbers. */
  #whole = false;
  #span: [number, number] = [0, 1];
  #wroteAt = Number.NEGATIVE_INFINITY;
  #measured = false;
  #plotWidth = 0;
  /** The label of each line of the plot. */
  #drawn: string[] = [];

  constructor(
    readonly chart: LiveChart,
    readonly el: HTMLElement,
    readonly root: HTMLElement,
    signal: AbortSignal,
  ) {
    this.#head = new Head(chart, signal);
    this.status = this.#head.status;
    this.#legend = new Legend((label, show) => this.#showTrace(label, show), signal);
    this.#plotBox.append(this.#empty);
    this.root.append(this.#head.root, this.#plotBox, this.#legend.root);
    signal.addEventListener("abort", () => this.#plot?.destroy());
    el.append(this.root);
  }

  measure(): void {
    const found = this.#plotBox.clientWidth;
    // JupyterLab hides the page for a moment to change its theme: nothing is to be found then, so look again.
    this.#measured = found > 0;
    this.#plotWidth = Math.max(120, found || this.#plotWidth);
  }

  draw(): void {
    const { chart } = this;
    const say = words(chart.locale);
    this.#head.draw();
    setAttribute(this.root, "role", "figure");
    setAttribute(this.root, "aria-label", chart.name);
    const waiting = chart.state === "no_data" || chart.state === "loading" ? say(chart.state) : "";
    setText(this.#empty, chart.state === "error" ? chart.error : waiting);
    this.#plotBox.style.minHeight = `${chart.get<number>("height")}px`;
    const still = chart.paused && this.#newestTs !== null;
    if (!still) this.#read();
    this.#fit();
    if (!this.#measured) this.measure();
    if (this.#build() || !still) this.#fill();
    if (still || chart.host.clock.now() - this.#wroteAt >= READINGS_MS) this.#write();
    else chart.later();
    if (!still) chart.mark(this.root);
  }

  /** Takes what the chart has now; a view that is held keeps what it took. */
  #read(): void {
    const { chart } = this;
    this.#traces = chart.traces;
    this.#span = chart.span;
    this.#lines = this.#traces.map((trace) => chart.lines(trace));
    this.#newest = this.#traces.map(({ feed, series }) => chart.feeds.get(feed)?.last[series] ?? null);
    this.#newestTs = chart.lastTs;
    this.#newestAt = chart.newest;
    this.#origin = chart.origin;
  }

  /** Fits the value axis to what is shown within the window. */
  #fit(): void {
    const rules = rulesOf(this.chart.get<NumberFormat>("_format"));
    const shown = this.#lines.filter((_, i) => this.#legend.shows(this.#traces[i]!.label)).flat();
    this.#whole = allWhole(shown, ...this.#span);
    this.#range = niceRange(extent(shown, ...this.#span), this.#range, { ...rules, whole: this.#whole });
  }

  #fill(): void {
    if (!this.#plot) return;
    // The strokes draw lines of their own; the plot needs to know that there is something to draw.
    const ends = this.#plot.series.slice(1).map(() => this.#range ?? [0, 1]);
    this.#plot.setData([this.#span, ...ends]);
  }

  /** Makes the plot anew when its lines, colours or language are other than what it was made for; says if it changed. */
  #build(): boolean {
    const { chart } = this;
    const width = this.#plotWidth;
    const height = chart.get<number>("height");
    const format = chart.get<NumberFormat>("_format");
    const { axis } = chart;
    const calendar = axis === "time" && isCalendar(this.#newestTs ?? 0);
    const labels = this.#traces.map(({ label, color }, i) => [label, color, this.#lines[i]!.length]);
    const look = [chart.locale, chart.zone, format, axis, calendar, `${this.#origin}`];
    const key = JSON.stringify([labels, this.el.dataset.rwTheme, look]);
    if (this.#plot && key === this.#built) {
      if (this.#plot.width === width && this.#plot.height === height) return false;
      this.#plot.setSize({ width, height });
      return true;
    }
    this.#built = key;
    this.#plot?.destroy();
    this.#plot = null;
    const named = this.#traces.map(({ label, color }, i) => ({
      label,
      color: color ?? lineColor(this.el, i),
    }));
    this.#legend.make(named, chart.locale);
    this.#drawn = named.flatMap(({ label }, i) => this.#lines[i]!.map(() => label));
    this.#wroteAt = Number.NEGATIVE_INFINITY;
    if (!this.#traces.length) return true;
    const options = plotOptions({
      width,
      height,
      format,
      axis,
      calendar,
      counted: this.#origin ? this.#counted() : "",
      locale: chart.locale,
      zone: chart.zone,
      whole: () => this.#whole,
      muted: colorOf(this.el, "--rw-muted"),
      grid: colorOf(this.el, "--rw-grid"),
      lines: named.flatMap((each, i) =>
        this.#lines[i]!.map((_, run, { length }) => ({
          ...each,
          show: this.#legend.shows(each.label),
          earlier: run < length - 1,
          line: () => this.#lines[i]?.[run] ?? { x: [], y: [] },
        })),
      ),
      span: () => this.#span,
      range: () => this.#range ?? [0, 1],
      point: (plot) => this.#point(plot),
    });
    this.#plot = new uPlot(options, [[]], this.#plotBox);
    return true;
  }

  /** Writes the values under the cursor, or else the newest, behind the names: of what is drawn, not of what came since. */
  #write(): void {
    const { chart } = this;
    this.#wroteAt = chart.host.clock.now();
    const format = readingFormat(chart.get("_format"), this.#range ?? [0, 0], chart.locale);
    const write = formatter(format, chart.locale);
    let place = this.#hover;
    const readings = this.#traces.map(({ feed, series }, i) => {
      if (this.#hover === null) return write(this.#newest[i]);
      const buckets = chart.feeds.get(feed)!;
      const shift = chart.shift(buckets, this.#origin);
      const found = reading(buckets, buckets.series[series]!, this.#hover - shift);
      if (!found) return write(null);
      place = found.x + shift;
      return found.lo === found.hi ? write(found.lo) : `${write(found.lo)} – ${write(found.hi)}`;
    });
    this.#legend.write(readings, this.#placeText(place));
  }

  /** What the coordinates along a field are that are counted from an origin. */
  #counted(): string {
    const [sign, size] = this.#origin < 0n ? ["+", -this.#origin] : ["−", this.#origin];
    return `${this.chart.get<string>("_x")} ${sign} ${wholeText(size, this.chart.locale)}`;
  }

  /** A coordinate in words; null: the newest. */
  #placeText(place: number | null): string {
    const { chart } = this;
    if (chart.axis === "time") {
      const time = place ?? this.#newestTs;
      const now = Date.now() / 1000;
      return time === null ? "" : placeText(time, this.#span, chart.locale, chart.zone, now);
    }
    const at = place ?? this.#newestAt;
    if (at === null) return "";
    const number = this.#origin
      ? wholeText(this.#origin + BigInt(Math.round(at)), chart.locale)
      : formatter({ name: "number" }, chart.locale)(chart.axis === "records" ? Math.round(at) : at);
    return `${chart.get<string>("_x")} ${number}`;
  }

  #point(plot: uPlot): void {
    const { left } = plot.cursor;
    this.#hover = left === undefined || left === null || left < 0 ? null : plot.posToVal(left, "x");
    this.#write();
  }

  #showTrace(label: string, show: boolean): void {
    this.#range = null;
    this.#fit();
    for (const [i, drawn] of this.#drawn.entries()) {
      if (drawn === label) this.#plot?.setSeries(i + 1, { show });
    }
    this.chart.host.invalidate();
  }
}

define("chart", LiveChart);
