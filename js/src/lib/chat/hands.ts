// Hands: where the reader is in the messages, by pointing or by keys: the tools go there, and keys go from one to the next.

import { holdsFocus } from "../view/dom";
import { onKeys } from "../view/keys";
import type { List } from "./list";
import type { Tools } from "./tools";

export class Hands {
  readonly #list: List;
  readonly #tools: Tools;
  readonly #edited: () => string;
  readonly #toEnd: () => void;

  /** `edited` is the key of the message that is changed, which needs no tools; `toEnd` goes to the newest. */
  constructor(list: List, tools: Tools, edited: () => string, toEnd: () => void, signal: AbortSignal) {
    this.#list = list;
    this.#tools = tools;
    this.#edited = edited;
    this.#toEnd = toEnd;
    const { root } = list;
    const own = { signal };
    root.addEventListener("pointerover", ({ target }) => tools.held || this.#at(target), own);
    root.addEventListener("pointerleave", () => tools.held || this.#at(document.activeElement), own);
    root.addEventListener("focusin", ({ target }) => this.#at(target), own);
    root.addEventListener("focusout", () => queueMicrotask(() => this.#left()), own);
    onKeys(root, (event) => this.#key(event), signal);
  }

  /** The message that the reader is at may be another by now, or gone. */
  draw(): void {
    const { item } = this.#tools;
    if (item) this.#show(this.#list.rowOf(item.key));
  }

  leave(): void {
    this.#show(null);
  }

  #left(): void {
    const { root } = this.#list;
    if (!holdsFocus(root) && !root.matches(":hover")) this.leave();
  }

  #at(target: EventTarget | null): void {
    const message = target instanceof Element ? this.#list.messageAt(target) : null;
    this.#show(message?.root ?? null);
  }

  #show(row: HTMLElement | null): void {
    const message = row && this.#list.messageAt(row);
    const item = message && message.item.key !== this.#edited() ? message.item : null;
    this.#tools.at(item ? row : null, item);
  }

  #key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (target.closest("textarea, details")) return;
    const { root } = this.#list;
    const row = target.closest<HTMLElement>(".rw-msg");
    const { key } = event;
    const by = key === "ArrowUp" ? -1 : key === "ArrowDown" ? 1 : 0;
    if (by) {
      if (!this.#step(row, by)) return;
    } else if (row === target && (key === "Enter" || key === (isLtr(root) ? "ArrowRight" : "ArrowLeft")))
      this.#tools.focus();
    else if (this.#tools.held && (key === "ArrowRight" || key === "ArrowLeft"))
      this.#tools.move((key === "ArrowRight") === isLtr(root) ? 1 : -1);
    else if (this.#tools.held && key === "Escape") this.#tools.back() || row?.focus({ preventScroll: true });
    else if (key === "Escape" && row) root.focus({ preventScroll: true });
    else if (key === "End" && !this.#tools.held) this.#toEnd();
    else return;
    event.preventDefault();
  }

  /** Goes to the message before or after; from the list itself to the last in sight. */
  #step(row: HTMLElement | null, by: number): boolean {
    const next = this.#list.messageFrom(row, by);
    if (!next) return false;
    next.focus({ preventScroll: true });
    next.scrollIntoView?.({ block: "nearest" });
    return true;
  }
}

function isLtr(el: Element): boolean {
  return getComputedStyle(el).direction !== "rtl";
}
