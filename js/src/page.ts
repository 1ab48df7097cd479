// The shared front end: the carrier's module. Loaded once per page and kernel, it opens the page for every stub.

import { ChartWidget } from "./chart";
import { ConnectionWidget } from "./connection";
import { DashboardWidget } from "./dashboard";
import { EventsWidget } from "./events";
import { Page } from "./lib/page";
import { type Model, slot } from "./lib/slot";
import { MetricWidget } from "./metric";

const KINDS = {
  chart: ChartWidget,
  metric: MetricWidget,
  events: EventsWidget,
  connection: ConnectionWidget,
  dashboard: DashboardWidget,
};

export default {
  initialize({ model }: { model: Model }) {
    const place = slot();
    place.page ??= new Page(KINDS);
    place.resolve(place.page);
    const life = new AbortController();
    place.page.attach(model, life.signal);
    return () => life.abort();
  },
};
