// Clock: time, timers and visibility of the browser behind one small interface, so that tests can turn it by hand.

export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls once after `ms`; returns its undo. */
  after(ms: number, fn: () => void): () => void;
  every(ms: number, fn: () => void): void;
  /** Calls with the next animation frame. */
  frame(fn: () => void): void;
  visible(): boolean;
  onVisibility(fn: (visible: boolean) => void): void;
  /** Calls when the page is closed or navigated away. */
  onLeave(fn: () => void): void;
}

export const browserClock: Clock = {
  now: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
  every: (ms, fn) => {
    setInterval(fn, ms);
  },
  frame: (fn) => {
    requestAnimationFrame(fn);
  },
  visible: () => document.visibilityState !== "hidden",
  onVisibility: (fn) =>
    document.addEventListener("visibilitychange", () => fn(document.visibilityState !== "hidden")),
  onLeave: (fn) => addEventListener("pagehide", fn),
};
