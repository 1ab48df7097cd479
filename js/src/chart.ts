// LiveChart: the page's half. Parts fill the buckets of each feed; a view turns them into one uPlot.

import uPlot from "uplot";
import { Buckets } from "./lib/draw/buckets";
import { colorOf, lineColor } from "./lib/draw/palette";
import { plotOptions, thin } from "./lib/draw/plot";
import { niceRange } from "./lib/draw/range";
import { extent, reading, rows, type Table } from "./lib/draw/rows";
import type { Meaning } from "./lib/hop/cursor";
import type { Part } from "./lib/hop/frames";
import { formatter, isCalendar, type NumberFormat, timeText } from "./lib/text/format";
import { words } from "./lib/text/words";
import { h, setAttribute, setText } from "./lib/view/dom";
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
  readonly feeds = new Map<string, Buckets>();

  /** The feeds that have come, in the order of the legend. */
  get inOrder(): Buckets[] {
    const names = Object.keys(this.model.get("_legend") as object);
    return names.flatMap((name) => this.feeds.get(name) ?? []);
  }

  get traces(): Trace[] {
    const lines = this.model.get("_legend") as Record<string, Words>;
    const colors = this.model.get("colors") as string[] | Record<string, string> | null;
    const traces: Trace[] = [];
    for (const [feed, { prefix, labels, only }] of Object.entries(lines)) {
      const fields = this.feeds.get(feed)?.series ?? [];
      for (const [series, field] of fields.entries()) {
        const label = labels[field] ?? (fields.length === 1 ? only : undefined) ?? prefix + field;
        const color = (Array.isArray(colors) ? colors[traces.length] : colors?.[label]) ?? null;
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
    let newest: number | null = null;
    for (const buckets of this.feeds.values()) {
      if (buckets.newest !== null && (newest === null || buckets.newest > newest)) newest = buckets.newest;
    }
    return newest;
  }

  /** Times at the edges of the window. */
  get span(): [number, number] {
    const newest = this.lastTs ?? 0;
    const { seconds } = this.model.get("_window") as { seconds?: number };
    if (seconds) {
      // A line ends where its link was lost, and time goes on; half of the window at most is left empty.
      const ends = [...this.feeds].map(([feed, buckets]) =>
        buckets.newest === null ? newest : buckets.newest + Math.min(this.outage(feed), seconds / 2),
      );
      const end = Math.max(newest, ...ends);
      return [end - seconds, end];
    }
    const starts = [...this.feeds.values()].filter(({ x }) => x.length).map(({ x }) => Math.min(...x));
    const start = Math.min(...starts, newest);
    return start < newest ? [start, newest] : [newest - 1, newest];
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

class ChartView implements View {
  readonly status = h("span", "rw-status");
  readonly #title = h("span", "rw-title");
  readonly #pause = h("button", "rw-button");
  readonly #plotBox = h("div", "rw-plot");
  readonly #empty = h("div", "rw-empty");
  readonly #legend = h("div", "rw-legend");
  readonly #time = h("span", "rw-time");
  readonly #hidden = new Set<string>();
  #plot: uPlot | null = null;
  #built = "";
  #traces: Trace[] = [];
  #readings: HTMLElement[] = [];
  #hover: number | null = null;
  #table: Table = { x: [], columns: [] };
  #newest: (number | null)[] = [];
  #newestTs: number | null = null;
  #range: [number, number] | null = null;
  #span: [number, number] = [0, 1];
  #wroteAt = Number.NEGATIVE_INFINITY;
  #measured = false;
  #plotWidth = 0;

  constructor(
    readonly chart: LiveChart,
    readonly el: HTMLElement,
    readonly root: HTMLElement,
    signal: AbortSignal,
  ) {
    const head = h("div", "rw-head");
    head.append(this.#title, this.status, this.#pause);
    this.#plotBox.append(this.#empty);
    this.root.append(head, this.#plotBox, this.#legend);
    this.#pause.type = "button";
    this.#pause.addEventListener("click", () => this.chart.togglePause(), { signal });
    this.#legend.addEventListener("click", (event) => this.#toggleTrace(event), { signal });
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
    setText(this.#title, chart.get<string>("title"));
    setText(this.#pause, say(chart.paused ? "resume" : "pause"));
    setAttribute(this.root, "role", "figure");
    setAttribute(this.root, "aria-label", chart.get<string>("title") || "chart");
    const waiting = chart.state === "no_data" || chart.state === "loading" ? say(chart.state) : "";
    setText(this.#empty, chart.state === "error" ? chart.error : waiting);
    this.#plotBox.style.minHeight = `${chart.get<number>("height")}px`;
    const still = chart.paused && this.#newestTs !== null;
    if (!still) this.#read();
    this.#fit();
    if (!this.#measured) this.measure();
    if (this.#build() || !still) this.#fill();
    if (still || chart.host.clock.now() - this.#wroteAt >= READINGS_MS) this.#write();
    if (!still) chart.mark(this.root);
  }

  /** Takes what the chart has now; a view that is held keeps what it took. */
  #read(): void {
    const { chart } = this;
    this.#traces = chart.traces;
    this.#span = chart.span;
    this.#table = rows(chart.inOrder);
    this.#newest = this.#traces.map(({ feed, series }) => chart.feeds.get(feed)?.last[series] ?? null);
    this.#newestTs = chart.lastTs;
  }

  /** Fits the value axis to what is shown within the window. */
  #fit(): void {
    const { name } = this.chart.get<NumberFormat>("_format");
    const shown = this.#traces.map(({ label }) => !this.#hidden.has(label));
    this.#range = niceRange(extent(this.#table, this.#span[0], shown), this.#range, {
      binary: name === "bytes",
      ...(name === "percentage" ? { most: 1 } : {}),
    });
  }

  #fill(): void {
    const { x, columns } = this.#table;
    if (!this.#plot) return;
    thin(this.#plot, x.length);
    this.#plot.setData([x, ...columns] as unknown as uPlot.AlignedData);
  }

  /** Makes the plot anew when its lines, colours or language are other than what it was made for; says if it changed. */
  #build(): boolean {
    const { chart } = this;
    const width = this.#plotWidth;
    const height = chart.get<number>("height");
    const format = chart.get<NumberFormat>("_format");
    const calendar = isCalendar(this.#newestTs ?? 0);
    const labels = this.#traces.map(({ label, color }) => [label, color]);
    const key = JSON.stringify([labels, this.el.dataset.rwTheme, chart.locale, format, calendar]);
    if (this.#plot && key === this.#built) {
      if (this.#plot.width === width && this.#plot.height === height) return false;
      this.#plot.setSize({ width, height });
      return true;
    }
    this.#built = key;
    this.#plot?.destroy();
    this.#plot = null;
    this.#makeLegend();
    if (!this.#traces.length) return true;
    const options = plotOptions({
      width,
      height,
      format,
      calendar,
      locale: chart.locale,
      muted: colorOf(this.el, "--rw-muted"),
      grid: colorOf(this.el, "--rw-grid"),
      lines: this.#traces.map((trace, i) => ({
        label: trace.label,
        color: this.#color(trace, i),
        show: !this.#hidden.has(trace.label),
      })),
      span: () => this.#span,
      range: () => this.#range ?? [0, 1],
      point: (plot) => this.#point(plot),
    });
    this.#plot = new uPlot(options, [[]], this.#plotBox);
    return true;
  }

  #color({ color }: Trace, i: number): string {
    return color ?? lineColor(this.el, i);
  }

  #makeLegend(): void {
    const say = words(this.chart.locale);
    this.#readings = [];
    const items = this.#traces.map((trace, i) => {
      const item = h("button", "rw-button");
      item.type = "button";
      item.dataset.rwTrace = trace.label;
      const shown = !this.#hidden.has(trace.label);
      item.setAttribute("aria-pressed", String(shown));
      item.title = say(shown ? "hide" : "show", trace.label);
      const key = h("span", "rw-key");
      key.style.background = this.#color(trace, i);
      const reading = h("span", "rw-reading");
      this.#readings.push(reading);
      item.append(key, h("span", "rw-label", trace.label), reading);
      return item;
    });
    this.#legend.replaceChildren(...items, this.#time);
    this.#wroteAt = Number.NEGATIVE_INFINITY;
  }

  /** Writes the values under the cursor, or else the newest, behind the names: of what is drawn, not of what came since. */
  #write(): void {
    const { chart } = this;
    this.#wroteAt = chart.host.clock.now();
    const write = formatter(chart.get<NumberFormat>("_format"), chart.locale);
    let time = this.#newestTs;
    for (const [i, item] of this.#readings.entries()) {
      if (this.#hover === null) {
        setText(item, write(this.#newest[i]));
        continue;
      }
      const found = reading(this.#table, i, this.#hover);
      if (found) time = found.x;
      const { lo, hi } = found ?? { lo: Number.NaN, hi: Number.NaN };
      setText(item, lo === hi || !found ? write(lo) : `${write(lo)} – ${write(hi)}`);
    }
    const [from, to] = this.#span;
    setText(this.#time, time === null ? "" : timeText(time, chart.locale, to - from < 30));
  }

  #point(plot: uPlot): void {
    const { left } = plot.cursor;
    this.#hover = left === undefined || left === null || left < 0 ? null : plot.posToVal(left, "x");
    this.#write();
  }

  #toggleTrace(event: Event): void {
    const item = (event.target as Element).closest<HTMLElement>("[data-rw-trace]");
    if (!item) return;
    const label = item.dataset.rwTrace!;
    const show = this.#hidden.has(label);
    if (show) this.#hidden.delete(label);
    else this.#hidden.add(label);
    item.setAttribute("aria-pressed", String(show));
    item.title = words(this.chart.locale)(show ? "hide" : "show", label);
    this.#range = null;
    this.#fit();
    for (const [i, trace] of this.#traces.entries()) {
      if (trace.label === label) this.#plot?.setSeries(i + 1, { show });
    }
    this.chart.host.invalidate();
  }
}
