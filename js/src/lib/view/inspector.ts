// Inspector: what is at the place of a chart that is pointed at: crosshair, tooltip, and words for those who listen.

import type { Ink } from "../draw/palette";
import type { Picture } from "../draw/picture";
import { type Move, moved, type Reading, reading } from "../draw/reading";
import type { Clock } from "../hop/clock";
import { words } from "../text/words";
import { Crosshair, type Dot } from "./crosshair";
import { h, setText } from "./dom";
import type { Anchor } from "./layer";
import { Pointing } from "./pointing";
import { type Follower, joinCursor, shareCursor } from "./shared_cursor";
import { type Row, Tooltip } from "./tooltip";

/** A cursor that is moved by keys says its values when it rests. */
const SAY_MS = 300;
/** How far from a point its value counts where no line runs on, CSS pixels. */
const REACH_PX = 16;
/** A line that runs no farther up and down in a column of pixels has one value there. */
const FLAT_PX = 3;
/** Lines whose values are said. */
const SAID = 6;

/** What is inspected, as it is drawn. */
export interface Inspected {
  readonly picture: Picture;
  readonly inks: Ink[];
  readonly range: [number, number];
  /** The element over the lines and its size, CSS pixels; null when nothing is drawn. */
  readonly over: { el: HTMLElement; width: number; height: number } | null;
  readonly clock: Clock;
  readonly locale: string;
  /** See `Follower`. */
  readonly axisKey: string;
  shows(trace: number): boolean;
  /** What a line is called. */
  label(trace: number): string;
  /** Values and places as text. */
  write(value: number): string;
  placeText(place: number): string;
  /** Called when there is something else at the place. */
  inspected(): void;
}

export class Inspector implements Follower {
  /** What each trace has at the place, where it is shown; null: nothing is pointed at. */
  readings: (Reading | null)[] | null = null;
  /** Where that is; between points it is that of the nearest. */
  place: number | null = null;
  /** What is said to those who listen. */
  readonly said = h("div", "rw-said");
  readonly #of: Inspected;
  readonly #pointing: Pointing;
  readonly #crosshair = new Crosshair();
  readonly #tooltip: Tooltip;
  #asked = false;
  #unsay: (() => void) | null = null;
  /** Where in the plot the tooltip stands, CSS pixels. */
  #spot: Anchor = { x: 0, y: 0 };

  constructor(of: Inspected, el: HTMLElement, box: HTMLElement, signal: AbortSignal) {
    this.#of = of;
    this.said.setAttribute("role", "status");
    this.#tooltip = new Tooltip(el, (anew) => this.#anchor(anew), signal);
    const plot = { pointed: () => this.#soon(), moved: (move: Move) => this.#moved(move) };
    this.#pointing = new Pointing(box, plot, signal);
    joinCursor(this, signal);
    signal.addEventListener("abort", () => {
      this.#unsay?.();
      shareCursor(this, null);
    });
  }

  get axisKey(): string {
    return this.#of.axisKey;
  }

  follow(place: number | null): void {
    this.#pointing.follow(place);
  }

  /** Shows what is at the place now; reads nothing of the page. */
  draw(): void {
    const { over } = this.#of;
    const { at } = this.#pointing;
    if (!at || !over) {
      if (this.readings) this.#end();
      return;
    }
    const { picture } = this.#of;
    const [start, end] = picture.span;
    const column = (end - start) / over.width;
    const asked = at.by === "pointer" ? start + at.x * column : at.place;
    if (asked < start || asked > end) {
      if (this.readings) this.#end();
      return;
    }
    this.readings = picture.lines.map((runs, i) =>
      this.#of.shows(i) && runs.length ? reading(runs.at(-1)!, asked, column, REACH_PX * column) : null,
    );
    this.place = nearestOf(this.readings, asked, REACH_PX * column) ?? asked;
    const x = (this.place - start) / column;
    const near = at.by === "pointer" ? this.#nearest(at.y, over.height) : -1;
    this.#crosshair.draw(over.el, x, this.#dots(over, near));
    if (at.by === "other") this.#tooltip.hide();
    else this.#tell(at.by === "pointer" ? at : { x, y: over.height / 3 }, near);
    if (at.by !== "other") shareCursor(this, this.place);
  }

  /** How high a value stands, CSS pixels from above. */
  #up(value: number, height: number): number {
    const [least, most] = this.#of.range;
    return height - ((value - least) / (most - least)) * height;
  }

  #dots({ width, height }: { width: number; height: number }, near: number): Dot[] {
    const [start, end] = this.#of.picture.span;
    return this.readings!.flatMap((found, i) => {
      if (!found) return [];
      const x = ((found.x - start) / (end - start)) * width;
      const dot = { x, color: this.#of.inks[i]!.color, near: i === near };
      const ends = [found.lo, found.hi].map((value) => this.#up(value, height));
      const apart = ends[0]! - ends[1]! > FLAT_PX;
      return (apart ? ends : [this.#up(found.y, height)]).map((y) => ({ ...dot, y }));
    });
  }

  /** The trace that is nearest to a height; -1 for none. */
  #nearest(y: number, height: number): number {
    let [near, distance] = [-1, Number.POSITIVE_INFINITY];
    for (const [i, found] of this.readings!.entries()) {
      if (!found) continue;
      const [low, high] = [this.#up(found.lo, height), this.#up(found.hi, height)];
      const away = Math.max(0, high - y, y - low);
      if (away < distance) [near, distance] = [i, away];
    }
    return near;
  }

  #rows(near: number): Row[] {
    const { picture, inks } = this.#of;
    return picture.traces.flatMap((_, i) => {
      const found = this.readings![i];
      if (!found) return [];
      return [
        {
          label: this.#of.label(i),
          ink: inks[i]!,
          value: found.hi,
          text: this.text(found),
          near: i === near,
        },
      ];
    });
  }

  /** A reading as text: a range where the line runs so far up and down there that it can be seen, else a value. */
  text({ y, lo, hi }: Reading): string {
    const [least, most] = this.#of.range;
    const seen = ((hi - lo) / (most - least)) * (this.#of.over?.height ?? 0) > FLAT_PX;
    const [low, high] = [this.#of.write(lo), this.#of.write(hi)];
    return seen && low !== high ? `${low} – ${high}` : this.#of.write(y);
  }

  #tell({ x, y }: Anchor, near: number): void {
    const rows = this.#rows(near);
    if (!rows.length) {
      this.#tooltip.hide();
      return;
    }
    const say = words(this.#of.locale);
    this.#spot = { x, y };
    this.#tooltip.write(this.#of.placeText(this.place!), rows, (count) => say("more_lines", String(count)));
    this.#tooltip.show();
  }

  /** Where the tooltip stands in the window; null when the plot has left it. */
  #anchor(anew: boolean): Anchor | null {
    if (anew) this.#pointing.look();
    const { corner } = this.#pointing;
    const [x, y] = [corner.x + this.#spot.x, corner.y + this.#spot.y];
    return x >= 0 && y >= 0 && x <= innerWidth && y <= innerHeight ? { x, y } : null;
  }

  #end(): void {
    this.readings = this.place = null;
    this.#crosshair.hide();
    this.#tooltip.hide();
    this.#unsay?.();
    setText(this.said, "");
    shareCursor(this, null);
  }

  /** With the next frame: pointers move more often than that. */
  #soon(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#of.clock.frame(() => {
      this.#asked = false;
      this.draw();
      if (this.#pointing.at?.by === "keys") this.#say();
      this.#of.inspected();
    });
  }

  #moved(move: Move): number | null {
    const { picture, over } = this.#of;
    if (!over) return null;
    const [start, end] = picture.span;
    const shown = picture.lines.flatMap((runs, i) =>
      this.#of.shows(i) && runs.length ? [runs.at(-1)!] : [],
    );
    const { at } = this.#pointing;
    const from = at?.by === "keys" ? at.place : this.place; // several keys may come before the next frame
    return moved(shown, from, move, picture.span, (end - start) / over.width);
  }

  #say(): void {
    this.#unsay?.();
    this.#unsay = this.#of.clock.after(SAY_MS, () => {
      if (!this.readings) return;
      const say = words(this.#of.locale);
      const rows = this.#rows(-1).sort((one, other) => other.value - one.value);
      const values = rows.slice(0, SAID).map(({ label, text }) => say("line_value", label, text));
      const more = rows.length > SAID ? [say("more_lines", String(rows.length - SAID))] : [];
      setText(this.said, [this.#of.placeText(this.place!), ...values, ...more].join("; "));
    });
  }
}

/** The place of the reading that is nearest to the one asked for, if any is within reach. */
function nearestOf(readings: (Reading | null)[], asked: number, reach: number): number | null {
  let found: number | null = null;
  for (const each of readings) {
    if (!each || Math.abs(each.x - asked) > reach) continue;
    if (found === null || Math.abs(each.x - asked) < Math.abs(found - asked)) found = each.x;
  }
  return found;
}
