// Modules: the code of each kind of widget, evaluated once per page when the first model of that kind is there.

import { type Evaluate, evaluate } from "./evaluate";
import type { Kind } from "./widget";
import type { Model } from "./wire";

interface Awaited {
  promise: Promise<void>;
  resolve: () => void;
}

export class Modules {
  readonly #kinds: Map<string, Kind>;
  readonly #awaited = new Map<string, Awaited>();
  /** Kinds whose code is evaluated, or will be in a moment. */
  readonly #loaded = new Set<string>();
  readonly #evaluate: Evaluate;

  constructor(kinds: Record<string, Kind> = {}, run: Evaluate = evaluate) {
    this.#kinds = new Map(Object.entries(kinds));
    this.#evaluate = run;
  }

  /** The class of a kind, once it is defined. */
  get(kind: string): Kind | undefined {
    return this.#kinds.get(kind);
  }

  /** Takes the class of a kind; of several the first stays, so that all widgets of a kind are alike. */
  define(kind: string, Widget: Kind): void {
    if (this.#kinds.has(kind)) return;
    this.#kinds.set(kind, Widget);
    this.#awaited.get(kind)?.resolve();
  }

  /** Resolved when a kind is defined: for all who wait in the order in which they came. */
  ready(kind: string): Promise<void> {
    const known = this.#awaited.get(kind);
    if (known) return known.promise;
    let resolve = () => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    this.#awaited.set(kind, { promise, resolve });
    if (this.#kinds.has(kind)) resolve();
    return promise;
  }

  /** Evaluates the code of a kind; once, however often it comes. Code that fails may come again. */
  load(kind: string, code: string): void {
    if (this.#loaded.has(kind) || this.#kinds.has(kind)) return;
    this.#loaded.add(kind);
    this.#evaluate(code).catch((error) => {
      this.#loaded.delete(kind);
      console.error(`realtime_widgets: the code of ${kind} could not be run.`, error);
    });
  }

  /** Loads the kinds that a carrier brings, now and as long as the signal lasts. */
  follow(carrier: Model, signal: AbortSignal): void {
    const take = () => {
      const modules = (carrier.get("_rw_modules") ?? {}) as Record<string, string>;
      for (const [kind, code] of Object.entries(modules)) this.load(kind, code);
    };
    carrier.on("change:_rw_modules", take);
    signal.addEventListener("abort", () => carrier.off("change:_rw_modules", take));
    take();
  }
}
