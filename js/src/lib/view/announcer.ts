// Announcer: what a page says to those who listen: changes of states and levels, never numbers as they run.
//
// Two regions of the document, made before anything is said: screen readers hear only what changes in those they know. All
// widgets share them, so that what a hundred of them have to say at once is one sentence.

import type { Clock } from "../hop/clock";
import { languageOf, words } from "../text/words";
import { h } from "./dom";

/** Who has something to say. */
export interface Speaker {
  /** As the reader knows it. */
  readonly name: string;
  readonly locale: string;
  /** How many views can be seen; what nobody sees says nothing. */
  readonly views: number;
}

/** One thing that a speaker tells of, such as its level. */
interface Topic {
  speaker: Speaker;
  what: string;
  /** In words, when it is said. */
  text: () => string;
  /** Whether it interrupts what is being read. */
  urgent: boolean;
  /** What was said last, or was so when the topic came up. */
  said: string;
  /** When that was said. */
  at: number;
}

/** What happens at once is said at once. */
const GATHER_MS = 300;
/** Between two sentences. */
const PAUSE_MS = 2_000;
/** Between two of one topic, unless it is urgent: a value near its threshold goes up and down. */
const AGAIN_MS = 6_000;
/** Names in one sentence; the others are counted. */
const MOST_NAMES = 3;

const announcers = new WeakMap<Clock, Announcer>();

/** The announcer of a page: there is one for each clock. */
export function announcerOf(clock: Clock): Announcer {
  const made = announcers.get(clock) ?? new Announcer(clock);
  announcers.set(clock, made);
  return made;
}

export class Announcer {
  readonly #clock: Clock;
  readonly #topics = new Map<Speaker, Map<string, Topic>>();
  #cancel: (() => void) | null = null;
  #free = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    for (const manner of ["polite", "assertive"] as const) region(manner);
  }

  /** Says that something has become so. The first of a topic is only noted: the reader finds it on the widget. */
  tell(speaker: Speaker, topic: string, what: string, text: () => string, urgent = false): void {
    const topics = this.#topics.get(speaker) ?? new Map<string, Topic>();
    this.#topics.set(speaker, topics);
    const { said, at } = topics.get(topic) ?? { said: what, at: Number.NEGATIVE_INFINITY };
    topics.set(topic, { speaker, what, text, urgent, said, at });
    if (what !== said) this.#plan(Math.max(this.#clock.now() + GATHER_MS, this.#free));
  }

  /** Forgets what a speaker has said, and would. */
  forget(speaker: Speaker): void {
    this.#topics.delete(speaker);
  }

  #plan(due: number): void {
    this.#cancel ??= this.#clock.after(Math.max(0, due - this.#clock.now()), () => this.#speak());
  }

  #speak(): void {
    this.#cancel = null;
    const now = this.#clock.now();
    const news = [...this.#topics.values()].flatMap((topics) => [...topics.values()]);
    const changed = news.filter(({ what, said }) => what !== said);
    for (const topic of changed.filter(({ speaker }) => !speaker.views)) topic.said = topic.what;
    const waiting = changed.filter(({ what, said }) => what !== said);
    const due = waiting.filter(({ urgent, at }) => urgent || now - at >= AGAIN_MS);
    for (const topic of due) Object.assign(topic, { said: topic.what, at: now });
    for (const manner of ["polite", "assertive"] as const) {
      const own = due.filter(({ urgent }) => urgent === (manner === "assertive"));
      region(manner).replaceChildren(...sentences(own)); // what was said before does not stay: it may be so no more
    }
    if (due.length) this.#free = now + PAUSE_MS;
    const later = waiting.filter((topic) => !due.includes(topic)).map(({ at }) => at + AGAIN_MS);
    if (due.length || later.length) this.#plan(due.length ? this.#free : Math.min(...later));
  }
}

/** What is so of several is said once, with their names. */
function sentences(topics: Topic[]): HTMLElement[] {
  const names = new Map<string, Set<string>>();
  for (const { speaker, text } of topics) {
    const key = JSON.stringify([languageOf(speaker.locale), text()]);
    names.set(key, (names.get(key) ?? new Set()).add(speaker.name));
  }
  return [...names].map(([key, of]) => {
    const [lang, text] = JSON.parse(key) as [string, string];
    const say = words(lang);
    const named = [...of].slice(0, MOST_NAMES);
    if (of.size > named.length) named.push(say("others", String(of.size - named.length)));
    const sentence = h("p", "", say("says", new Intl.ListFormat(lang).format(named), text));
    sentence.lang = lang;
    return sentence;
  });
}

/** A region of the document, where the widgets of all builds speak; it is there for ears only. */
function region(manner: "polite" | "assertive"): HTMLElement {
  const known = document.querySelector<HTMLElement>(`[data-rw-announcer="${manner}"]`);
  if (known) return known;
  const made = h("div", "");
  made.dataset.rwAnnouncer = manner;
  made.setAttribute("aria-live", manner);
  made.style.cssText =
    "position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";
  document.body.append(made);
  return made;
}
