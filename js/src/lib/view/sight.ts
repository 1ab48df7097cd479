// Sight: how far an element is from where the reader looks. A few observers serve all elements of a page.

/** `in`: on screen, or about to be; `near`: within one more screen; `away`: farther off, or clipped. */
export type Distance = "in" | "near" | "away";

type Told = (distance: Distance) => void;

/** Of the screen, also where the element scrolls within a box; browsers that do not know the second tell it later. */
const MARGINS = { in: "10%", near: "100%" } as const;

interface Watched {
  told: Told;
  /** Says of an element that is off the screen whether it is near. */
  nearness: IntersectionObserver | null;
}

const watched = new Map<Element, Watched>();
let screen: IntersectionObserver | null = null;
/** By what scrolls. */
const nearness = new WeakMap<Element | Document, IntersectionObserver>();

/** Tells how far an element is, at first and when that changes, until the signal is aborted; nothing where that is unknown. */
export function watchSight(el: Element, told: Told, signal: AbortSignal): void {
  if (typeof IntersectionObserver === "undefined" || signal.aborted) return;
  screen ??= observer("in", null, look);
  watched.set(el, { told, nearness: null });
  screen.observe(el);
  signal.addEventListener("abort", () => {
    screen?.unobserve(el);
    leave(el);
    watched.delete(el);
  });
}

/** What is on screen is known from that; of all else it is asked whether it is near, and then told. */
function look(el: Element, known: Watched, on: boolean): void {
  if (on) {
    leave(el);
    known.told("in");
  } else if (!known.nearness) {
    const scroller = scrollerOf(el);
    const by = scroller ?? el.ownerDocument;
    known.nearness = nearness.get(by) ?? observer("near", scroller, tell);
    nearness.set(by, known.nearness);
    known.nearness.observe(el);
  }
}

/** Looks anew for what scrolls around an element that had no place before, as in a tab behind another. */
export function lookAgain(el: Element): void {
  const known = watched.get(el);
  if (!known?.nearness) return;
  leave(el);
  look(el, known, false);
}

function tell(_el: Element, { told, nearness }: Watched, near: boolean): void {
  if (nearness) told(near ? "near" : "away"); // else it has come on screen meanwhile
}

function leave(el: Element): void {
  const known = watched.get(el);
  known?.nearness?.unobserve(el);
  if (known) known.nearness = null;
}

function observer(
  which: keyof typeof MARGINS,
  root: Element | null,
  found: (el: Element, known: Watched, on: boolean) => void,
): IntersectionObserver {
  const margin = MARGINS[which];
  const each = ({ target, isIntersecting }: IntersectionObserverEntry) => {
    const known = watched.get(target);
    if (known) found(target, known, isIntersecting);
  };
  const options = { root, rootMargin: margin, scrollMargin: margin };
  return new IntersectionObserver((entries) => entries.forEach(each), options);
}

/**
 * The outermost box that scrolls around an element, null where the document does. JupyterLab's has boxes around it that
 * cut off what they hold (`contain: strict`): of what is beyond them no margin of the screen says anything.
 */
function scrollerOf(el: Element): Element | null {
  const { documentElement: page, body } = el.ownerDocument;
  const hidden = [page, body].some((box) => /hidden|clip/.test(getComputedStyle(box).overflowY));
  if (!hidden && overflows(page)) return null;
  let found: Element | null = null;
  for (let box = parentOf(el); box && box !== body; box = parentOf(box))
    if (overflows(box) && /auto|scroll/.test(getComputedStyle(box).overflowY)) found = box;
  return found;
}

function overflows(box: Element): boolean {
  return box.scrollHeight > box.clientHeight;
}

/** Also out of shadow roots. */
function parentOf(el: Element): Element | null {
  const root = el.getRootNode();
  return el.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}
