// Entry: one widget of a page, with a cursor for each feed, what it needs of the kernel, and where it is shown.

import { Cursor } from "./cursor";
import type { Part } from "./frames";
import type { KernelLife } from "./kernel";
import type { Drawable } from "./screen";
import type { Host, Kind, Widget } from "./widget";
import type { Model } from "./wire";

/** An element that shows a widget, until its signal is aborted. */
interface Mount {
  el: HTMLElement;
  signal: AbortSignal;
}

/** What the kernel is told of a widget. */
export interface Shown {
  /** On screen or near it, and near it only. */
  views: number;
  near: number;
  px: number;
  /** How often it was drawn where somebody could see it. */
  draws: number;
}

export class Entry implements Drawable {
  /** Id of the route by which its parts come. */
  readonly route: string;
  readonly #widget: Widget;
  readonly #host: Host;
  readonly #mounts = new Set<Mount>();
  readonly #cursors = new Map<string, Cursor>();
  /** Aborted when a newer model of the same id takes its place. */
  readonly #replaced = new AbortController();
  /** Whether it needs a keyframe, new as it is or because a part was lost. */
  #needs = true;
  /** Whether it has had a keyframe: until then no part can show anything. */
  #begun = false;
  #draws = 0;
  /** Whether a failure of its code has been reported. */
  #failed = false;

  constructor(Widget: Kind, model: Model, host: Host, signal: AbortSignal) {
    this.route = model.get("_rw_carrier");
    this.#host = host;
    this.#widget = new Widget(model, host, either(signal, this.#replaced.signal));
  }

  /** Takes in a part that is addressed to it. */
  take(part: Part): void {
    let cursor = this.#cursors.get(part.feed);
    if (!cursor) {
      cursor = new Cursor();
      this.#cursors.set(part.feed, cursor);
    }
    const meaning = cursor.offer(part);
    if (meaning === "hole" && !this.#needs) {
      this.#needs = true;
      this.#host.report();
    } else if (part.key && this.#needs) {
      this.#needs = [...this.#cursors.values()].some(({ hole }) => hole);
      if (!this.#needs) this.#host.report(); // the kernel repeats a keyframe until the page says that it has it
    }
    this.#begun ||= part.key;
    if (!this.#begun || Object.keys(part.body).length === 0) return; // without a body it is a reminder
    if (!this.#attempt(() => this.#widget.apply(part, meaning)) && !this.#needs) {
      this.#needs = true; // what was not taken in is missing
      this.#host.report();
    }
    this.#host.invalidate();
  }

  /** Shows the widget in an element until the signal is aborted. */
  show(el: HTMLElement, signal: AbortSignal): void {
    const mount = { el, signal };
    this.#mounts.add(mount);
    this.#widget.show(el, either(signal, this.#replaced.signal));
    signal.addEventListener("abort", () => {
      this.#mounts.delete(mount);
      this.#host.report();
    });
    this.#host.invalidate();
    this.#host.report();
  }

  /** Ends its widget and has another entry show in all its elements. */
  yieldTo(other: Entry): void {
    this.#replaced.abort();
    for (const { el, signal } of this.#mounts) other.show(el, signal);
  }

  measure(): void {
    this.#attempt(() => this.#widget.measure());
  }

  draw(): void {
    this.#attempt(() => {
      if (this.#widget.draw() > 0) this.#draws += 1;
    });
  }

  tick(kernel: KernelLife): void {
    this.#attempt(() => this.#widget.tick(kernel));
  }

  refresh(): void {
    this.#attempt(() => this.#widget.refresh());
  }

  /** Whether somebody looks at it and it lacks a keyframe. */
  get needy(): boolean {
    return this.#needs && this.#widget.views > 0;
  }

  get shown(): Shown {
    const { views, near, px } = this.#widget;
    return { views, near, px: Math.round(px), draws: this.#draws };
  }

  /**
   * Runs the widget's code, and says whether that went well: one that fails must not stop the others. It is reported once,
   * not twenty times a second; what the reader sees of it is the widget's.
   */
  #attempt(run: () => void): boolean {
    try {
      run();
      return true;
    } catch (error) {
      if (!this.#failed) console.error("realtime_widgets: a widget failed; the others go on.", error);
      this.#failed = true;
      return false;
    }
  }
}

/** A signal that is aborted with the first of the two. */
function either(...signals: [AbortSignal, AbortSignal]): AbortSignal {
  const life = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) life.abort();
    signal.addEventListener("abort", () => life.abort(), { signal: life.signal });
  }
  return life.signal;
}
