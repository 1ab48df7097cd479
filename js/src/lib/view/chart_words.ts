// ChartWords: a picture in words and numbers, for those who listen and those who read tables.

import { type Limit, limitText } from "../draw/limits";
import { extentOf, type Picture } from "../draw/picture";
import { tabulate } from "../draw/tabulate";
import { readingFormat } from "../draw/ticks";
import { type Along, coordinateText, countedText } from "../text/coordinates";
import { formatter, type NumberFormat } from "../text/format";
import { words } from "../text/words";
import { MOST_ROWS, type Values } from "./value_table";

/** Lines of a summary. */
const SUMMED_UP = 6;
/** A view so short has times that only their milliseconds tell apart, seconds. */
const SHORT = 10;

/** What the words depend on. */
interface Worded {
  readonly name: string;
  readonly locale: string;
  readonly zone: string;
  get<T>(name: string): T;
}

export class ChartWords {
  readonly #chart: Worded;
  readonly #range: () => [number, number];

  /** `range` says between which values the axis reaches: they are written as exactly as they can be told apart there. */
  constructor(chart: Worded, range: () => [number, number]) {
    this.#chart = chart;
    this.#range = range;
  }

  get #say() {
    return words(this.#chart.locale);
  }

  /** What the chart is called. */
  get name(): string {
    return this.#chart.name;
  }

  /** What a line is called; one that is alone is what the title says. */
  label({ traces }: Picture, trace: number): string {
    return (traces.length === 1 && this.#chart.get<string>("title")) || traces[trace]!.label;
  }

  value(value: number | null): string {
    const { locale } = this.#chart;
    const format = readingFormat(this.#chart.get<NumberFormat>("_format"), this.#range(), locale);
    return formatter(format, locale)(value);
  }

  /** The least and the greatest of several values. */
  range([lo, hi]: [number, number]): string {
    const [low, high] = [this.value(lo), this.value(hi)];
    return low === high ? low : `${low} – ${high}`;
  }

  place(picture: Picture, at: number, span = picture.span): string {
    return coordinateText(at, this.#along(picture, span), this.#chart.locale);
  }

  /** What coordinates are counted from, for the axis; mostly empty. */
  counted(picture: Picture): string {
    return countedText(this.#along(picture, picture.span), this.#chart.locale);
  }

  /** From where to where a picture reaches. */
  window(picture: Picture): string {
    const [from, to] = picture.span;
    return this.#say("from_to", this.place(picture, from), this.place(picture, to));
  }

  /** What is in view, in one sentence. */
  summary(picture: Picture): string {
    const lines = picture.traces.slice(0, SUMMED_UP).map((_, i) => {
      const [least, most] = extentOf(picture, i) ?? [null, null];
      const last = picture.last[i] ?? null;
      return this.#say(
        "line_summary",
        this.label(picture, i),
        this.value(last),
        this.value(least),
        this.value(most),
      );
    });
    const left = picture.traces.length - lines.length;
    const more = left > 0 ? [this.#say("more_lines", String(left))] : [];
    return [this.window(picture), ...lines, ...more, ...this.#limits()].join("; ");
  }

  /** What stands beside the bounds of a threshold. */
  limitLabels(limit: Limit): { whole: string; short: string }[] {
    return limit.bounds.map((bound) => {
      const short = this.#written(bound);
      return { whole: `${this.#limitName(limit)} ${short}`, short };
    });
  }

  /** The thresholds, one phrase each. */
  #limits(): string[] {
    const limits = this.#chart.get<Limit[] | undefined>("_limits") ?? [];
    return limits.map((limit) =>
      this.#say(
        "says",
        this.#limitName(limit),
        limitText(limit, (bound) => this.#written(bound)),
      ),
    );
  }

  #limitName({ name, severity }: Limit): string {
    return name || this.#say(severity);
  }

  /** A number that the user gave, whatever the axis tells apart. */
  #written(value: number): string {
    const { locale } = this.#chart;
    return formatter(this.#chart.get<NumberFormat>("_format"), locale)(value);
  }

  /** The values in view of some traces, one row for each of so many columns of pixels. */
  table(picture: Picture, shown: number[], columns: number): Values {
    const [from, to] = picture.span;
    const column = (to - from) / columns;
    const lines = shown.map((i) => picture.lines[i]?.at(-1) ?? { x: [], y: [] });
    const { rows, count } = tabulate(lines, picture.span, column, MOST_ROWS);
    const bounded = rows.length < count ? [this.#say("newest_rows", String(rows.length), String(count))] : [];
    return {
      caption: [this.name, this.window(picture), ...bounded, ...this.#limits()].join(", "),
      place: picture.axis === "time" ? this.#say("time") : this.#chart.get<string>("_x"),
      labels: shown.map((i) => this.label(picture, i)),
      rows: rows.map(([at, found]) => [
        this.place(picture, at, column < 1 ? [at, at + SHORT] : picture.span),
        found.map((each) => (each ? this.range(each) : "")),
      ]),
    };
  }

  #along({ axis, origin }: Picture, span: [number, number]): Along {
    return { axis, name: this.#chart.get<string>("_x"), origin, zone: this.#chart.zone, span };
  }
}
