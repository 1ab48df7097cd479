// Legend: the names of a chart's lines, each a button that shows or hides its line or all others, with values behind it.
//
// One value stands right behind its name, so that the names flow like words; several stand in a table, sorted by its head.

import type { Ink } from "../draw/palette";
import type { Parted } from "../text/format";
import { words } from "../text/words";
import { h, setNumber, setText } from "./dom";
import { icon } from "./icons";
import { lineKey } from "./line_key";

export type LegendValue = "last" | "min" | "max" | "mean";

/** Lines from which on it can be sorted. */
const SORTABLE = 5;

export interface LegendLine {
  id: string;
  label: string;
  ink: Ink;
}

/** A value as it is sorted and as it is written. */
export interface Written {
  value: number | null;
  parts: Parted;
}

const NONE: Written = { value: null, parts: ["", ""] };

interface Item {
  line: LegendLine;
  root: HTMLElement;
  button: HTMLElement;
  cells: HTMLElement[];
  values: (number | null)[];
}

export class Legend {
  readonly root = h("div", "rw-legend");
  readonly #time = h("span", "rw-time");
  readonly #hidden: Set<string>;
  readonly #changed: () => void;
  #items: Item[] = [];
  /** Where the items stand, in the order of the reader's choice. */
  #list: HTMLElement = this.root;
  #sorters: HTMLElement[] = [];
  /** The value that sorts the lines, by its place; null: none, they stand as they come. */
  #sortedBy: number | null = null;
  #say = words("en");

  /** `hidden` has the ids of the lines that the reader has hidden; `changed` is called when others are. */
  constructor(hidden: Set<string>, changed: () => void, signal: AbortSignal) {
    this.#hidden = hidden;
    this.#changed = changed;
    this.root.setAttribute("role", "group");
    const { root } = this;
    root.addEventListener("click", (event) => this.#click(event), { signal });
    root.addEventListener("dblclick", (event) => this.#only(itemOf(event)), { signal });
  }

  /** Makes the names anew, with the values that are wanted behind each; without lines there is nothing. */
  make(lines: LegendLine[], values: LegendValue[], locale: string): void {
    this.#say = words(locale);
    const focused = this.#focused;
    this.root.setAttribute("aria-label", this.#say("lines"));
    this.#items = lines.map((line) => this.#item(line, values));
    this.root.hidden = !lines.length;
    this.root.replaceChildren(...(values.length > 1 ? this.#table(values) : this.#row()));
    this.mark();
    this.#sort();
    if (focused) this.#items.find(({ line }) => line.id === focused.dataset.rwLine)?.button.focus();
  }

  /** Shows which lines are hidden. */
  mark(): void {
    for (const { line, root, button } of this.#items) {
      const shown = !this.#hidden.has(line.id);
      button.setAttribute("aria-pressed", String(shown));
      button.title = this.#say("only_this", this.#say(shown ? "hide" : "show", line.label));
      root.toggleAttribute("data-rw-hidden", !shown);
    }
  }

  /** Writes the values of each line, in the order of the lines, and the time that they are of. */
  write(readings: Written[][], time: string): void {
    for (const [i, { cells, values }] of this.#items.entries()) {
      for (const [j, cell] of cells.entries()) {
        const { value, parts } = readings[i]?.[j] ?? NONE;
        setNumber(cell, ...parts);
        values[j] = value;
      }
    }
    setText(this.#time, time);
    // Nothing moves under the pointer or the focus.
    if (this.#sortedBy !== null && !this.root.matches(":hover") && !this.#focused) this.#sort();
  }

  /** What has the focus within, if anything. */
  get #focused(): HTMLElement | null {
    const { activeElement } = this.root.getRootNode() as Document | ShadowRoot;
    return activeElement instanceof HTMLElement && this.root.contains(activeElement) ? activeElement : null;
  }

  #item(line: LegendLine, wanted: LegendValue[]): Item {
    const button = h("button", "rw-button");
    button.type = "button";
    button.dataset.rwTrace = line.label;
    button.dataset.rwLine = line.id;
    button.append(lineKey(line.ink), h("span", "rw-label", line.label));
    const values = wanted.map(() => null);
    if (wanted.length < 2) {
      const cells = wanted.map(() => h("span", "rw-reading"));
      button.append(...cells);
      return { line, root: button, button, cells, values };
    }
    const root = h("tr", "");
    const name = h("th", "");
    name.scope = "row";
    name.append(button);
    const cells = wanted.map(() => h("td", "rw-reading"));
    root.append(name, ...cells);
    return { line, root, button, cells, values };
  }

  #row(): HTMLElement[] {
    const list = h("div", "rw-legend-list");
    this.#list = list;
    this.#sorters = [];
    if (this.#items.length < SORTABLE) return [list, this.#time];
    const sorter = this.#sorter(0, h("button", "rw-button rw-sort"));
    sorter.append(icon("sort"));
    sorter.title = this.#say("by_value");
    sorter.setAttribute("aria-label", this.#say("by_value"));
    return [list, sorter, this.#time];
  }

  #table(values: LegendValue[]): HTMLElement[] {
    const table = h("table", "rw-legend-list");
    const head = h("tr", "");
    this.#sorters = [];
    const columns = values.map((value, i) => {
      const cell = h("th", "");
      cell.scope = "col";
      cell.append(this.#sorter(i, h("button", "rw-button rw-sort", this.#say(value))));
      return cell;
    });
    const corner = h("td", "");
    corner.append(this.#time);
    head.append(corner, ...columns);
    const top = h("thead", "");
    top.append(head);
    this.#list = h("tbody", "");
    table.append(top, this.#list);
    return [table];
  }

  #sorter(place: number, button: HTMLButtonElement): HTMLElement {
    button.type = "button";
    button.dataset.rwSort = String(place);
    this.#sorters.push(button);
    return button;
  }

  #sort(): void {
    const by = this.#sortedBy;
    for (const [i, sorter] of this.#sorters.entries()) sorter.setAttribute("aria-pressed", String(i === by));
    const size = ({ values }: Item) => values[by ?? 0] ?? Number.NEGATIVE_INFINITY;
    const sorted = by === null ? this.#items : [...this.#items].sort((one, other) => size(other) - size(one));
    const before = [...this.#list.children];
    if (sorted.length !== before.length || sorted.some(({ root }, i) => root !== before[i]))
      this.#list.replaceChildren(...sorted.map(({ root }) => root));
  }

  #click(event: MouseEvent): void {
    const sorter = (event.target as Element).closest<HTMLElement>("[data-rw-sort]");
    if (sorter) {
      const by = Number(sorter.dataset.rwSort);
      this.#sortedBy = this.#sortedBy === by ? null : by;
      this.#sort();
      return;
    }
    const id = itemOf(event);
    if (id === null) return;
    if (event.shiftKey) {
      this.#only(id);
      return;
    }
    if (!this.#hidden.delete(id)) this.#hidden.add(id);
    this.#changed();
  }

  /** Shows one line alone, or all again where it is alone already. */
  #only(id: string | null): void {
    if (id === null) return;
    const others = this.#items.filter(({ line }) => line.id !== id).map(({ line }) => line.id);
    const alone = !this.#hidden.has(id) && others.every((other) => this.#hidden.has(other));
    for (const other of others) {
      if (alone) this.#hidden.delete(other);
      else this.#hidden.add(other);
    }
    this.#hidden.delete(id);
    this.#changed();
  }
}

/** The id of the line whose button an event came from. */
function itemOf(event: Event): string | null {
  return (event.target as Element).closest<HTMLElement>("[data-rw-line]")?.dataset.rwLine ?? null;
}
