// The shared front end: the carrier's module. Loaded once per page and kernel, it opens the page for every stub; the code
// of each kind of widget follows when the kernel has one.
//
// Where a host makes only the models that it displays, this and the code of its kind are the module of every widget: each
// is then a carrier, too.

import { core } from "./core";
import { Modules } from "./lib/hop/modules";
import { Page } from "./lib/hop/page";
import { slot } from "./lib/hop/slot";
import type { Model } from "./lib/hop/wire";
import stub from "./widget";

// At once, because the code of a kind may stand behind this in the same text. The page is made by the first copy.
const here = slot();
here.core ??= core;
const page = here.page ?? new Page(new Modules());
here.page = page;

/** Takes a model as a carrier for as long as the signal lasts. */
function carry(model: Model, signal = new AbortController().signal): void {
  here.resolve(page);
  page.modules.follow(model, signal);
  page.attach(model, signal);
}

export default {
  carry,

  initialize({ model }: { model: Model }) {
    const life = new AbortController();
    const leave = model.get("_rw_kind") ? stub.initialize({ model }) : null;
    carry(model, life.signal);
    return () => {
      leave?.();
      life.abort();
    };
  },

  render: stub.render,
};
