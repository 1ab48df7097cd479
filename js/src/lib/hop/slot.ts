// Slot: the one place of a browser page where stubs, carriers and chunks of the same build meet, whichever comes first.

import type { Modules } from "./modules";
import type { Kind } from "./widget";
import { type Model, WIRE } from "./wire";

/** What stubs, carriers and chunks need of the front end, once there is one. */
export interface FrontEnd {
  readonly modules: Modules;
  attach(model: Model, signal: AbortSignal): void;
  adopt(model: Model, signal: AbortSignal): void;
  show(model: Model, el: HTMLElement, signal: AbortSignal): void;
}

/** That a kernel was asked for code. */
export interface Asked {
  /** When, the last time; milliseconds, monotonic. */
  at: number;
  times: number;
  /** Over whose comm. */
  by: Model;
}

interface Slot {
  /** Resolved when the front end has a route to a kernel. */
  promise: Promise<FrontEnd>;
  resolve: (page: FrontEnd) => void;
  page?: FrontEnd;
  /** What chunks import instead of bundling it again: module → its exports; see core.ts. */
  core?: Record<string, object>;
  /** By kind of widget; "" is the front end. */
  asked: Map<string, Asked>;
}

/** The slot of this build; made by whoever asks first. Other builds and wires have their own. */
export function slot(): Slot {
  const key = Symbol.for(`realtime_widgets/${WIRE}/${__BUILD__}`);
  const slots = globalThis as unknown as Record<symbol, Slot | undefined>;
  const known = slots[key];
  if (known) return known;
  let resolve: Slot["resolve"] = () => {};
  const promise = new Promise<FrontEnd>((done) => {
    resolve = done;
  });
  const made: Slot = { promise, resolve, asked: new Map() };
  slots[key] = made;
  return made;
}

/** What a chunk does when it is evaluated: it brings the class of its kind. */
export function define(kind: string, Widget: Kind): void {
  slot().page?.modules.define(kind, Widget);
}
