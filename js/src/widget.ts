// The module that every widget model carries: a stub that finds the shared front end of its build.
//
// anywidget copies and evaluates `_esm` once per model, so nothing is done here. `initialize` must not wait
// (anywidget gives it two seconds); a view waits for the page that the carrier brings.

import { type Model, slot } from "./lib/slot";

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
    const timer = setTimeout(() => {
      el.textContent = "realtime_widgets: the front end did not load. Run the cell again.";
    }, LOST_AFTER_MS);
    el.style.minHeight = `${model.get("height") ?? (LOW.includes(model.get("_rw_kind")) ? 38 : 96)}px`;
    const page = await slot().promise;
    clearTimeout(timer);
    el.style.minHeight = "";
    el.textContent = "";
    const life = new AbortController();
    page.show(model, el, life.signal);
    return () => life.abort();
  },
};
