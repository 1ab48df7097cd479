// Reactions: what others think of a message, as chips that a reader joins or leaves by pressing them.

import { formatter } from "../text/format";
import { h, holdsFocus, setAttribute, setText } from "../view/dom";
import type { Reaction } from "./item";
import { chatWords } from "./words";

/** What is offered. */
export const OFFERED = ["👍", "❤️", "😄", "🎉", "👀"];

/** Whether it is drawn by a font of emoji, in which digits and spaces look strange. */
export const isEmoji = (reaction: string): boolean => /\p{Emoji_Presentation}|\ufe0f/u.test(reaction);

export class Reactions {
  readonly root = h("div", "rw-reactions");
  readonly #chips = new Map<string, HTMLButtonElement>();

  /** `toggle` is told which one the reader wants, or not any more. */
  constructor(toggle: (reaction: string, on: boolean) => void, signal: AbortSignal) {
    this.root.addEventListener(
      "click",
      (event) => {
        const chip = (event.target as Element).closest("button");
        const found = [...this.#chips].find(([, button]) => button === chip);
        if (found) toggle(found[0], chip!.getAttribute("aria-pressed") !== "true");
      },
      { signal },
    );
  }

  /** Draws them; one that goes hands its focus to an heir. */
  draw(reactions: Reaction[], locale: string, heir: HTMLElement): void {
    this.root.hidden = !reactions.length;
    const wanted = new Set(reactions.map(([emoji]) => emoji));
    for (const [emoji, chip] of this.#chips) {
      if (wanted.has(emoji)) continue;
      if (holdsFocus(chip)) heir.focus({ preventScroll: true });
      chip.remove();
      this.#chips.delete(emoji);
    }
    const number = formatter({ name: "number" }, locale);
    for (const [emoji, count, mine, names] of reactions) {
      const chip = this.#chips.get(emoji) ?? this.#made(emoji);
      setText(chip.lastElementChild as HTMLElement, number(count));
      setAttribute(chip, "aria-pressed", String(mine));
      setAttribute(chip, "aria-label", chatWords(locale)("reacted", emoji, number(count)));
      if (chip.title !== names) chip.title = names;
    }
  }

  #made(emoji: string): HTMLButtonElement {
    const chip = h("button", "rw-button rw-reaction");
    chip.type = "button";
    chip.tabIndex = -1; // by keys they are in the tools: a room would have hundreds of stops
    const shown = h("span", isEmoji(emoji) ? "rw-emoji" : "rw-reaction-text", emoji);
    chip.append(shown, " ", h("span", "rw-reaction-count")); // a blank keeps "+1" and its number apart
    this.#chips.set(emoji, chip);
    this.root.append(chip);
    return chip;
  }
}
