// What tests turn by hand: time, and models that note what is said to the kernel.

import type { Clock } from "../src/lib/hop/clock";
import type { Model } from "../src/lib/hop/wire";

/** Time turned by hand. */
export class HandClock implements Clock {
  time = 1_000_000;
  shown = true;
  #timers: { due: number; fn: () => void; every: number | null }[] = [];
  #frames: (() => void)[] = [];
  #visibility: ((visible: boolean) => void)[] = [];
  #leave: (() => void)[] = [];

  now = () => this.time;
  visible = () => this.shown;
  frame = (fn: () => void) => this.#frames.push(fn);
  onVisibility = (fn: (visible: boolean) => void) => this.#visibility.push(fn);
  onLeave = (fn: () => void) => this.#leave.push(fn);
  every = (ms: number, fn: () => void) => this.#timers.push({ due: this.time + ms, fn, every: ms });

  after(ms: number, fn: () => void) {
    const timer = { due: this.time + ms, fn, every: null };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  run(ms: number) {
    const end = this.time + ms;
    for (;;) {
      this.#timers.sort((a, b) => a.due - b.due);
      const next = this.#timers[0];
      if (!next || next.due > end) break;
      this.time = next.due;
      if (next.every) next.due += next.every;
      else this.#timers.shift();
      next.fn();
    }
    this.time = end;
  }

  /** Time passes in which nothing runs; what was due comes once, at its end. */
  stall(ms: number) {
    this.time += ms;
    for (const timer of this.#timers) timer.due = Math.max(timer.due, this.time);
  }

  draw() {
    for (const fn of this.#frames.splice(0)) fn();
  }

  show(visible: boolean) {
    this.shown = visible;
    for (const fn of this.#visibility) fn(visible);
  }

  leave() {
    for (const fn of this.#leave) fn();
  }
}

export interface Report {
  page: string;
  n: number;
  visible: boolean;
  gone?: boolean;
  need: string[];
  models: Record<string, { views: number; near: number; px: number; draws: number }>;
}

export function model(traits: Record<string, unknown>) {
  type Listener = (...args: never[]) => void;
  const listeners = new Set<Listener>();
  const events = new Map<string, Set<Listener>>();
  const of = (event: string) => {
    const known = events.get(event) ?? new Set<Listener>();
    events.set(event, known);
    return known;
  };
  const sent: Report[] = [];
  const made: Model = {
    get: (name) => traits[name],
    on: (event, fn) => {
      of(event).add(fn);
      listeners.add(fn);
    },
    off: (event, fn) => {
      of(event).delete(fn);
      listeners.delete(fn);
    },
    send: (content) => sent.push(content as Report),
  };
  /** Has all listeners of an event called. */
  const fire = (event: string) => {
    for (const fn of of(event)) (fn as () => void)();
  };
  return { ...made, traits, listeners, events, fire, sent };
}
