// ChartView: one place where a chart is drawn: its plot, the names and values of its lines, and a table of them.

import type { ChartData, Trace } from "../draw/data";
import { type Limit, reaching } from "../draw/limits";
import { extent, type Line } from "../draw/lines";
import { colorOf, type Ink, inkOf } from "../draw/palette";
import { extentOf, NO_PICTURE, type Picture, pictureOf } from "../draw/picture";
import { allWhole, niceRange } from "../draw/range";
import { rulesOf } from "../draw/steps";
import type { Host } from "../hop/widget";
import { formatter, type NumberFormat, parted, shortened } from "../text/format";
import { isCalendar } from "../text/times";
import { words } from "../text/words";
import { ChartWords } from "./chart_words";
import { h, setAttribute, setText } from "./dom";
import type { DataState } from "./freshness";
import { Head } from "./head";
import { type Inspected, Inspector } from "./inspector";
import { Legend, type LegendValue, type Written } from "./legend";
import { Lone } from "./lone";
import { PlotBox } from "./plot_box";
import { TableButton } from "./table_button";
import { ValueTable } from "./value_table";

/** Numbers that change faster cannot be read, and each change lays out the page; the last is written within a second. */
const READINGS_MS = 200;
/** A table is as fine as what the kernel sends. */
const ROWS_PER_PIXEL = 4;
/** How old the summary for those who listen may be. */
const SUMMARY_MS = 2000;
/** A view so narrow, CSS pixels, has no room in its head for what is said elsewhere. */
const NARROW = 420;

/** Beside a reading: margins, padding and borders; CSS pixels. */
const BESIDE = 38;
/** Beside it in a legend: the key, and a name that is cut. */
const NAMED = 60;
/** Across a digit of a reading, rather too much than too little. */
const DIGIT = 8.5;

/** The states in which what is drawn is old. */
const OLD = ["stale", "disconnected", "kernel_gone"];

/** What a plot has that the keys can move in. */
const FOCUSABLE = ["tabindex", "role", "aria-roledescription", "aria-label", "aria-describedby"];

/** What a view needs of its chart. */
export interface Charted {
  readonly data: ChartData;
  readonly host: Host;
  /** As the reader knows it. */
  readonly name: string;
  readonly locale: string;
  readonly zone: string;
  readonly state: DataState;
  /** As style sheets see it. */
  readonly shownState: string;
  readonly paused: boolean;
  readonly error: string;
  readonly notice: string;
  /** Ids of the lines that the reader has hidden, in all views. */
  readonly hidden: Set<string>;
  /** The colour that the user wants for a line; null for none. */
  wanted(trace: Trace): string | null;
  get<T>(name: string): T;
  togglePause(): void;
  /** Something is left to be drawn later. */
  later(): void;
  mark(root: HTMLElement): void;
}

export class ChartView implements Inspected {
  readonly status: HTMLElement;
  readonly root: HTMLElement;
  picture: Picture = NO_PICTURE;
  inks: Ink[] = [];
  range: [number, number] = [0, 1];
  readonly #chart: Charted;
  readonly #el: HTMLElement;
  readonly #words: ChartWords;
  readonly #head: Head;
  readonly #lone = new Lone();
  readonly #plot: PlotBox;
  readonly #empty = h("div", "rw-empty");
  readonly #summary = h("div", "rw-said");
  readonly #legend: Legend;
  readonly #table: ValueTable;
  readonly #tableButton: TableButton;
  readonly #inspector: Inspector;
  #fitted: [number, number] | null = null;
  #width = 0;
  /** Whether all values in view are whole numbers. */
  #whole = false;
  #marked = "";
  #wroteAt = Number.NEGATIVE_INFINITY;
  #summedAt = Number.NEGATIVE_INFINITY;

  constructor(chart: Charted, el: HTMLElement, root: HTMLElement, signal: AbortSignal) {
    this.#chart = chart;
    this.#el = el;
    this.root = root;
    this.#words = new ChartWords(chart, () => this.range);
    this.#head = new Head(chart, signal);
    this.status = this.#head.status;
    this.#plot = new PlotBox(() => chart.host.invalidate(), signal);
    this.#table = new ValueTable();
    this.#tableButton = new TableButton(() => this.#turn(), signal);
    this.#legend = new Legend(chart.hidden, () => chart.host.invalidate(), signal);
    this.#inspector = new Inspector(this, el, this.#plot.root, signal);
    this.#head.title.after(this.#lone.root);
    this.status.after(this.#lone.time);
    this.#head.pause.before(this.#tableButton.root);
    this.#plot.root.append(this.#empty);
    this.#summary.id = `rw-summary-${Math.random().toString(36).slice(2, 10)}`;
    this.#table.root.hidden = true;
    root.append(
      this.#head.root,
      this.#plot.root,
      this.#table.root,
      this.#legend.root,
      this.#summary,
      this.#inspector.said,
    );
    el.append(root);
  }

  measure(): void {
    this.#plot.measure();
  }

  draw(width: number): void {
    const chart = this.#chart;
    const still = chart.paused && this.picture.newestTs !== null;
    this.#width = width;
    if (!still) this.picture = pictureOf(chart.data);
    this.#frame(width);
    this.#fit();
    if (!this.#tableButton.on) {
      this.#plot.look();
      const changed = this.#build();
      if (this.#mark() || changed || !still) this.#plot.fill(this.picture.span, this.range);
    }
    this.#inspector.draw();
    if (still || chart.host.clock.now() - this.#wroteAt >= READINGS_MS) this.#write();
    else chart.later();
    if (!still) chart.mark(this.root);
  }

  /** Draws what is around the plot. */
  #frame(width: number): void {
    const chart = this.#chart;
    const { root } = this;
    const say = words(chart.locale);
    this.#head.draw();
    // What stands in the empty plot need not be said twice.
    this.status.hidden = chart.state === "no_data" || chart.state === "loading";
    root.toggleAttribute("data-rw-narrow", width < NARROW);
    setAttribute(root, "role", "figure");
    setAttribute(root, "aria-label", this.#words.name);
    setText(this.#empty, this.#emptyText());
    const box = this.#plot.root;
    box.style.minHeight = `${chart.get<number>("height")}px`;
    if (this.#blank) {
      for (const name of FOCUSABLE) box.removeAttribute(name);
    } else {
      setAttribute(box, "tabindex", "0");
      setAttribute(box, "role", "application"); // so that screen readers hand over the arrow keys
      setAttribute(box, "aria-roledescription", say("chart"));
      setAttribute(box, "aria-label", this.#words.name);
      setAttribute(box, "aria-describedby", this.#summary.id);
    }
    this.#tableButton.draw(!this.#blank, chart.locale);
  }

  /** Whether more is known to be missing than a pause that is longer than usual. */
  get #old(): boolean {
    return OLD.includes(this.#chart.shownState);
  }

  /** Whether there is nothing to draw: then there are no axes either, which would be made up. */
  get #blank(): boolean {
    const { newest, lines } = this.picture;
    return newest === null || !lines.some((runs) => runs.some(hasValue));
  }

  #emptyText(): string {
    const { state, error, notice, locale } = this.#chart;
    if (state === "error") return error;
    if (!this.#blank) return "";
    const say = words(locale);
    return [say(state === "loading" ? state : "no_data"), notice].filter(Boolean).join("\n");
  }

  /** Fits the value axis to what is shown within the window. */
  #fit(): void {
    const { lines, span } = this.picture;
    const shown = lines.filter((_, i) => this.shows(i)).flat();
    this.#whole = allWhole(shown, ...span);
    const rules = { ...rulesOf(this.#format), whole: this.#whole };
    this.#fitted = niceRange(reaching(extent(shown, ...span), this.#limits, rules), this.#fitted, rules);
    this.range = this.#fitted ?? [0, 1];
  }

  /** Makes the plot anew when its lines, colours or language are other than what it was made for; says if it changed. */
  #build(): boolean {
    const chart = this.#chart;
    const { picture } = this;
    if (this.#blank) {
      this.#plot.clear();
      this.#legend.make([], [], chart.locale);
      this.#lone.make("", false, [], chart.locale);
      return true;
    }
    const height = Math.max(chart.get<number>("height"), this.#plot.height);
    const { axis, traces, lines } = picture;
    const calendar = axis === "time" && isCalendar(picture.newestTs ?? 0);
    const named = traces.map((trace, i) => [
      trace.id,
      trace.label,
      trace.number,
      chart.wanted(trace),
      lines[i]!.length,
    ]);
    const look = [
      chart.locale,
      chart.zone,
      this.#format,
      axis,
      calendar,
      `${picture.origin}`,
      this.#values,
      this.#limits,
      this.#words.name,
      this.#old,
    ];
    const key = JSON.stringify([named, this.#el.dataset.rwTheme, look]);
    if (this.#plot.is(key)) return this.#plot.resize(this.#plot.width, height);
    this.inks = traces.map((trace) => inkOf(this.#el, trace.number, chart.wanted(trace)));
    const strokes = traces.flatMap(({ label }, i) =>
      lines[i]!.map((_, run, { length }) => ({
        label,
        ink: this.inks[i]!,
        show: this.shows(i),
        earlier: run < length - 1,
        line: () => this.picture.lines[i]?.[run] ?? { x: [], y: [] },
      })),
    );
    this.#plot.make(
      {
        width: this.#plot.width,
        height,
        format: this.#format,
        axis,
        calendar,
        counted: this.#words.counted(picture),
        locale: chart.locale,
        zone: chart.zone,
        whole: () => this.#whole,
        muted: colorOf(this.#el, "--rw-muted"),
        grid: colorOf(this.#el, "--rw-grid"),
        lines: strokes,
        alone: traces.length === 1,
        old: this.#old,
        limits: this.#limits.map((limit) => ({
          limit,
          color: colorOf(this.#el, limit.severity === "error" ? "--rw-bad" : "--rw-warning"),
          labels: this.#words.limitLabels(limit),
        })),
        surface: colorOf(this.#el, "--rw-surface"),
        span: () => this.picture.span,
        range: () => this.range,
      },
      key,
    );
    this.#nameLines();
    return true;
  }

  /** One line is named by the title, and its value stands beside it; several have a legend. */
  #nameLines(): void {
    const { locale } = this.#chart;
    const { traces } = this.picture;
    const values = this.#values;
    const one = traces.length === 1;
    const titled = this.#chart.get<string>("title") !== "";
    this.#lone.make(traces[0]!.label, titled, one ? values : [], locale);
    const lines = traces.map(({ id, label }, i) => ({ id, label, ink: this.inks[i]! }));
    this.#legend.make(one || !values.length ? [] : lines, values, locale);
    this.#wroteAt = this.#summedAt = Number.NEGATIVE_INFINITY;
    this.#marked = "";
  }

  /** Shows and hides lines as the reader wants it in any view; says if that is new. */
  #mark(): boolean {
    const shown = this.picture.traces.map((_, i) => this.shows(i));
    const marked = shown.join();
    if (marked === this.#marked) return false;
    this.#marked = marked;
    this.#fitted = null;
    this.#fit();
    this.#legend.mark();
    this.#plot.show(this.picture.lines.flatMap((runs, i) => runs.map(() => shown[i]!)));
    return true;
  }

  /** Writes the values at the place that is pointed at, or else the newest: of what is drawn, not of what came since. */
  #write(): void {
    const chart = this.#chart;
    this.#wroteAt = chart.host.clock.now();
    const { picture } = this;
    const wanted = this.#values;
    // Among others, the newest value stays the newest: the tooltip has those at the place.
    const pointed = wanted.length > 1 ? null : this.#inspector;
    const extents = wanted.some((value) => value !== "last")
      ? picture.traces.map((_, i) => extentOf(picture, i))
      : [];
    const written = picture.traces.map((_, i) =>
      wanted.map((value): Written => {
        if (value === "last") return this.#reading(i, pointed);
        const extent = extents[i];
        const found = extent
          ? value === "mean"
            ? (picture.mean[i] ?? null)
            : extent[value === "min" ? 0 : 1]
          : null;
        return this.#written(found, this.#words.value(found));
      }),
    );
    const place = pointed?.place ?? (picture.axis === "time" ? picture.newestTs : picture.newest);
    const time = place === null ? "" : this.placeText(place);
    this.#legend.write(written, time);
    this.#lone.write(written[0] ?? [], time);
    if (!this.#blank && this.#wroteAt - this.#summedAt < SUMMARY_MS) {
      chart.later();
      return;
    }
    this.#summedAt = this.#wroteAt;
    setText(this.#summary, this.#blank ? "" : this.#words.summary(picture));
  }

  #reading(trace: number, pointed: Inspector | null): Written {
    const readings = pointed?.readings;
    const found = readings?.[trace];
    if (found) return this.#written(found.hi, pointed!.text(found));
    const value = readings ? null : (this.picture.last[trace] ?? null);
    return this.#written(value, this.#words.value(value));
  }

  /** A value as it is written, the number in short where there is no room for it; of two numbers lines end between them. */
  #written(value: number | null, text: string): Written {
    const to = text.indexOf(" – ");
    if (to > 0) return { value, parts: [text.slice(0, to), text.slice(to)] };
    const parts = parted(text, this.#format);
    const room = this.#width - BESIDE - (this.picture.traces.length > 1 ? NAMED : 0);
    if (!this.#width || this.#values.length > 1 || parts[0].length * DIGIT <= room) return { value, parts };
    const short = shortened(this.#format);
    return { value, parts: parted(formatter(short, this.#chart.locale)(value), short) };
  }

  /** Turns from the plot to the table, and back. */
  #turn(): void {
    const { on } = this.#tableButton;
    this.#plot.root.hidden = on;
    this.#table.root.hidden = !on;
    this.#table.root.style.height = `${this.#chart.get<number>("height")}px`;
    if (on) this.#tabulate();
    else this.#table.clear();
    this.#chart.host.invalidate();
  }

  #tabulate(): void {
    const { picture } = this;
    const shown = [...picture.traces.keys()].filter((i) => this.shows(i));
    this.#table.fill(this.#words.table(picture, shown, Math.max(1, ROWS_PER_PIXEL * this.#plot.width)));
  }

  // What is inspected

  get over(): Inspected["over"] {
    return this.#tableButton.on ? null : this.#plot.over;
  }

  get clock(): Host["clock"] {
    return this.#chart.host.clock;
  }

  get locale(): string {
    return this.#chart.locale;
  }

  /** Charts of one kernel that have the same time, or the same field along their axes. */
  get axisKey(): string {
    const { axis, origin, newestTs } = this.picture;
    if (axis === "records" || origin !== 0n || newestTs === null) return "";
    const along = axis === "time" ? `time ${isCalendar(newestTs)}` : `field ${this.#chart.get<string>("_x")}`;
    return `${this.#chart.get<string>("_rw_carrier")} ${along}`;
  }

  shows(trace: number): boolean {
    return !this.#chart.hidden.has(this.picture.traces[trace]?.id ?? "");
  }

  label(trace: number): string {
    return this.#words.label(this.picture, trace);
  }

  write(value: number): string {
    return this.#words.value(value);
  }

  placeText(place: number): string {
    return this.#words.place(this.picture, place);
  }

  inspected(): void {
    this.#write();
  }

  get #format(): NumberFormat {
    return this.#chart.get<NumberFormat>("_format");
  }

  get #limits(): Limit[] {
    return this.#chart.get<Limit[] | undefined>("_limits") ?? [];
  }

  get #values(): LegendValue[] {
    return this.#chart.get<LegendValue[] | undefined>("legend") ?? ["last"];
  }
}

/** Whether a line has anything to be drawn; mostly its first point is. */
function hasValue({ y }: Line): boolean {
  return y.some((value) => !Number.isNaN(value));
}
