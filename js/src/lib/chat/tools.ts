// Tools: what can be done with the message that the reader is at, by pointing or by keys: one bar, which goes from row to row.

import { copyText } from "../view/copy";
import { h, holdsFocus, setAttribute } from "../view/dom";
import { type Icon, icon, showIcon } from "../view/icons";
import type { Item } from "./item";
import { isEmoji, OFFERED } from "./reactions";
import { type ChatWord, chatWords } from "./words";

/** What a bar does. */
export interface Deeds {
  readonly locale: string;
  readonly after: (ms: number, fn: () => void) => () => void;
  react(item: Item, reaction: string, on: boolean): void;
  edit(item: Item): void;
  remove(item: Item): void;
}

/** Whether it offers all, reactions, or asks whether a message is to be gone. */
type Mode = "all" | "react" | "sure";

/** How long a button says what it has done. */
const TOLD_MS = 2_000;

export class Tools {
  readonly root = h("div", "rw-msg-tools");
  readonly #deeds: Deeds;
  /** Of the buttons that are there. */
  #life = new AbortController();
  #item: Item | null = null;
  #row: HTMLElement | null = null;
  #mode: Mode = "all";
  #untell = () => {};
  #drawn = "";

  constructor(deeds: Deeds, signal: AbortSignal) {
    this.#deeds = deeds;
    setAttribute(this.root, "role", "toolbar");
    signal.addEventListener("abort", () => {
      this.#untell();
      this.#life.abort();
    });
  }

  /** The message that it is at; null: none. */
  get item(): Item | null {
    return this.#item;
  }

  get held(): boolean {
    return holdsFocus(this.root);
  }

  /** Goes to a row, or away with null. */
  at(row: HTMLElement | null, item: Item | null): void {
    const can = item !== null && row !== null && canBeUsed(item);
    if (!can) {
      this.#item = this.#row = null;
      this.root.remove();
      return;
    }
    if (row !== this.#row) {
      this.#mode = "all";
      this.#untell();
    }
    this.#row = row;
    this.#item = item;
    this.draw();
    const beside = row.querySelector(".rw-msg-line") ?? row;
    if (this.root.parentElement !== beside) beside.append(this.root);
  }

  draw(): void {
    const item = this.#item;
    if (!item) return;
    const { locale } = this.#deeds;
    const reactions = (item.reactions ?? []).map(([emoji, , mine]) => [emoji, mine]);
    const drawn = JSON.stringify([item.key, this.#mode, locale, item.own, item.type, item.state, reactions]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const focused = this.held;
    this.#life.abort();
    this.#life = new AbortController();
    setAttribute(this.root, "aria-label", chatWords(locale)("actions"));
    this.root.dataset.rwMode = this.#mode;
    this.root.replaceChildren(...this.#buttons(item));
    if (focused) this.#first?.focus({ preventScroll: true });
  }

  /** Has the focus come to its first button. */
  focus(): void {
    this.#first?.focus({ preventScroll: true });
  }

  /** Goes to the next button, or the one before; goes round. */
  move(by: number): void {
    const buttons = [...this.root.querySelectorAll("button")];
    const at = buttons.findIndex(holdsFocus);
    buttons[(at + by + buttons.length) % buttons.length]?.focus({ preventScroll: true });
  }

  /** Goes back to all that it offers; whether it was elsewhere. */
  back(): boolean {
    if (this.#mode === "all") return false;
    this.#turn("all");
    return true;
  }

  get #first(): HTMLButtonElement | null {
    return this.root.querySelector("button");
  }

  #turn(mode: Mode): void {
    const focused = this.held;
    this.#mode = mode;
    this.draw();
    if (focused) this.#first?.focus({ preventScroll: true });
  }

  #buttons(item: Item): HTMLElement[] {
    const { locale } = this.#deeds;
    const say = chatWords(locale);
    if (this.#mode === "react") return this.#emojis(item);
    if (this.#mode === "sure") {
      const yes = this.#button(say("delete"), () => this.#deeds.remove(item));
      yes.classList.add("rw-danger");
      const no = this.#button(say("cancel"), () => this.#turn("all"));
      return [h("span", "rw-msg-ask", say("sure")), yes, no];
    }
    const settled = item.state === "sent" || item.state === "stopped";
    const mine = item.own && settled;
    return [
      ...(settled ? [this.#tool("smile", "react", () => this.#turn("react"))] : []),
      ...(mine && item.type === "text" ? [this.#tool("pen", "edit", () => this.#deeds.edit(item))] : []),
      ...(item.text ? [this.#tool("copy", "copy", (button) => this.#copy(button, item.text))] : []),
      ...(mine ? [this.#tool("bin", "delete", () => this.#turn("sure"))] : []),
    ];
  }

  #emojis(item: Item): HTMLElement[] {
    const say = chatWords(this.#deeds.locale);
    const mine = new Set((item.reactions ?? []).filter(([, , own]) => own).map(([emoji]) => emoji));
    const all = new Set([...OFFERED, ...(item.reactions ?? []).map(([emoji]) => emoji)]);
    return [...all].map((emoji) => {
      const button = this.#button(emoji, () => {
        this.#deeds.react(item, emoji, !mine.has(emoji));
        this.#turn("all");
      });
      button.classList.toggle("rw-emoji", isEmoji(emoji));
      setAttribute(button, "aria-label", say("react_with", emoji));
      setAttribute(button, "aria-pressed", String(mine.has(emoji)));
      return button;
    });
  }

  #tool(glyph: Icon, word: ChatWord, press: (button: HTMLButtonElement) => void): HTMLButtonElement {
    const button = this.#button("", press);
    button.append(icon(glyph));
    const name = chatWords(this.#deeds.locale)(word);
    setAttribute(button, "aria-label", name);
    button.title = name;
    return button;
  }

  #button(text: string, press: (button: HTMLButtonElement) => void): HTMLButtonElement {
    const button = h("button", "rw-button rw-msg-tool", text);
    button.type = "button";
    button.addEventListener("click", () => press(button), { signal: this.#life.signal });
    return button;
  }

  async #copy(button: HTMLButtonElement, text: string): Promise<void> {
    const done = await copyText(text);
    this.#untell();
    showIcon(button, done ? "check" : "cross");
    button.title = chatWords(this.#deeds.locale)(done ? "copied" : "not_copied");
    const undo = this.#deeds.after(TOLD_MS, () => this.#untell());
    this.#untell = () => {
      undo();
      showIcon(button, "copy");
      button.title = chatWords(this.#deeds.locale)("copy");
    };
  }
}

/** Whether anything can be done with a message. */
function canBeUsed({ kind, deleted, state, text }: Item): boolean {
  return kind === "message" && !deleted && (state === "sent" || state === "stopped" || text !== "");
}
