// Widget: what a page and its widgets expect of each other.

import type { Clock } from "./clock";
import type { Meaning } from "./cursor";
import type { Part } from "./frames";
import type { KernelLife } from "./kernel";
import type { Model } from "./wire";

/** The page's half of one widget: its data, drawn in any number of views. */
export interface Widget {
  /** Takes in a part; its body is the newest state, its columns count only when `meaning` says so. */
  apply(part: Part, meaning: Meaning): void;
  /** Draws into an element until the signal is aborted; `changed` asks for another frame or a report. */
  show(el: HTMLElement, signal: AbortSignal): void;
  /** Reads the sizes of its views. Of all widgets before any draws: a size read after a change lays out the page anew. */
  measure(): void;
  /** Draws what has changed, and returns in how many views; called at most once per animation frame. */
  draw(): number;
  /** Once a second, and when the kernel ends. */
  tick(kernel: KernelLife): void;
  /** Something other than its data has changed: it judges itself anew. */
  refresh(): void;
  /** Width of the widest view on screen or near it, CSS pixels; 0 without one. */
  readonly px: number;
  /** How many views are on screen or near it. */
  readonly views: number;
  /** How many of them are near it only. */
  readonly near: number;
}

/** What a widget may ask of its page. */
export interface Host {
  /** Draw with the next animation frame. */
  invalidate(): void;
  /** Something that the kernel should know has changed: a view, a width. */
  report(): void;
  /** Tells the kernel what is wanted of this widget, and about what: an intent, never a state. */
  ask(what: string, about?: unknown): void;
  /** Whether the reader holds all of these widgets still; without ids, this one. */
  held(ids?: string[]): boolean;
  /** Holds these widgets still, or lets them go on: in this page, without the kernel. Without ids, this one. */
  hold(on: boolean, ids?: string[]): void;
  readonly clock: Clock;
  /** Whether the page is shown: a hidden one is sent nothing. */
  readonly visible: boolean;
}

export type Kind = new (model: Model, host: Host, signal: AbortSignal) => Widget;
