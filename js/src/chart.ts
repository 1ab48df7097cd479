// LiveChart: the page's half. Parts fill the cells of each feed; a view turns them into one uPlot.

import uPlot from "uplot";
import { Cells } from "./lib/cells";
import type { Meaning } from "./lib/cursor";
import { colorOf, h, setText } from "./lib/dom";
import { formatter, isCalendar, type NumberFormat, tickFormatter, timeText, timeTicks } from "./lib/format";
import type { Part } from "./lib/frames";
import { LiveWidget, type View } from "./lib/live";
import { BINARY_STEPS, niceRange } from "./lib/range";
import { type Row, reading, rows, type Table } from "./lib/rows";
import { words } from "./lib/words";

const PALETTE = 8;
const SPARSE_STROKE = 1.5;
const DENSE_STROKE = 1;
const FONT = "11px system-ui, sans-serif";

/** One drawn line: which series of which feed, and what it is called. */
interface Trace {
  feed: string;
  series: number;
  label: string;
  color: string | null;
}

export class ChartWidget extends LiveWidget {
  readonly feeds = new Map<string, Cells>();

  /** The feeds that have come, in the order of the legend. */
  get inOrder(): Cells[] {
    const names = Object.keys(this.model.get("_legend") as object);
    return names.flatMap((name) => this.feeds.get(name) ?? []);
  }

  get traces(): Trace[] {
    const lines = this.model.get("_legend") as Record<
      string,
      { prefix: string; labels: Record<string, string> }
    >;
    const colors = this.model.get("colors") as string[] | Record<string, string> | null;
    const traces: Trace[] = [];
    for (const [feed, { prefix, labels }] of Object.entries(lines)) {
      for (const [series, field] of (this.feeds.get(feed)?.series ?? []).entries()) {
        const label = labels[field] ?? prefix + field;
        const color = (Array.isArray(colors) ? colors[traces.length] : colors?.[label]) ?? null;
        traces.push({ feed, series, label, color });
      }
    }
    return traces;
  }

  protected get empty(): boolean {
    for (const cells of this.feeds.values()) if (cells.k.length) return false;
    return true;
  }

  get lastTs(): number | null {
    let newest: number | null = null;
    for (const cells of this.feeds.values()) {
      if (cells.newest !== null && (newest === null || cells.newest > newest)) newest = cells.newest;
    }
    return newest;
  }

  /** Times at the edges of the window. */
  get span(): [number, number] {
    const newest = this.lastTs ?? 0;
    const { seconds } = this.model.get("_window") as { seconds?: number };
    if (seconds) return [newest - seconds, newest];
    const starts = [...this.feeds.values()].filter(({ x }) => x.length).map(({ x }) => Math.min(...x));
    const start = Math.min(...starts, newest);
    return start < newest ? [start, newest] : [newest - 1, newest];
  }

  protected take(part: Part, meaning: Meaning): void {
    let cells = this.feeds.get(part.feed);
    if (!cells) {
      cells = new Cells();
      this.feeds.set(part.feed, cells);
    }
    if (meaning === "replace") cells.replace(part);
    else if (meaning === "append") cells.append(part);
  }

  protected view(el: HTMLElement, signal: AbortSignal): View {
    return new ChartView(this, el, this.root("chart"), signal);
  }

  get<T>(name: string): T {
    return this.model.get(name) as T;
  }

  redraw(): void {
    this.host.invalidate();
  }

  drawn(root: HTMLElement): void {
    this.mark(root);
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
  /** Whether the reader holds this view still; the data go on. */
  held = false;
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

  constructor(
    readonly chart: ChartWidget,
    readonly el: HTMLElement,
    readonly root: HTMLElement,
    signal: AbortSignal,
  ) {
    const head = h("div", "rw-head");
    head.append(this.#title, this.status, this.#pause);
    this.#plotBox.append(this.#empty);
    this.root.append(head, this.#plotBox, this.#legend);
    this.#pause.type = "button";
    this.#pause.addEventListener("click", () => this.#toggleHold(), { signal });
    this.#legend.addEventListener("click", (event) => this.#toggleTrace(event), { signal });
    signal.addEventListener("abort", () => this.#plot?.destroy());
    el.append(this.root);
  }

  draw(): void {
    const { chart } = this;
    const say = words(chart.locale);
    setText(this.#title, chart.get<string>("title"));
    setText(this.#pause, say(this.held ? "resume" : "pause"));
    this.#pause.setAttribute("aria-pressed", String(this.held));
    this.root.setAttribute("role", "figure");
    this.root.setAttribute("aria-label", chart.get<string>("title") || "chart");
    setText(this.#empty, chart.state === "no_data" || chart.state === "loading" ? say(chart.state) : "");
    this.#plotBox.style.minHeight = `${chart.get<number>("height")}px`;
    if ((this.held || chart.paused) && this.#plot) return;
    this.#build();
    this.#span = chart.span;
    const visible = this.#traces.map(({ label }) => !this.#hidden.has(label));
    const table = rows(chart.inOrder);
    this.#table = table;
    this.#newest = this.#traces.map(({ feed, series }) => chart.feeds.get(feed)?.last[series] ?? null);
    this.#newestTs = chart.lastTs;
    const { name } = chart.get<NumberFormat>("_format");
    this.#range = niceRange(extent(table.columns, visible), this.#range, {
      binary: name === "bytes",
      ...(name === "percentage" ? { most: 1 } : {}),
    });
    this.#thin(table.x.length);
    this.#plot?.setData([table.x, ...table.columns] as unknown as uPlot.AlignedData);
    this.#write();
    chart.drawn(this.root);
  }

  /** Makes the plot anew when its lines, colours, size or language are other than what it was made for. */
  #build(): void {
    const { chart } = this;
    const traces = chart.traces;
    const width = Math.max(120, this.#plotBox.clientWidth);
    const height = chart.get<number>("height");
    const labels = traces.map(({ label, color }) => [label, color]);
    const key = JSON.stringify([labels, this.el.dataset.rwTheme, chart.locale, chart.get("_format")]);
    this.#traces = traces;
    if (this.#plot && key === this.#built) {
      if (this.#plot.width !== width || this.#plot.height !== height) this.#plot.setSize({ width, height });
      return;
    }
    this.#built = key;
    this.#plot?.destroy();
    this.#plot = null;
    this.#makeLegend();
    if (!traces.length) return;
    const colors = traces.map((trace, i) => this.#color(trace, i));
    this.#plot = new uPlot(this.#options(width, height, colors), [[]], this.#plotBox);
  }

  #options(width: number, height: number, colors: string[]): uPlot.Options {
    const { chart } = this;
    const format = chart.get<NumberFormat>("_format");
    const muted = colorOf(this.el, "--rw-muted");
    const grid = { stroke: colorOf(this.el, "--rw-grid"), width: 1 };
    const axis = { stroke: muted, font: FONT, grid, ticks: { ...grid, size: 4 }, gap: 4 };
    return {
      width,
      height,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      scales: {
        x: { time: false, range: () => this.#span },
        y: { range: () => this.#range ?? [0, 1] },
      },
      axes: [
        {
          ...axis,
          size: 30,
          space: 80,
          incrs: isCalendar(chart.lastTs ?? 0) ? TIME_STEPS : undefined!,
          values: (_plot, splits, _axis, _space, step) => splits.map(timeTicks(chart.locale, step)),
        },
        {
          ...axis,
          ...(format.name === "bytes" ? { incrs: BINARY_STEPS } : {}),
          values: (_plot, splits, _axis, _space, step) =>
            splits.map(tickFormatter(format, chart.locale, step)),
          size: (plot, values) => axisWidth(plot, values),
        },
      ],
      series: [
        {},
        ...this.#traces.map(({ label }, i) => ({
          label,
          show: !this.#hidden.has(label),
          stroke: colors[i]!,
          width: SPARSE_STROKE,
          pxAlign: 0,
          points: { show: areApart, filter: isolated, size: 5, fill: colors[i]! },
        })),
      ],
      hooks: { setCursor: [(plot) => this.#point(plot)] },
    };
  }

  /** Dense lines are drawn one pixel wide: wider strokes cost the browser four times as much to paint. */
  #thin(points: number): void {
    if (!this.#plot) return;
    const width = points > this.#plot.width ? DENSE_STROKE : SPARSE_STROKE;
    for (const series of this.#plot.series.slice(1)) series.width = width;
  }

  #color({ color }: Trace, i: number): string {
    return color ?? colorOf(this.el, `--rw-c${i % PALETTE}`);
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
  }

  /** Writes the values under the cursor, or else the newest, behind the names: of what is drawn, not of what came since. */
  #write(): void {
    const { chart } = this;
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

  #toggleHold(): void {
    this.held = !this.held;
    this.chart.tick(this.chart.kernelGone);
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
    for (const [i, trace] of this.#traces.entries()) {
      if (trace.label === label) this.#plot?.setSeries(i + 1, { show });
    }
    this.#range = null;
    this.chart.redraw();
  }
}

const TIME_STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
  3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
];

/** Least and greatest value of the shown columns, or null when there is none. */
function extent(columns: Row[], visible: boolean[]): [number, number] | null {
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (const [i, column] of columns.entries()) {
    if (!visible[i]) continue;
    for (const value of column) {
      if (value === null || value === undefined) continue;
      if (value < lo) lo = value;
      if (value > hi) hi = value;
    }
  }
  return lo <= hi ? [lo, hi] : null;
}

/** Whether records lie so far apart that each deserves a dot. */
function areApart(plot: uPlot): boolean {
  const [times] = plot.data;
  const [first, last] = [times[0], times[times.length - 1]];
  if (first === undefined || last === undefined) return false;
  return (plot.valToPos(last, "x") - plot.valToPos(first, "x")) / times.length > 14;
}

/** Where dots are not drawn anyway: values with a break on either side, which no line would show. */
function isolated(plot: uPlot, series: number, show: boolean): number[] | null {
  if (show) return null;
  const values = plot.data[series] as Row;
  const found: number[] = [];
  let before: number | null = null;
  let candidate = -1;
  for (const [i, value] of values.entries()) {
    if (value === undefined) continue;
    if (value === null && candidate >= 0) found.push(candidate);
    candidate = value !== null && before === null ? i : -1;
    before = value;
  }
  if (candidate >= 0) found.push(candidate);
  return found;
}

/** Width of the value axis: that of its longest label, measured. */
function axisWidth(plot: uPlot, values: string[] | null): number {
  if (!values?.length) return 44;
  plot.ctx.save();
  plot.ctx.font = FONT;
  const widest = Math.max(...values.map((text) => plot.ctx.measureText(text ?? "").width));
  plot.ctx.restore();
  return Math.ceil(Math.max(32, widest + 16));
}
