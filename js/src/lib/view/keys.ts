// Keys: what is typed inside our widgets stays there. JupyterLab listens on the document and would cut the cell at an X.
//
// A capturing listener on the window comes before any other, so it can keep keys from the host without asking it; but it
// keeps them from our own elements, too, and hands them over itself. What the browser does of its own (Tab, a click by
// Enter or Space, scrolling by the arrows) stays. Keys with Ctrl, Meta or Alt are the host's, Ctrl+S still saves; but for
// those that move through a text and edit it, because JupyterLab merges and moves cells by them.

/** Handles a key pressed while the focus is within its element; calls `preventDefault` for what it uses. */
export type KeyHandler = (event: KeyboardEvent) => void;

/** Ours: the widgets of another build in the page are kept by the copy that draws them, which has their handlers. */
const HOST = `.rw-host[data-rw-build="${__BUILD__}"]`;

const TEXT_KEYS = /^(Arrow|Home$|End$|Page|Backspace$|Delete$)/;

const handlers = new WeakMap<Element, Set<KeyHandler>>();
let listening = false;

/** Calls a handler for each key pressed while the focus is within an element, until the signal is aborted. */
export function onKeys(el: HTMLElement, handle: KeyHandler, signal: AbortSignal): void {
  const known = handlers.get(el) ?? new Set();
  handlers.set(el, known.add(handle));
  signal.addEventListener("abort", () => known.delete(handle));
}

/** Keeps the keys that are pressed in our widgets from the host of this page; once is enough. */
export function keepKeys(): void {
  if (listening) return;
  listening = true;
  for (const type of ["keydown", "keypress", "keyup"] as const) addEventListener(type, keep, true);
}

function keep(event: KeyboardEvent): void {
  if ((event.ctrlKey || event.metaKey || event.altKey) && !TEXT_KEYS.test(event.key)) return;
  const path = event.composedPath();
  const inside = path.some((each) => each instanceof Element && each.matches(HOST));
  if (!inside) return;
  event.stopImmediatePropagation();
  if (event.type !== "keydown") return;
  for (const each of path) {
    for (const handle of handlers.get(each as Element) ?? []) handle(event);
    if (each instanceof Element && each.matches(HOST)) return;
  }
}
