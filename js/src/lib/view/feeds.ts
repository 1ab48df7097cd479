// Feeds: what the kernel said last of each feed of a widget: its age, its link, what is missing, what is wrong.

import type { Clock } from "../hop/clock";
import type { Part } from "../hop/frames";
import { type FeedLink, isDown, type Pace, paceOf } from "./freshness";

/** So soon the kernel sends what a widget needs that somebody looks at again. */
const ANSWER_MS = 2_000;

export class Feeds {
  readonly #clock: Clock;
  /** Feed → age of its newest datum in the kernel, seconds, and when we were told. */
  readonly #ages = new Map<string, { age: number; at: number }>();
  /** Feed → how many seconds without data are unusual; null: none will come. */
  readonly #quietAfter = new Map<string, number | null>();
  /** Feed → the zone in which its times were written; null: they are moments. */
  readonly #zones = new Map<string, string | null>();
  /** Feed → where the link stood that fills it, and when we were told. */
  readonly #links = new Map<string, { link: FeedLink; at: number }>();
  /** Feeds of which something is missing after the newest datum. */
  readonly #missing = new Set<string>();
  /** Feed → why the kernel cannot show it. */
  readonly #errors = new Map<string, string>();

  /** Feed → what the kernel has to say of what it shows. */
  readonly #notices = new Map<string, string>();

  /** When the ages stopped being counted; null: they are. */
  #heldAt: number | null = null;
  /** When they are counted again, whether or not the kernel has said more. */
  #countsAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes in what a part says of its feed. */
  take({ feed, body }: Part): void {
    this.#heldAt = null;
    const at = this.#clock.now();
    const { age, quiet_after: quietAfter, zone, link, missing, error, notice } = body;
    if (zone !== undefined) this.#zones.set(feed, zone as string | null);
    if (quietAfter !== undefined) this.#quietAfter.set(feed, quietAfter as number | null);
    if (typeof age === "number") this.#ages.set(feed, { age, at });
    else this.#ages.delete(feed);
    if (link) this.#links.set(feed, { link: link as FeedLink, at });
    if (missing) this.#missing.add(feed);
    else this.#missing.delete(feed);
    if (typeof error === "string") this.#errors.set(feed, error);
    else this.#errors.delete(feed);
    if (typeof notice === "string") this.#notices.set(feed, notice);
    else this.#notices.delete(feed);
  }

  /** Seconds since the newest data of any feed arrived, counted on from what the kernel said. */
  get age(): number | null {
    const ages = [...this.#ages.keys()].map((feed) => this.#ageOf(feed)!);
    return ages.length ? Math.min(...ages) : null;
  }

  #ageOf(feed: string): number | null {
    const told = this.#ages.get(feed);
    const time = this.#clock.now();
    const now = time >= this.#countsAt ? time : (this.#heldAt ?? time);
    return told ? told.age + Math.max(0, now - told.at) / 1000 : null;
  }

  /** Counts the ages only while somebody looks, for else nothing is sent; the kernel has a moment to say more then. */
  count(on: boolean): void {
    const now = this.#clock.now();
    if (!on) {
      if (now >= this.#countsAt) this.#heldAt = null;
      this.#heldAt ??= now;
      this.#countsAt = Number.POSITIVE_INFINITY;
    } else if (this.#heldAt !== null && this.#countsAt === Number.POSITIVE_INFINITY) {
      this.#countsAt = now + ANSWER_MS;
    }
  }

  /** How data arrive by all feeds together. */
  get pace(): Pace {
    if (!this.#quietAfter.size) return "usual";
    return paceOf([...this.#quietAfter].map(([feed, quietAfter]) => [this.#ageOf(feed), quietAfter]));
  }

  /** How many seconds without data are unusual; null where none will come. */
  get quietAfter(): number | null {
    const known = [...this.#quietAfter.values()].filter((each) => each !== null);
    return known.length ? Math.max(...known) : null;
  }

  /** The zone in which the times of all feeds were written; empty: they are moments, or of several zones. */
  get zone(): string {
    const zones = new Set(this.#zones.values());
    return (zones.size === 1 && [...zones][0]) || "";
  }

  /** Seconds since the link was lost that a feed comes by, once that is said; 0 while there is one. */
  outage(feed: string): number {
    const told = this.#links.get(feed);
    if (!told) return 0;
    const elapsed = (this.#clock.now() - told.at) / 1000;
    return isDown(told.link, elapsed) ? told.link.since_age + elapsed : 0;
  }

  /** Whether a link that data come by is down. */
  get disconnected(): boolean {
    return [...this.#links.keys()].some((feed) => this.outage(feed) > 0);
  }

  get missing(): boolean {
    return this.#missing.size > 0;
  }

  get failed(): boolean {
    return this.#reasons.length > 0;
  }

  get #reasons(): string[] {
    const unreadable = [...this.#links.values()].flatMap(({ link }) => link.unreadable ?? []);
    return [...new Set([...this.#errors.values(), ...unreadable])];
  }

  /** Why data cannot be shown, in sentences of the kernel; empty while all is well. */
  get error(): string {
    return this.#reasons.join("\n");
  }

  /** What the kernel has to say of what is shown, such as that it is not all there is; empty mostly. */
  get notice(): string {
    return [...new Set(this.#notices.values())].join("\n");
  }
}
