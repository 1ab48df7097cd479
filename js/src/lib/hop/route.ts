// Route: the way to one kernel and back: the models that carry it, the pace of the reports, and parts that wait a frame.
//
// What a page owes the kernel: reports only on change or every ten seconds, never more than one a second on the whole,
// and with three unanswered one a minute (each flips the kernel's busy light).

import type { Clock } from "./clock";
import type { Frame, Part } from "./frames";
import type { KernelLife } from "./kernel";
import type { Screen } from "./screen";
import type { Model } from "./wire";

export const REPORT_MS = 10_000;
export const REPORT_GAP_MS = 1_000;
/**
 * So many reports may follow each other quickly, each as soon as the one before is answered: a page full of widgets comes
 * to life over some tenths of a second.
 */
export const MAX_QUICK_REPORTS = 8;
export const QUICK_REPORT_GAP_MS = 200;
export const MAX_UNANSWERED = 3;
/** With so many unanswered, one report a minute: a half-open socket loses them, and one a minute piles up nothing. */
export const MUTED_REPORT_MS = 60_000;
/** Without a frame for so long the kernel is gone, or blocked by something that lets no thread run; it sends one every 2 s. */
export const KERNEL_GONE_MS = 12_000;
const SETTLE_MS = 30;
/** For so many animation frames in a row the picture may be one of them behind: two seconds at 60. */
export const MAX_FRAMES_BEHIND = 120;

/** What a route needs of its page. */
export interface RoutePage {
  readonly id: string;
  readonly clock: Clock;
  readonly screen: Screen;
  /** Hands a part to its widget. */
  deliver(part: Part): void;
  /** Content of the report with this number. */
  report(route: Route, n: number): object;
}

export class Route {
  readonly id: string;
  /** Number of its newest report. */
  reports: number;
  reportedAt = Number.NEGATIVE_INFINITY;
  readonly #page: RoutePage;
  /** Models that can carry messages to the kernel, the newest first: that one is used. */
  #carriers: Model[] = [];
  /** The number it began with: a route that ended and begins anew counts on, as the kernel goes by the highest. */
  readonly #before: number;
  #answered: number;
  /** How many reports could follow quickly after the last; one more every second. */
  #credit = MAX_QUICK_REPORTS;
  #cancel: (() => void) | null = null;
  /** Whether a report was due and not sent, because too many are unanswered. */
  #withheld = false;
  #heardAt = 0;
  /** Whether the host has said that the kernel ended, and nothing has come since. */
  #ended = false;
  /** Whether parts have come that the screen has not shown yet. */
  #fresh = false;
  /** What came in the same animation frame as the parts before: the next one shows it. */
  #waiting: Part[] = [];
  /** For how many animation frames in a row something waited. */
  #behind = 0;

  constructor(id: string, page: RoutePage, before: number) {
    this.id = id;
    this.#page = page;
    this.#before = this.#answered = this.reports = before;
  }

  /** Whether anything carries it. */
  get open(): boolean {
    return this.#carriers.length > 0;
  }

  get kernel(): KernelLife {
    if (this.#ended) return "ended";
    return this.#page.clock.now() - this.#heardAt > KERNEL_GONE_MS ? "silent" : "alive";
  }

  /** For so many milliseconds the page could not have heard it. */
  excuse(ms: number): void {
    this.#heardAt += ms;
  }

  /** The host says that the kernel of a carrier ends; of one that is spoken to no more that means nothing. */
  end(carrier: Model): void {
    if (this.#carriers[0] === carrier) this.#ended = true;
  }

  /** Speaks through this model from now on. */
  add(carrier: Model): void {
    this.#carriers.unshift(carrier);
    this.noteLife();
    this.#answered = this.reports; // what was said through another is no reason to fall silent
  }

  /** Speaks through the one before, if there is one. */
  remove(carrier: Model): void {
    this.#carriers = this.#carriers.filter((each) => each !== carrier);
    this.#answered = this.reports;
    if (!this.open) this.#cancel?.();
  }

  /** The kernel is there, or its silence until now meant nothing. */
  noteLife(): void {
    this.#ended = false;
    this.#heardAt = this.#page.clock.now();
  }

  /**
   * Takes in a frame. Frames that come as fast as the screen draws jitter around its rhythm: two within one animation
   * frame, then none. The second waits for the empty one, so that each is seen.
   */
  take(frame: Frame): void {
    this.noteLife();
    this.#hear(frame.heard[this.#page.id]);
    if (!frame.parts.length) return;
    const { visible } = this.#page.screen;
    const waits = this.#fresh && !this.#waiting.length && this.#behind < MAX_FRAMES_BEHIND && visible;
    this.#waiting.push(...frame.parts);
    if (!waits) this.deliver();
  }

  /** The screen has drawn: what waited for that is next. */
  drawn(): void {
    this.#behind = this.#waiting.length ? this.#behind + 1 : 0;
    this.deliver();
  }

  /** Hands out what waits. */
  deliver(): void {
    const parts = this.#waiting;
    this.#waiting = [];
    for (const part of parts) this.#page.deliver(part);
    this.#fresh = parts.length > 0 && this.#page.screen.pending;
  }

  send(content: object): void {
    this.#carriers[0]?.send(content);
  }

  /** The route's first report at once: for it the kernel sends everything, so that each model finds its picture waiting. */
  begin(): void {
    if (this.reports === this.#before) this.#report();
    else this.reportSoon();
  }

  /** Sends a report as soon as the pace allows; what happens until then rides along. */
  reportSoon(): void {
    if (this.#cancel) return;
    const { clock } = this.#page;
    const quick = this.#creditNow >= 1 && this.#answered >= this.reports;
    const again = this.reports === this.#before + 1 ? 0 : QUICK_REPORT_GAP_MS; // the first may have come too early
    const gap = quick ? again : REPORT_GAP_MS;
    const wait = Math.max(SETTLE_MS, this.reportedAt + gap - clock.now());
    this.#cancel = clock.after(wait, () => {
      this.#cancel = null;
      this.#withheld = this.#muted() && clock.now() - this.reportedAt < MUTED_REPORT_MS;
      if (!this.#withheld) this.#report();
    });
  }

  /** Whether too many reports are unanswered; where another model carries too, that one is tried. */
  #muted(): boolean {
    if (this.reports - this.#answered < MAX_UNANSWERED) return false;
    if (this.#carriers.length < 2) return true;
    this.#carriers.push(this.#carriers.shift()!);
    this.#answered = this.reports;
    return false;
  }

  #hear(number: number | undefined): void {
    if (number === undefined || number <= this.#answered) return;
    this.#answered = number;
    if (!this.#cancel && !this.#withheld) return;
    this.#cancel?.();
    this.#cancel = null;
    this.reportSoon(); // what waits may be said sooner now
  }

  get #creditNow(): number {
    const gained = (this.#page.clock.now() - this.reportedAt) / REPORT_GAP_MS;
    return Math.min(MAX_QUICK_REPORTS, this.#credit + gained);
  }

  #report(): void {
    this.reports += 1;
    this.#credit = this.#creditNow - 1;
    this.reportedAt = this.#page.clock.now();
    this.send(this.#page.report(this, this.reports));
  }
}
