// Eyes: which elements of a view a reader can see, of each the greater part, or as much of it as the window holds.

/** Share of an element, or of the window, that has to be in view. */
const ENOUGH = 0.5;

export class Eyes {
  /** The elements that can be seen. */
  readonly seen = new Set<Element>();
  readonly #observer: IntersectionObserver | null;

  /** `changed` is called when others can be seen; the signal ends it. Where nothing is known of that, all can. */
  constructor(changed: () => void, signal: AbortSignal) {
    if (typeof IntersectionObserver === "undefined") {
      this.#observer = null;
      return;
    }
    const look = (entries: IntersectionObserverEntry[]) => {
      for (const entry of entries) {
        const { intersectionRatio, intersectionRect, rootBounds, isIntersecting } = entry;
        const fills = rootBounds !== null && intersectionRect.height >= rootBounds.height * ENOUGH;
        if (isIntersecting && (intersectionRatio >= ENOUGH || fills)) this.seen.add(entry.target);
        else this.seen.delete(entry.target);
      }
      changed();
    };
    this.#observer = new IntersectionObserver(look, { threshold: [0, 0.25, ENOUGH, 0.75, 1] });
    signal.addEventListener("abort", () => this.#observer?.disconnect());
  }

  watch(el: Element): void {
    if (this.#observer) this.#observer.observe(el);
    else this.seen.add(el);
  }

  forget(el: Element): void {
    this.#observer?.unobserve(el);
    this.seen.delete(el);
  }
}
