// Sizes: the width of each element that shows a widget, read before anything draws and followed from then on.

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
}

export class Sizes<View extends Measurable> {
  readonly #sizes = new Map<View, Size>();
  readonly #changed: () => void;

  /** `changed` is called when the browser finds that an element has another width. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Follows the element of a view until the signal is aborted. */
  add(view: View, el: HTMLElement, signal: AbortSignal): void {
    const size: Size = { el, width: null, measured: false };
    this.#sizes.set(view, size);
    const observer = new ResizeObserver(() => {
      const width = Math.round(el.clientWidth);
      if (width === size.width) return;
      size.width = width;
      size.measured = false;
      this.#changed();
    });
    observer.observe(el);
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

  /** The views that can be seen, and their widths; one of no width is in a tab behind another. */
  get seen(): [View, number][] {
    this.measure();
    return [...this.#sizes].flatMap(([view, { width }]) => (width ? [[view, width]] : []));
  }
}
