// List: the rows of a panel, by key: those that stay are moved and drawn anew, never made anew, so that a focus stays.

import { h, holdsFocus, setAttribute } from "../view/dom";
import type { Eyes } from "../view/eyes";
import type { Notice } from "./notice";
import { type Pressed, Row, type Setting } from "./row";

export class List {
  readonly root = h("ul", "rw-notices");
  readonly #rows = new Map<string, Row>();
  readonly #eyes: Eyes;
  readonly #pressed: Pressed;
  readonly #signal: AbortSignal;

  constructor(eyes: Eyes, pressed: Pressed, signal: AbortSignal) {
    this.#eyes = eyes;
    this.#pressed = pressed;
    this.#signal = signal;
    setAttribute(this.root, "role", "list"); // style sheets take that away from lists without bullets
  }

  /** Draws these notifications, in this order. A focus in a row that goes is on the next one, or else on its heir. */
  draw(notices: Notice[], setting: Setting, heir: HTMLElement): void {
    const wanted = new Set(notices.map(({ key }) => key));
    const going = [...this.#rows].filter(([key]) => !wanted.has(key));
    const lost = going.find(([, row]) => holdsFocus(row.root))?.[1];
    const next = lost && this.#neighbour(lost, wanted);
    for (const [key, row] of going) {
      this.#rows.delete(key);
      this.#eyes.forget(row.root);
    }
    let before: Element | null = null;
    for (const notice of notices) {
      const row = this.#rows.get(notice.key) ?? this.#made(notice);
      row.draw(notice, setting);
      const place: Element | null = before ? before.nextElementSibling : this.root.firstElementChild;
      if (place !== row.root) this.root.insertBefore(row.root, place);
      before = row.root;
    }
    if (lost) (next?.close ?? heir).focus({ preventScroll: true });
    for (const [, row] of going) row.root.remove();
  }

  /** Whether a row says another time by now. */
  ages(setting: Setting): boolean {
    return [...this.#rows.values()].some((row) => row.ages(setting));
  }

  /** Keys of the rows that can be seen. */
  get seen(): string[] {
    return [...this.#rows].filter(([, { root }]) => this.#eyes.seen.has(root)).map(([key]) => key);
  }

  #made(notice: Notice): Row {
    const row = new Row(notice, this.#pressed, this.#signal);
    this.#rows.set(notice.key, row);
    this.#eyes.watch(row.root);
    return row;
  }

  /** The row after one, or else before it, among those that stay. */
  #neighbour(row: Row, staying: Set<string>): Row | undefined {
    const rows = [...this.root.children].flatMap(
      (el) => [...this.#rows.values()].find(({ root }) => root === el) ?? [],
    );
    const at = rows.indexOf(row);
    const stays = ({ notice }: Row) => staying.has(notice.key);
    return rows.slice(at + 1).find(stays) ?? rows.slice(0, at).reverse().find(stays);
  }
}
