// Page: the registry of one browser page. Frames come in by routes, parts go to their widgets, reports go back.
//
// A page of JupyterLab may show several notebooks, hence several kernels: there is a route to each.

import { browserClock, type Clock } from "./clock";
import { Early } from "./early";
import { Entry, type Shown } from "./entry";
import { decode, type Part } from "./frames";
import { onKernelEnd } from "./kernel";
import type { Modules } from "./modules";
import { REPORT_MS, Route, type RoutePage } from "./route";
import { Screen } from "./screen";
import type { FrontEnd } from "./slot";
import type { Host } from "./widget";
import { type Model, WIRE } from "./wire";

const TICK_MS = 1_000;
/** A tick that is later than this came while the page had no time. */
const LATE_MS = 1_000;

export class Page implements FrontEnd, RoutePage {
  readonly id = Math.random().toString(36).slice(2, 12);
  readonly clock: Clock;
  readonly screen: Screen;
  readonly modules: Modules;
  readonly #entries = new Map<string, Entry>();
  readonly #routes = new Map<string, Route>();
  /** Route that has ended → the number of its last report. */
  readonly #ended = new Map<string, number>();
  /** Ids of the widgets that the reader holds still. */
  readonly #held = new Set<string>();
  readonly #early = new Early();
  #tickedAt: number;

  constructor(modules: Modules, clock: Clock = browserClock) {
    this.modules = modules;
    this.clock = clock;
    this.screen = new Screen(clock, () => {
      for (const route of this.#routes.values()) route.drawn();
    });
    clock.onVisibility((visible) => this.#visibility(visible));
    clock.onLeave(() => this.#leave());
    this.#tickedAt = clock.now();
    clock.every(TICK_MS, () => this.#tick());
  }

  /**
   * Listens to a carrier for as long as the signal lasts. Of several the newest is spoken to (the models of a notebook
   * that was closed and opened again go on without a comm); when it ends, the one before.
   */
  attach(model: Model, signal: AbortSignal): void {
    const id = model.get("_rw_carrier") as string;
    const route = this.#routes.get(id) ?? new Route(id, this, this.#ended.get(id) ?? 0);
    this.#routes.set(id, route);
    route.add(model);
    const listener = (content: unknown, buffers: DataView[]) => this.frame(id, content, buffers);
    model.on("msg:custom", listener);
    const ended = () => {
      route.end(model);
      this.#tell(route);
    };
    onKernelEnd(model, ended, signal);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", listener);
      route.remove(model);
      if (route.open) route.reportSoon();
      else if (this.#routes.get(id) === route) {
        this.#routes.delete(id);
        this.#ended.set(id, route.reports);
      }
    });
    // A widget that carries itself has nothing to say before the page has taken it on.
    if (model.get("_rw_kind")) route.reportSoon();
    else route.begin();
  }

  /**
   * Takes on a widget's model, whose kind must be defined. A notebook that is closed and opened again makes new models of
   * the same ids and never ends the old ones, whose comms are dead: the newer takes over, with the elements where the
   * older was shown.
   */
  adopt(model: Model, signal: AbortSignal): void {
    const id = model.get("_rw_id") as string;
    const Widget = this.modules.get(model.get("_rw_kind"));
    if (!Widget) throw new Error(`realtime_widgets has no widget of kind ${model.get("_rw_kind")}`);
    const entry = new Entry(Widget, model, this.#hostOf(id, model.get("_rw_carrier")), signal);
    const before = this.#entries.get(id);
    this.#entries.set(id, entry);
    signal.addEventListener("abort", () => {
      this.screen.forget(entry);
      if (this.#entries.get(id) === entry) {
        this.#entries.delete(id);
        this.#held.delete(id);
      }
      this.#reportSoon(entry.route);
    });
    if (before) {
      this.screen.forget(before);
      before.yieldTo(entry);
    }
    for (const part of this.#early.take(id, this.clock.now())) entry.take(part);
    this.#reportSoon(entry.route);
  }

  /** Shows a widget in an element until the signal is aborted; one that was closed meanwhile shows nothing. */
  show(model: Model, el: HTMLElement, signal: AbortSignal): void {
    this.#entries.get(model.get("_rw_id"))?.show(el, signal);
  }

  /** Takes in what a carrier received. */
  frame(routeId: string, content: unknown, buffers: DataView[]): void {
    const frame = decode(content, buffers);
    if (frame) this.#routes.get(routeId)?.take(frame);
  }

  deliver(part: Part): void {
    const entry = this.#entries.get(part.to);
    if (entry) entry.take(part);
    else this.#early.keep(part, this.clock.now());
  }

  report(route: Route, n: number): object {
    const models: Record<string, Shown> = {};
    const need: string[] = [];
    for (const [id, entry] of this.#entriesOf(route)) {
      models[id] = entry.shown;
      if (entry.needy) need.push(id);
    }
    return { rw: WIRE, page: this.id, n, visible: this.screen.visible, models, need };
  }

  #hostOf(id: string, routeId: string): Host {
    const { screen } = this;
    return {
      clock: this.clock,
      get visible() {
        return screen.visible;
      },
      invalidate: () => this.#invalidate(id),
      report: () => this.#reportSoon(routeId),
      ask: (what, about) =>
        this.#routes
          .get(routeId)
          ?.send({ rw: WIRE, page: this.id, to: id, do: what, ...(about === undefined ? {} : { about }) }),
      held: (ids = [id]) => ids.length > 0 && ids.every((each) => this.#held.has(each)),
      hold: (on, ids = [id]) => this.#hold(on, ids),
    };
  }

  #entriesOf({ id }: Route): [string, Entry][] {
    return [...this.#entries].filter(([, { route }]) => route === id);
  }

  #invalidate(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) this.screen.invalidate(entry);
  }

  #reportSoon(routeId: string): void {
    this.#routes.get(routeId)?.reportSoon();
  }

  /** What is held, and what shows that, may be in other widgets than the one that asked. */
  #hold(on: boolean, ids: string[]): void {
    for (const id of ids) {
      if (on) this.#held.add(id);
      else this.#held.delete(id);
    }
    for (const entry of this.#entries.values()) entry.refresh();
  }

  #tick(): void {
    const now = this.clock.now();
    const late = now - this.#tickedAt - TICK_MS;
    this.#tickedAt = now;
    this.#early.expire(now);
    for (const route of this.#routes.values()) {
      if (late > LATE_MS) route.excuse(late); // the page stood still, and so did what it hears
      const entries = this.#tell(route);
      if (entries.some(({ needy }) => needy) || now - route.reportedAt >= REPORT_MS) route.reportSoon();
    }
  }

  /** Tells the widgets of a route how its kernel is, and returns them. */
  #tell(route: Route): Entry[] {
    const entries = this.#entriesOf(route).map(([, entry]) => entry);
    for (const entry of entries) entry.tick(route.kernel);
    return entries;
  }

  #visibility(visible: boolean): void {
    this.screen.visible = visible;
    for (const route of this.#routes.values()) {
      if (visible)
        route.noteLife(); // hidden pages are sent nothing: silence meant nothing
      else route.deliver();
      route.reportSoon();
    }
    if (visible) for (const entry of this.#entries.values()) this.screen.invalidate(entry);
  }

  #leave(): void {
    for (const route of this.#routes.values()) route.send({ rw: WIRE, page: this.id, gone: true });
  }
}
