// LiveChart: the page's half. Parts fill the buckets of each feed; views draw them.

import uplotStyles from "uplot/dist/uPlot.min.css";
import { ChartData, type Trace } from "./lib/draw/data";
import type { Meaning } from "./lib/hop/cursor";
import type { Part } from "./lib/hop/frames";
import { define } from "./lib/hop/slot";
import { ChartView } from "./lib/view/chart";
import { LiveWidget, type View } from "./lib/view/live";
import plotStyles from "./plot.css";

export class LiveChart extends LiveWidget {
  static override readonly settings = ["height", "colors", "legend", "_limits", "_format"];
  static override readonly styles = uplotStyles + plotStyles;

  readonly data = new ChartData({
    relative: () => this.get<boolean>("_relative"),
    outage: (feed) => this.outage(feed),
  });

  /** Ids of the lines that the reader has hidden; lines that come back are still hidden. */
  readonly hidden = new Set<string>();

  protected get empty(): boolean {
    return this.data.empty;
  }

  get lastTs(): number | null {
    return this.data.newestTs;
  }

  /** The colour that the user wants for a line: by its number, its label, or its field; null for none. */
  wanted({ number, label, field }: Trace): string | null {
    const colors = this.get<string[] | Record<string, string> | null>("colors");
    if (Array.isArray(colors)) return colors[number] ?? null;
    const name = colors && [label, field].find((each) => Object.hasOwn(colors, each)); // it may be called "constructor"
    return name ? colors[name]! : null;
  }

  /** A line that has lost its link falls behind the time. */
  protected override get moves(): boolean {
    return this.data.axis === "time" && [...this.data.feeds.keys()].some((feed) => this.outage(feed) > 0);
  }

  protected take(part: Part, meaning: Meaning): void {
    this.data.take(part.feed, part, meaning);
  }

  protected view(el: HTMLElement, signal: AbortSignal): View {
    return new ChartView(this, el, this.root("chart"), signal);
  }
}

define("chart", LiveChart);
