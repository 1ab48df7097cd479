// Page: the registry of one browser page. Frames come in by carriers, parts go to their models, words go back.
//
// A page of JupyterLab may show several notebooks, hence several carriers: everything is kept per carrier. What it
// owes to others: one draw per animation frame, nothing while hidden, and words only on change or every ten
// seconds, never more than one a second on the whole, and with three unanswered one a minute (each flips the kernel's busy light).

import { adoptStyles, followTheme } from "../view/theme";
import { browserClock, type Clock } from "./clock";
import { Cursor, type Meaning } from "./cursor";
import { decode, type Part } from "./frames";
import { type Model, WIRE } from "./slot";

export const PULSE_MS = 10_000;
export const PULSE_GAP_MS = 1_000;
/**
 * So many words may follow each other quickly, each as soon as the one before is answered: a page full of widgets comes
 * to life over some tenths of a second.
 */
export const PULSE_BURST = 8;
export const PULSE_QUICK_MS = 200;
export const UNANSWERED = 3;
/** With so many unanswered, one word a minute: a half-open socket loses words, and one a minute piles up nothing. */
export const MUTED_MS = 60_000;
/** Without a frame for so long the kernel is gone, or blocked by something that lets no thread run; it sends one every 2 s. */
export const GONE_MS = 12_000;
export const EARLY_MS = 2_000;
const SETTLE_MS = 30;
/** For so many frames of the screen in a row the picture may be one of them behind: two seconds at 60. */
export const MOST_BEHIND = 120;

/** The page's half of one widget: its data, drawn in any number of views. */
export interface Widget {
  /** Takes in a part; its body is the newest state, its columns count only when `meaning` says so. */
  apply(part: Part, meaning: Meaning): void;
  /** Draws into an element until the signal is aborted; `changed` asks for another frame or a pulse. */
  show(el: HTMLElement, signal: AbortSignal): void;
  /** Looks at the sizes of its places. Of all widgets before any draws: a size asked for after a change lays out the page anew. */
  measure(): void;
  /** Draws what has changed; called at most once per animation frame. */
  draw(): void;
  /** Once a second, and when the kernel's life sign changes. */
  tick(kernelGone: boolean): void;
  /** Something other than its data has changed: it judges itself anew. */
  refresh(): void;
  /** Width of the widest view, CSS pixels; 0 without a view. */
  readonly px: number;
  readonly views: number;
}

/** What a widget may ask of its page. */
export interface Host {
  /** Draw with the next animation frame. */
  invalidate(): void;
  /** Something that the kernel should know has changed: a view, a width. */
  report(): void;
  /** Tells the kernel what is wanted of this widget, and about what: an intent, never a state. */
  ask(what: string, about?: unknown): void;
  /** Whether the reader holds all of these widgets still; without ids, this one. */
  held(ids?: string[]): boolean;
  /** Holds these widgets still, or lets them go on: in this page, without the kernel. Without ids, this one. */
  hold(on: boolean, ids?: string[]): void;
  readonly clock: Clock;
}

export type Kind = new (model: Model, host: Host, signal: AbortSignal) => Widget;

interface Entry {
  carrier: string;
  widget: Widget;
  /** Aborted when a newer model of the same id takes its place. */
  replaced: AbortController;
  places: Set<Place>;
  cursors: Map<string, Cursor>;
  needs: boolean;
  /** Whether it has had a keyframe: until then no part can show anything. */
  begun: boolean;
  dirty: boolean;
  /** How often it was drawn where somebody could see it. */
  draws: number;
  /** Whether a failure of its code has been reported. */
  failed: boolean;
}

/** Where a widget is shown. */
interface Place {
  model: Model;
  el: HTMLElement;
  signal: AbortSignal;
}

/** The way to one kernel and back. */
interface Line {
  /** Those who can carry words to the kernel, the newest first: it is spoken to. */
  carriers: Model[];
  heardFrom: number;
  /** Number of its newest word. */
  pulses: number;
  /** The number it began with: a line that ended and begins anew counts on, as the kernel goes by the highest. */
  before: number;
  answered: number;
  pulsedAt: number;
  /** How many words were left to say quickly after the last; one more every second. */
  credit: number;
  cancel: (() => void) | null;
  /** Whether a word was due and not said, because too many are unanswered. */
  withheld: boolean;
  /** Whether parts have come that the screen has not shown yet. */
  fresh: boolean;
  /** What came in the same frame of the screen as the parts before: the next one shows it. */
  waiting: Part[];
  /** For how many frames of the screen in a row something waited. */
  behind: number;
}

export class Page {
  readonly id = Math.random().toString(36).slice(2, 12);
  readonly #kinds: Record<string, Kind>;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #lines = new Map<string, Line>();
  /** Line that has ended → the number of its last word. */
  readonly #ended = new Map<string, number>();
  /** Ids of the widgets that the reader holds still. */
  readonly #held = new Set<string>();
  /** Widget → parts that came before it did. */
  readonly #early = new Map<string, { part: Part; until: number }[]>();
  #drawing = false;
  #visible = true;

  constructor(kinds: Record<string, Kind>, clock: Clock = browserClock) {
    this.#kinds = kinds;
    this.#clock = clock;
    this.#visible = clock.visible();
    clock.onVisibility((visible) => this.#visibility(visible));
    clock.onLeave(() => this.#leave());
    clock.every(1000, () => this.#tick());
  }

  /**
   * Listens to a carrier for as long as the signal lasts. Of several the newest is spoken to (the models of a notebook
   * that was closed and opened again go on without a comm); when it ends, the one before.
   */
  attach(model: Model, signal: AbortSignal): void {
    const id = model.get("_rw_carrier") as string;
    const before = this.#ended.get(id) ?? 0;
    const line = this.#lines.get(id) ?? {
      carriers: [],
      heardFrom: 0,
      pulses: before,
      before,
      answered: before,
      pulsedAt: Number.NEGATIVE_INFINITY,
      credit: PULSE_BURST,
      cancel: null,
      withheld: false,
      fresh: false,
      waiting: [],
      behind: 0,
    };
    line.carriers.unshift(model);
    line.heardFrom = this.#clock.now();
    line.answered = line.pulses; // what was said to another is no reason to fall silent
    this.#lines.set(id, line);
    const listener = (content: unknown, buffers: DataView[]) => this.frame(id, content, buffers);
    model.on("msg:custom", listener);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", listener);
      line.carriers = line.carriers.filter((each) => each !== model);
      line.answered = line.pulses;
      if (line.carriers.length) {
        this.#pulseSoon(id);
        return;
      }
      line.cancel?.();
      if (this.#lines.get(id) !== line) return;
      this.#lines.delete(id);
      this.#ended.set(id, line.pulses);
    });
    // The carrier's at once: the kernel sends a new page everything, so that each model finds its picture waiting. A
    // widget that carries itself has nothing to say before the page has taken it on.
    if (line.pulses === line.before && !model.get("_rw_kind")) this.#pulse(id, line);
    else this.#pulseSoon(id);
  }

  /**
   * Takes on a widget's model. A notebook that is closed and opened again makes new models of the same ids and never
   * ends the old ones, whose comms are dead: the newer takes over, with the places where the older was shown.
   */
  adopt(model: Model, signal: AbortSignal): void {
    const id = model.get("_rw_id") as string;
    const Widget = this.#kinds[model.get("_rw_kind") as string];
    if (!Widget) throw new Error(`realtime_widgets has no widget of kind ${model.get("_rw_kind")}`);
    const carrier = model.get("_rw_carrier") as string;
    const host: Host = {
      clock: this.#clock,
      invalidate: () => this.#invalidate(id),
      report: () => this.#pulseSoon(carrier),
      ask: (what, about) => {
        const line = this.#lines.get(carrier);
        if (line) send(line, { rw: WIRE, page: this.id, to: id, do: what, ...(about ? { about } : {}) });
      },
      held: (ids = [id]) => ids.length > 0 && ids.every((each) => this.#held.has(each)),
      hold: (on, ids = [id]) => this.#hold(on, ids),
    };
    const replaced = new AbortController();
    const entry: Entry = {
      carrier,
      widget: new Widget(model, host, either(signal, replaced.signal)),
      replaced,
      places: new Set(),
      cursors: new Map(),
      needs: true,
      begun: false,
      dirty: false,
      draws: 0,
      failed: false,
    };
    const before = this.#entries.get(id);
    this.#entries.set(id, entry);
    signal.addEventListener("abort", () => {
      if (this.#entries.get(id) === entry) {
        this.#entries.delete(id);
        this.#held.delete(id);
      }
      this.#pulseSoon(carrier);
    });
    before?.replaced.abort();
    for (const { model, el, signal } of before?.places ?? []) this.show(model, el, signal);
    const early = this.#early.get(id) ?? [];
    this.#early.delete(id);
    for (const { part, until } of early) if (until > this.#clock.now()) this.#deliver(part);
    this.#pulseSoon(carrier);
  }

  /** Shows a widget in an element until the signal is aborted. */
  show(model: Model, el: HTMLElement, signal: AbortSignal): void {
    const id = model.get("_rw_id") as string;
    const entry = this.#entries.get(id);
    if (!entry) return; // closed while its view was on the way
    el.classList.add("rw-host");
    adoptStyles(el);
    const place = { model, el, signal };
    entry.places.add(place);
    const life = either(signal, entry.replaced.signal);
    followTheme(el, model, life, () => this.#invalidate(id));
    entry.widget.show(el, life);
    signal.addEventListener("abort", () => {
      entry.places.delete(place);
      this.#pulseSoon(entry.carrier);
    });
    this.#invalidate(id);
    this.#pulseSoon(entry.carrier);
  }

  /**
   * Takes in what a carrier received. Frames that come as fast as the screen draws jitter around its rhythm: two
   * within one frame of the screen, then none. The second waits for the empty one, so that each is seen.
   */
  frame(carrier: string, content: unknown, buffers: DataView[]): void {
    const frame = decode(content, buffers);
    const line = this.#lines.get(carrier);
    if (!frame || !line) return;
    line.heardFrom = this.#clock.now();
    const heard = frame.heard[this.id];
    if (heard !== undefined && heard > line.answered) {
      line.answered = heard;
      if (line.cancel || line.withheld) {
        line.cancel?.();
        line.cancel = null;
        this.#pulseSoon(carrier); // what waits to be said may be said sooner now
      }
    }
    if (!frame.parts.length) return;
    const waits = line.fresh && !line.waiting.length && line.behind < MOST_BEHIND && this.#visible;
    line.waiting.push(...frame.parts);
    if (!waits) this.#take(line);
  }

  /** Hands out what waits on a line. */
  #take(line: Line): void {
    const parts = line.waiting;
    line.waiting = [];
    for (const part of parts) this.#deliver(part);
    line.fresh = parts.length > 0 && this.#drawing;
  }

  #deliver(part: Part): void {
    const entry = this.#entries.get(part.to);
    if (!entry) {
      this.#keep(part);
      return;
    }
    let cursor = entry.cursors.get(part.feed);
    if (!cursor) {
      cursor = new Cursor();
      entry.cursors.set(part.feed, cursor);
    }
    const meaning = cursor.offer(part);
    if (meaning === "hole" && !entry.needs) {
      entry.needs = true;
      this.#pulseSoon(entry.carrier);
    } else if (part.key && entry.needs) {
      entry.needs = [...entry.cursors.values()].some(({ hole }) => hole);
      if (!entry.needs) this.#pulseSoon(entry.carrier); // the kernel repeats it until it hears that we have it
    }
    entry.begun ||= part.key;
    if (!entry.begun || Object.keys(part.body).length === 0) return; // the latter reminds of what we should have
    attempt(entry, () => entry.widget.apply(part, meaning));
    this.#invalidate(part.to);
  }

  /** Keeps a part for a while: its model may still be loading; otherwise it lives on another page. */
  #keep(part: Part): void {
    const now = this.#clock.now();
    let kept = this.#early.get(part.to) ?? [];
    if (part.key) kept = kept.filter((each) => each.part.feed !== part.feed); // it stands for all before
    while (kept.length && kept[0]!.until <= now) kept.shift();
    kept.push({ part, until: now + EARLY_MS });
    this.#early.set(part.to, kept);
  }

  #invalidate(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.dirty = true;
    if (this.#drawing || !this.#visible) return;
    this.#drawing = true;
    this.#clock.frame(() => {
      this.#drawing = false;
      const dirty = [...this.#entries.values()].filter((entry) => entry.dirty);
      for (const entry of dirty) attempt(entry, () => entry.widget.measure());
      for (const entry of dirty) {
        entry.dirty = false;
        if (entry.widget.views > 0) entry.draws += 1;
        attempt(entry, () => entry.widget.draw());
      }
      for (const line of this.#lines.values()) {
        line.behind = line.waiting.length ? line.behind + 1 : 0;
        this.#take(line);
      }
    });
  }

  /** What is held, and what shows that, may be in other widgets than the one that asked. */
  #hold(on: boolean, ids: string[]): void {
    for (const id of ids) {
      if (on) this.#held.add(id);
      else this.#held.delete(id);
    }
    for (const entry of this.#entries.values()) attempt(entry, () => entry.widget.refresh());
  }

  #tick(): void {
    const now = this.#clock.now();
    for (const [id, parts] of this.#early) {
      if (parts.every(({ until }) => until <= now)) this.#early.delete(id);
    }
    for (const [id, line] of this.#lines) {
      const gone = now - line.heardFrom > GONE_MS;
      for (const entry of this.#entries.values()) {
        if (entry.carrier === id) attempt(entry, () => entry.widget.tick(gone));
      }
      const needy = [...this.#entries.values()].some(
        ({ carrier, needs, widget }) => carrier === id && needs && widget.views > 0,
      );
      if (needy || now - line.pulsedAt >= PULSE_MS) this.#pulseSoon(id);
    }
  }

  // The way back

  /** Sends a pulse as soon as the rules allow; what happens until then rides along. */
  #pulseSoon(carrier: string): void {
    const line = this.#lines.get(carrier);
    if (!line || line.cancel) return;
    const quick = this.#credit(line) >= 1 && line.answered >= line.pulses;
    const again = line.pulses === line.before + 1 ? 0 : PULSE_QUICK_MS; // the first may have come before there was anything to say
    const gap = quick ? again : PULSE_GAP_MS;
    const wait = Math.max(SETTLE_MS, line.pulsedAt + gap - this.#clock.now());
    line.cancel = this.#clock.after(wait, () => {
      line.cancel = null;
      let muted = line.pulses - line.answered >= UNANSWERED;
      if (muted && line.carriers.length > 1) {
        line.carriers.push(line.carriers.shift()!); // perhaps another gets through
        line.answered = line.pulses;
        muted = false;
      }
      line.withheld = muted && this.#clock.now() - line.pulsedAt < MUTED_MS;
      if (!line.withheld) this.#pulse(carrier, line);
    });
  }

  #credit(line: Line): number {
    const gained = (this.#clock.now() - line.pulsedAt) / PULSE_GAP_MS;
    return Math.min(PULSE_BURST, line.credit + gained);
  }

  #pulse(carrier: string, line: Line): void {
    const models: Record<string, { views: number; px: number; draws: number }> = {};
    const need: string[] = [];
    for (const [id, entry] of this.#entries) {
      if (entry.carrier !== carrier) continue;
      const { draws, widget } = entry;
      models[id] = { views: widget.views, px: Math.round(widget.px), draws };
      if (entry.needs && entry.widget.views > 0) need.push(id);
    }
    line.pulses += 1;
    line.credit = this.#credit(line) - 1;
    line.pulsedAt = this.#clock.now();
    send(line, { rw: WIRE, page: this.id, n: line.pulses, visible: this.#visible, models, need });
  }

  #visibility(visible: boolean): void {
    this.#visible = visible;
    const now = this.#clock.now();
    for (const [id, line] of this.#lines) {
      if (visible)
        line.heardFrom = now; // hidden pages are sent nothing: silence meant nothing
      else this.#take(line);
      this.#pulseSoon(id);
    }
    if (visible) for (const id of this.#entries.keys()) this.#invalidate(id);
  }

  #leave(): void {
    for (const line of this.#lines.values()) send(line, { rw: WIRE, page: this.id, gone: true });
  }
}

function send(line: Line, content: object): void {
  line.carriers[0]?.send(content);
}

/** Runs a widget's code: one that fails must not stop the others. It is reported once, not twenty times a second. */
function attempt(entry: Entry, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (entry.failed) return;
    entry.failed = true;
    console.error("realtime_widgets: a widget failed; the others go on.", error);
  }
}

/** A signal that is aborted with the first of the two. */
function either(...signals: [AbortSignal, AbortSignal]): AbortSignal {
  const life = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) life.abort();
    signal.addEventListener("abort", () => life.abort(), { signal: life.signal });
  }
  return life.signal;
}
