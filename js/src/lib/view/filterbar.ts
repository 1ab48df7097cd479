// FilterBar: the line in which a reader says what a log is to show: a field for text, a button for each level, and how
// much that leaves.

import { formatter } from "../text/format";
import { logWords } from "../text/log_words";
import { h, setAttribute, setText } from "./dom";
import { countLevels, type Filter } from "./filter";
import { icon } from "./icons";
import { type Item, isEvent } from "./log";
import { inOrder, levelIcon, levelText, lookOf } from "./rows";

/** Names of levels that are offered; a source may make up any number of them. */
const MAX_LEVELS = 10;

export class FilterBar {
  readonly root = h("div", "rw-filter");
  readonly search = h("input", "rw-search");
  readonly #levels = h("span", "rw-levels");
  readonly #note = h("span", "rw-note");
  readonly #clear = h("button", "rw-button");
  /** Level → its button, which stays once it is there: the focus may be on it. */
  readonly #chips = new Map<string, { button: HTMLElement; count: HTMLElement }>();
  readonly #filter: Filter;
  readonly #changed: () => void;
  #locale = "";

  /** `changed` is called after the reader has changed the filter. */
  constructor(filter: Filter, changed: () => void, signal: AbortSignal) {
    this.#filter = filter;
    this.#changed = changed;
    this.search.type = "search";
    this.search.spellcheck = false;
    this.search.autocomplete = "off";
    this.search.addEventListener("input", () => this.#typed(), { signal });
    this.#levels.addEventListener("click", (event) => this.#chose(event), { signal });
    this.#clear.type = "button";
    this.#clear.append(icon("cross"));
    const clear = () => {
      this.clear();
      this.search.focus({ preventScroll: true }); // the button goes
    };
    this.#clear.addEventListener("click", clear, { signal });
    setAttribute(this.#levels, "role", "group");
    const result = h("span", "rw-result");
    result.append(this.#note, this.#clear);
    this.root.append(this.search, this.#levels, result);
    this.root.hidden = true;
  }

  /** Shows everything again. */
  clear(): void {
    this.search.value = "";
    this.#filter.clear();
    this.#changed();
  }

  /**
   * Draws the bar for all items in the page and those that are shown. `older` is how many events are elsewhere, and whether
   * those that are still kept have been searched, or are being searched.
   */
  draw(
    items: Item[],
    shown: Item[],
    older: { count: number; searched: boolean; searching: boolean },
    locale: string,
  ): void {
    const say = logWords(locale);
    const number = formatter({ name: "number" }, locale);
    if (locale !== this.#locale) this.#name(locale);
    const counts = countLevels(items);
    this.#offer(counts);
    for (const [level, { button, count }] of this.#chips) {
      setAttribute(button, "aria-pressed", String(this.#filter.levels.has(level)));
      setText(count, number(counts.get(level) ?? 0));
    }
    const { active } = this.#filter;
    const found = shown.filter(isEvent).length;
    const all = Math.max(found, items.filter(isEvent).length);
    const whole = older.count > 0 && older.searched;
    const parts = [whole ? say("found", number(found)) : say("shown_of", number(found), number(all))];
    if (older.count > 0 && !whole)
      parts.push(older.searching ? say("searching") : say("older_elsewhere", number(older.count)));
    setText(this.#note, active ? parts.join(" · ") : "");
    this.#clear.hidden = !active;
  }

  /** How much is shown, in words; empty while that is all. */
  get note(): string {
    return this.#note.textContent;
  }

  #name(locale: string): void {
    const say = logWords(locale);
    this.#locale = locale;
    this.search.placeholder = say("filter_text");
    setAttribute(this.search, "aria-label", say("filter_text"));
    setAttribute(this.#levels, "aria-label", say("filter_level"));
    setAttribute(this.#clear, "aria-label", say("clear_filter"));
    this.#clear.title = say("clear_filter");
    for (const [level, { button }] of this.#chips)
      setText(button.querySelector<HTMLElement>(".rw-label")!, levelText(level, locale));
  }

  /** Puts a button for each new level in its place among the others. */
  #offer(counts: Map<string, number>): void {
    const levels = inOrder(new Set([...this.#chips.keys(), ...counts.keys()])).slice(0, MAX_LEVELS);
    for (const [i, level] of levels.entries()) {
      if (this.#chips.has(level)) continue;
      const button = h("button", "rw-button rw-chip");
      button.type = "button";
      button.dataset.rwChoice = level;
      button.dataset.rwLevel = lookOf(level);
      const count = h("span", "rw-reading");
      button.append(levelIcon(level), h("span", "rw-label", levelText(level, this.#locale)), count);
      this.#levels.insertBefore(button, this.#levels.children[i] ?? null);
      this.#chips.set(level, { button, count });
    }
  }

  #typed(): void {
    this.#filter.text = this.search.value;
    this.#changed();
  }

  #chose(event: Event): void {
    const chip = (event.target as Element).closest<HTMLElement>("[data-rw-choice]");
    if (!chip) return;
    this.#filter.toggle(chip.dataset.rwChoice!);
    this.#changed();
  }
}
