// SharedCursor: the charts of one kernel on this page that have the same axis, so that one crosshair runs through all.

/** A chart as the others see it. */
export interface Follower {
  /** What its coordinates mean; charts of the same axis follow each other. Empty: it follows nobody. */
  readonly axisKey: string;
  /** Shows the place that another chart is pointed at; null: no longer. */
  follow(place: number | null): void;
}

const followers = new Set<Follower>();

/** Takes part until the signal is aborted. */
export function joinCursor(follower: Follower, signal: AbortSignal): void {
  followers.add(follower);
  signal.addEventListener("abort", () => followers.delete(follower));
}

/** Tells the others where a chart is pointed at. */
export function shareCursor(from: Follower, place: number | null): void {
  const key = from.axisKey;
  if (!key) return;
  for (const each of followers) if (each !== from && each.axisKey === key) each.follow(place);
}
