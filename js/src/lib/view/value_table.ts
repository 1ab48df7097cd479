// ValueTable: what a chart has in view as a table, for those who read numbers rather than lines.

import { h } from "./dom";

/** Rows of a table; of more the newest are shown. */
export const MOST_ROWS = 200;

/** The values of all lines at the places where any has one. */
export interface Values {
  caption: string;
  /** What the first column has. */
  place: string;
  labels: string[];
  /** The newest first: the place, and a text for each line. */
  rows: [string, string[]][];
}

export class ValueTable {
  readonly root = h("div", "rw-table");

  /** Fills it; it stands still until the next time, so that it can be read. */
  fill({ caption, place, labels, rows }: Values): void {
    const table = h("table", "");
    const head = h("tr", "");
    head.append(...[place, ...labels].map((text) => scoped("col", text)));
    const top = h("thead", "");
    top.append(head);
    const body = h("tbody", "");
    for (const [at, values] of rows) {
      const row = h("tr", "");
      row.append(scoped("row", at), ...values.map((text) => h("td", "", text)));
      body.append(row);
    }
    table.append(h("caption", "", caption), top, body);
    this.root.replaceChildren(table);
    this.root.tabIndex = 0; // it scrolls
    this.root.setAttribute("role", "region");
    this.root.setAttribute("aria-label", caption);
  }

  clear(): void {
    this.root.replaceChildren();
  }
}

function scoped(scope: "col" | "row", text: string): HTMLElement {
  const cell = h("th", "", text);
  cell.scope = scope;
  return cell;
}
