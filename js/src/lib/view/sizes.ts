// Sizes: the width of each element that shows a widget, read before anything draws, and how far it is from the reader.

import { type Distance, lookAgain, watchSight } from "./sight";

/** What has a size to look at within its element. */
interface Measurable {
  measure?(): void;
}

interface Size {
  el: HTMLElement;
  /** CSS pixels; null while nobody has looked. */
  width: number | null;
  /** Whether the view knows the sizes within it. */
  measured: boolean;
  distance: Distance;
}

export class Sizes<View extends Measurable> {
  readonly #sizes = new Map<View, Size>();
  readonly #changed: () => void;

  /** `changed` is called when an element has another width, or is at another distance. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Follows the element of a view until the signal is aborted. */
  add(view: View, el: HTMLElement, signal: AbortSignal): void {
    const size: Size = { el, width: null, measured: false, distance: "in" };
    this.#sizes.set(view, size);
    const observer = new ResizeObserver(() => {
      const width = Math.round(el.clientWidth);
      if (width === size.width) return;
      if (!size.width) lookAgain(el);
      size.width = width;
      size.measured = false;
      this.#changed();
    });
    observer.observe(el);
    watchSight(
      el,
      (distance) => {
        if (distance === size.distance) return;
        size.distance = distance;
        this.#changed();
      },
      signal,
    );
    signal.addEventListener("abort", () => {
      observer.disconnect();
      this.#sizes.delete(view);
    });
  }

  /** Reads the sizes that nobody has read yet. */
  measure(): void {
    for (const [view, size] of this.#sizes) {
      size.width ??= Math.round(size.el.clientWidth);
      if (size.measured) continue;
      size.measured = true;
      view.measure?.();
    }
  }

  /** Has every view look at its sizes again, for what they are drawn with has changed. */
  forget(): void {
    for (const size of this.#sizes.values()) size.measured = false;
  }

  /** The views that are on screen, and their widths; one of no width is in a tab behind another. */
  get seen(): [View, number][] {
    this.measure();
    return this.#at((distance) => distance === "in");
  }

  /** The views that are near the screen only, and their widths. */
  get near(): [View, number][] {
    return this.#at((distance) => distance === "near");
  }

  /** The views that are off the screen, near it or not, and their widths. */
  get unseen(): [View, number][] {
    return this.#at((distance) => distance !== "in");
  }

  /** The widths of the views that are on screen or near it. */
  get widths(): number[] {
    this.measure();
    return this.#at((distance) => distance !== "away").map(([, width]) => width);
  }

  #at(is: (distance: Distance) => boolean): [View, number][] {
    return [...this.#sizes].flatMap(([view, { width, distance }]) =>
      width && is(distance) ? [[view, width]] : [],
    );
  }
}
