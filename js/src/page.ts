// The shared front end: the carrier's module. Loaded once per page and kernel, it opens the page for every stub.
//
// Where a page makes only the models that it displays, it is the module of every widget: each is then a carrier, too.

import { LiveChart } from "./chart";
import { ConnectionIndicator } from "./connection";
import { Dashboard } from "./dashboard";
import { EventLog } from "./events";
import { Page } from "./lib/hop/page";
import { type FrontEnd, slot } from "./lib/hop/slot";
import type { Model } from "./lib/hop/wire";
import { MetricCard } from "./metric";

const KINDS = {
  chart: LiveChart,
  metric: MetricCard,
  events: EventLog,
  connection: ConnectionIndicator,
  dashboard: Dashboard,
};

/** The page of this build, made by the first who has its code. */
function open(): FrontEnd {
  const place = slot();
  place.page ??= new Page(KINDS);
  place.resolve(place.page);
  return place.page;
}

/** Takes a model as a carrier for as long as the signal lasts. */
function carry(model: Model, signal = new AbortController().signal): void {
  open().attach(model, signal);
}

export default {
  carry,

  initialize({ model }: { model: Model }) {
    const life = new AbortController();
    if (model.get("_rw_kind")) open().adopt(model, life.signal);
    carry(model, life.signal);
    return () => life.abort();
  },

  render({ model, el }: { model: Model; el: HTMLElement }) {
    const life = new AbortController();
    slot().page?.show(model, el, life.signal);
    return () => life.abort();
  },
};
