// The one place of a browser page where stubs and carriers of the same build meet, whichever comes first.

import type { Page } from "./page";

/** What we use of the portable widget API (AFM): no host is named anywhere. */
export interface Model {
  // biome-ignore lint/suspicious/noExplicitAny: traits have their types in Python
  get(name: string): any;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback: (...args: never[]) => void): void;
  send(content: unknown): void;
}

interface Slot {
  promise: Promise<Page>;
  resolve: (page: Page) => void;
  page?: Page;
}

/** Version of the wire; the same as `frames.WIRE` in Python. */
export const WIRE = 1;

/** The slot of this build; made by whoever asks first. Other builds and wires have their own. */
export function slot(): Slot {
  const key = Symbol.for(`realtime_widgets/${WIRE}/${__BUILD__}`);
  const places = globalThis as unknown as Record<symbol, Slot | undefined>;
  const known = places[key];
  if (known) return known;
  let resolve: Slot["resolve"] = () => {};
  const promise = new Promise<Page>((done) => {
    resolve = done;
  });
  const made = { promise, resolve };
  places[key] = made;
  return made;
}
