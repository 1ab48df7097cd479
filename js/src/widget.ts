// The module that every widget model carries: a stub that finds the shared front end of its build.
//
// anywidget copies and evaluates `_esm` once per model, so nothing is done here. `initialize` must not wait
// (anywidget gives it two seconds); a view waits for the page that the carrier brings. Where none comes (outputs in
// frames of their own, a carrier that was closed) it asks the kernel for the front end, and carries itself.

import { slot } from "./lib/hop/slot";
import { type Model, WIRE } from "./lib/hop/wire";

const ASK_AFTER_MS = 4_000;
const LOST_AFTER_MS = 15_000;
/** Of one line each. */
const LOW = ["connection", "dashboard"];

export default {
  initialize({ model }: { model: Model }) {
    const life = new AbortController();
    slot().promise.then((page) => life.signal.aborted || page.adopt(model, life.signal));
    return () => life.abort();
  },

  async render({ model, el }: { model: Model; el: HTMLElement }) {
    const ask = setTimeout(() => load(model), ASK_AFTER_MS);
    const lost = setTimeout(() => {
      el.textContent = "realtime_widgets: the front end did not load. Run the cell again.";
    }, LOST_AFTER_MS);
    el.style.minHeight = `${model.get("height") ?? (LOW.includes(model.get("_rw_kind")) ? 38 : 96)}px`;
    const page = await slot().promise;
    clearTimeout(ask);
    clearTimeout(lost);
    el.style.minHeight = "";
    el.textContent = "";
    const life = new AbortController();
    page.show(model, el, life.signal);
    return () => life.abort();
  },
};

/** Has the kernel send the front end over this widget's own comm, which becomes the page's carrier. */
function load(model: Model): void {
  const listener = async (content: { rw?: number; code?: string }) => {
    if (content?.rw !== WIRE || !content.code) return;
    model.off("msg:custom", listener);
    if (slot().page) return;
    const url = URL.createObjectURL(new Blob([content.code], { type: "text/javascript" }));
    const { default: shared } = await import(url);
    URL.revokeObjectURL(url);
    shared.carry(model);
  };
  model.on("msg:custom", listener);
  model.send({ rw: WIRE, do: "load" });
}
