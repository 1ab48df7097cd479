// The module that every widget model carries: a stub that finds the shared front end of its build.
//
// anywidget copies and evaluates `_esm` once per model, so nothing is done here. `initialize` must not wait
// (anywidget gives it two seconds); a view waits for the page that the carrier brings, and for the code of its kind.

import { askWhileWaiting } from "./lib/hop/asking";
import { slot } from "./lib/hop/slot";
import type { Model } from "./lib/hop/wire";

const LOST_AFTER_MS = 15_000;
const ONE_LINE_KINDS = ["connection", "dashboard"];

export default {
  initialize({ model }: { model: Model }) {
    const life = new AbortController();
    slot().promise.then((page) =>
      page.modules
        .ready(model.get("_rw_kind"))
        .then(() => life.signal.aborted || page.adopt(model, life.signal)),
    );
    return () => life.abort();
  },

  /** `signal` ends with the view; anywidget gives it from 0.11 on. */
  async render({ model, el, signal }: { model: Model; el: HTMLElement; signal?: AbortSignal | undefined }) {
    const kind = model.get("_rw_kind");
    const life = new AbortController();
    const stopAsking = askWhileWaiting(model, el, signal);
    const lost = setTimeout(() => {
      el.textContent = "realtime_widgets: the front end did not load. Run the cell again.";
    }, LOST_AFTER_MS);
    signal?.addEventListener("abort", () => {
      clearTimeout(lost);
      life.abort();
    });
    el.style.minHeight = `${model.get("height") ?? (ONE_LINE_KINDS.includes(kind) ? 38 : 96)}px`;
    const page = await slot().promise;
    await page.modules.ready(kind);
    if (life.signal.aborted) return () => {}; // the view has ended meanwhile
    stopAsking();
    clearTimeout(lost);
    el.style.minHeight = "";
    el.textContent = "";
    page.show(model, el, life.signal);
    return () => life.abort();
  },
};
