// Pointing: how a reader points at a place of the plot: with a pointer, a finger, the keyboard, or from another chart.

import type { Move } from "../draw/reading";
import { onKeys } from "./keys";
import type { Anchor } from "./layer";

/** Where the plot is pointed at: a place on the screen, which stays while the data move on, or one of the axis. */
export type Pointed = { by: "pointer"; x: number; y: number } | { by: "keys" | "other"; place: number };

/** What a plot does about it. */
interface Pointable {
  /** Called when it is pointed at somewhere else. */
  pointed(): void;
  /** The place that a key leads to from where it is pointed at; null: there is nothing. */
  moved(move: Move): number | null;
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };
const FAR = 10;

export class Pointing {
  at: Pointed | null = null;
  /** Corner of the plot in the window, CSS pixels, as it was when the reader pointed last. */
  corner: Anchor = { x: 0, y: 0 };
  readonly #box: HTMLElement;
  readonly #plot: Pointable;

  /** `box` takes the focus; the plot in it may be made anew. */
  constructor(box: HTMLElement, plot: Pointable, signal: AbortSignal) {
    this.#box = box;
    this.#plot = plot;
    box.addEventListener("pointermove", (event) => this.#pointer(event), { signal });
    box.addEventListener("pointerdown", (event) => this.#pointer(event), { signal });
    box.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && this.#leave("pointer"), {
      signal,
    });
    box.addEventListener("blur", () => this.#leave("keys"), { signal });
    // A finger leaves the screen, and the value stays until the next one comes down elsewhere.
    const elsewhere = (event: Event) => {
      if (!event.composedPath().includes(box)) this.#leave("pointer");
    };
    addEventListener("pointerdown", elsewhere, { signal, capture: true });
    onKeys(box, (event) => this.#key(event), signal);
  }

  /** Another chart is pointed at; what points at this one comes first. */
  follow(place: number | null): void {
    if (this.at && this.at.by !== "other") return;
    this.#set(place === null ? null : { by: "other", place });
  }

  /** Reads where the plot is in the window. */
  look(): void {
    const found = this.#box.querySelector(".u-over")?.getBoundingClientRect();
    if (found) this.corner = { x: found.left, y: found.top };
  }

  #set(at: Pointed | null): void {
    if (!at && !this.at) return;
    this.at = at;
    this.#plot.pointed();
  }

  #leave(by: Pointed["by"]): void {
    if (this.at?.by === by) this.#set(null);
  }

  #pointer(event: PointerEvent): void {
    if (!(event.target as Element).closest(".u-over")) {
      this.#leave("pointer");
      return;
    }
    this.look();
    this.#set({ by: "pointer", x: event.clientX - this.corner.x, y: event.clientY - this.corner.y });
  }

  #key(event: KeyboardEvent): void {
    const { key, shiftKey } = event;
    if (key === "Escape" && this.at) {
      event.preventDefault();
      this.#set(null);
      return;
    }
    const step = STEPS[key];
    const move = key === "Home" ? "first" : key === "End" ? "last" : step && (shiftKey ? FAR * step : step);
    if (!move) return;
    event.preventDefault();
    const place = this.#plot.moved(move);
    this.look();
    if (place !== null) this.#set({ by: "keys", place });
  }
}
