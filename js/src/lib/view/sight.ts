// Sight: how far an element is from where the reader looks. Two observers serve all elements of a page.

/** `in`: on screen, or about to be; `near`: within one more screen; `away`: farther off, or clipped. */
export type Distance = "in" | "near" | "away";

type Told = (distance: Distance) => void;

/** Of the screen, also where the element scrolls within a box; browsers that do not know the second tell it later. */
const MARGINS = { in: "10%", near: "100%" } as const;

interface Watched {
  told: Told;
  in: boolean;
  near: boolean;
}

const watched = new Map<Element, Watched>();
let observers: IntersectionObserver[] | null = null;

/** Tells how far an element is, at first and when that changes, until the signal is aborted; nothing where that is unknown. */
export function watchSight(el: Element, told: Told, signal: AbortSignal): void {
  if (typeof IntersectionObserver === "undefined" || signal.aborted) return;
  observers ??= (["in", "near"] as const).map(observer);
  watched.set(el, { told, in: true, near: true });
  for (const each of observers) each.observe(el);
  signal.addEventListener("abort", () => {
    watched.delete(el);
    for (const each of observers ?? []) each.unobserve(el);
  });
}

function observer(which: "in" | "near"): IntersectionObserver {
  const margin = MARGINS[which];
  const options = { rootMargin: margin, scrollMargin: margin };
  return new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const known = watched.get(target);
      if (!known) continue;
      known[which] = isIntersecting;
      known.told(known.in ? "in" : known.near ? "near" : "away");
    }
  }, options);
}
