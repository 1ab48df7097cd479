// Freshness: what a widget may claim about its data at this moment, the gravest first. The twin of
// realtime_widgets/feeds/freshness.py; tests/golden/freshness.json holds both to one order.

export type DataState =
  | "kernel_gone"
  | "error"
  | "loading"
  | "paused"
  | "disconnected"
  | "no_data"
  | "stale"
  | "live"
  | "idle";

/** How data arrive: as usual; not for longer than usual; or they are complete, as a table is. */
export type Pace = "usual" | "quiet" | "complete";

export interface Facts {
  /** Whether any part has come. */
  reached: boolean;
  empty: boolean;
  paused: boolean;
  kernelGone: boolean;
  /** Whether the kernel says that it cannot show the data. */
  failed: boolean;
  /** Whether a link that data come by is down. */
  disconnected: boolean;
  /** Whether something is known to be missing after the newest datum. */
  missing: boolean;
  /** Seconds since the newest data arrived in the kernel; null when not known. */
  age: number | null;
  /** Seconds after which data are stale; null: when they have paused for longer than usual. */
  staleAfter: number | null;
  pace: Pace;
}

/** Facts under which data are live. */
export const ALL_WELL: Facts = {
  reached: true,
  empty: false,
  paused: false,
  kernelGone: false,
  failed: false,
  disconnected: false,
  missing: false,
  age: null,
  staleAfter: null,
  pace: "usual",
};

/** The first that holds, from the gravest on. A frozen number that looks current is the worst we could show. */
export function dataState(facts: Facts): DataState {
  if (facts.kernelGone) return "kernel_gone";
  if (facts.failed) return "error";
  if (!facts.reached) return "loading";
  if (facts.paused) return "paused";
  if (facts.disconnected) return "disconnected";
  if (facts.empty) return "no_data";
  if (facts.missing) return "stale";
  if (isOld(facts)) return "stale";
  return facts.pace === "complete" ? "idle" : "live";
}

function isOld({ staleAfter, age, pace }: Facts): boolean {
  return staleAfter === null ? pace === "quiet" : age !== null && age > staleAfter;
}

/** How data arrive by several ways together, of each the seconds since they did, and how many of these are unusual. */
export function paceOf(arrivals: [age: number | null, quietAfter: number | null][]): Pace {
  const known = arrivals.filter((each): each is [number | null, number] => each[1] !== null);
  if (!known.length) return "complete";
  return known.some(([age, quietAfter]) => age === null || age <= quietAfter) ? "usual" : "quiet";
}

/** Where the link stood that fills a feed, and for how many seconds, when the kernel said so. */
export interface FeedLink {
  state: string;
  since_age: number;
  /** Why nothing of what arrives can be read; none: it can. */
  unreadable?: string;
}

/** Seconds that a lost link may take to come back before data are called disconnected; Python has the same. */
export const LINK_GRACE = 5;

/** Whether no data can come, `elapsed` seconds after the kernel said so. */
export function isDown({ state, since_age }: FeedLink, elapsed: number): boolean {
  if (state === "reconnecting") return since_age + elapsed > LINK_GRACE;
  return state === "disconnected" || state === "error";
}
