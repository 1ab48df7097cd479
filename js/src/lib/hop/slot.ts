// Slot: the one place of a browser page where stubs, carriers and chunks of the same build meet, whichever comes first.

import { type Model, WIRE } from "./wire";

/** What stubs and carriers need of the front end, once there is one. */
export interface FrontEnd {
  attach(model: Model, signal: AbortSignal): void;
  adopt(model: Model, signal: AbortSignal): void;
  show(model: Model, el: HTMLElement, signal: AbortSignal): void;
}

interface Slot {
  /** Resolved when the front end has a way to the kernel. */
  promise: Promise<FrontEnd>;
  resolve: (page: FrontEnd) => void;
  page?: FrontEnd;
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
  const made = { promise, resolve };
  slots[key] = made;
  return made;
}
