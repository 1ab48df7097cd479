// Density: how many pixels of the screen a CSS pixel has. It changes with the zoom, and with the screen that a window is on.

const followers = new Set<() => void>();
let watched: MediaQueryList | null = null;

/** Calls `changed` whenever the density has changed, until the signal is aborted. */
export function followDensity(changed: () => void, signal: AbortSignal): void {
  followers.add(changed);
  signal.addEventListener("abort", () => followers.delete(changed));
  watch();
}

/** A query is for one density only: the next needs another. */
function watch(): void {
  if (watched || typeof matchMedia === "undefined") return;
  watched = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
  watched.addEventListener?.(
    "change",
    () => {
      watched = null;
      for (const changed of [...followers]) changed();
      watch();
    },
    { once: true },
  );
}
