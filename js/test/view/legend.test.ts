// Legend: names that show and hide lines, with values behind them.

import { beforeEach, describe, expect, it } from "vitest";
import { Legend, type LegendValue, type Written } from "../../src/lib/view/legend";

let hidden: Set<string>;
let changes: number;

beforeEach(() => {
  hidden = new Set();
  changes = 0;
});

function made(labels: string[], values: LegendValue[] = ["last"]) {
  const { signal } = new AbortController();
  const legend = new Legend(
    hidden,
    () => {
      changes++;
      legend.mark();
    },
    signal,
  );
  const ink = { color: "#123456", dash: "dashed" as const };
  legend.make(
    labels.map((label) => ({ id: `0 ${label}`, label, ink })),
    values,
    "en",
  );
  document.body.replaceChildren(legend.root);
  return legend;
}

const button = (legend: Legend, label: string) =>
  legend.root.querySelector<HTMLButtonElement>(`[data-rw-trace="${label}"]`)!;
const names = (legend: Legend) =>
  [...legend.root.querySelectorAll(".rw-label")].map((each) => each.textContent);
const values = (legend: Legend) =>
  [...legend.root.querySelectorAll(".rw-reading")].map((each) => each.textContent);
const written = (value: number): Written => ({ value, parts: [String(value), ""] });
const click = (el: HTMLElement, more: MouseEventInit = {}) =>
  el.dispatchEvent(new MouseEvent("click", { bubbles: true, ...more }));

describe("a name", () => {
  it("hides its line and shows it again", () => {
    const legend = made(["a", "b"]);
    click(button(legend, "a"));
    expect([...hidden]).toEqual(["0 a"]);
    expect(button(legend, "a").getAttribute("aria-pressed")).toBe("false");
    click(button(legend, "a"));
    expect([hidden.size, changes]).toEqual([0, 2]);
  });

  it("shows its line alone with Shift, and all again the second time", () => {
    const legend = made(["a", "b", "c"]);
    click(button(legend, "b"), { shiftKey: true });
    expect([...hidden].sort()).toEqual(["0 a", "0 c"]);
    click(button(legend, "b"), { shiftKey: true });
    expect(hidden.size).toBe(0);
  });

  it("shows its line alone after a double click, which is two clicks before", () => {
    const legend = made(["a", "b"]);
    click(button(legend, "a"));
    click(button(legend, "a"));
    button(legend, "a").dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    expect([...hidden]).toEqual(["0 b"]);
  });

  it("that was hidden elsewhere is marked", () => {
    hidden.add("0 b");
    const legend = made(["a", "b"]);
    expect(button(legend, "b").getAttribute("aria-pressed")).toBe("false");
    hidden.clear();
    legend.mark();
    expect(button(legend, "b").getAttribute("aria-pressed")).toBe("true");
  });

  it("keeps the focus when the names are made anew", () => {
    const legend = made(["a", "b"]);
    button(legend, "b").focus();
    const ink = { color: "#123456", dash: "solid" as const };
    legend.make(
      ["a", "b", "c"].map((label) => ({ id: `0 ${label}`, label, ink })),
      ["last"],
      "en",
    );
    expect(document.activeElement).toBe(button(legend, "b"));
  });

  it("has a key that is drawn as the line is", () => {
    expect(made(["a"]).root.querySelector<HTMLElement>(".rw-key")!.style.borderBlockStart).toContain(
      "dashed",
    );
  });
});

describe("the values", () => {
  it("stand behind the names, with their time", () => {
    const legend = made(["a", "b"]);
    legend.write([[written(1)], [written(2)]], "12:00:00");
    expect([values(legend), legend.root.querySelector(".rw-time")!.textContent]).toEqual([
      ["1", "2"],
      "12:00:00",
    ]);
  });

  it("stand in a table with a head where there are several", () => {
    const legend = made(["a"], ["last", "min", "max"]);
    legend.write([[written(2), written(1), written(3)]], "");
    expect(values(legend)).toEqual(["2", "1", "3"]);
    expect([...legend.root.querySelectorAll("thead th")].map((each) => each.textContent)).toEqual([
      "Last",
      "Min",
      "Max",
    ]);
    expect(legend.root.querySelector("tbody th")!.getAttribute("scope")).toBe("row");
  });
});

describe("sorting", () => {
  const sort = (legend: Legend, place = 0) =>
    legend.root.querySelector<HTMLElement>(`[data-rw-sort="${place}"]`)!;

  it("by value puts the greatest first, also later, and ends with a second press", () => {
    const legend = made(["a", "b", "c", "d", "e"]);
    legend.write(
      [5, 9, 1, 7, 3].map((value) => [written(value)]),
      "",
    );
    click(sort(legend));
    expect(names(legend)).toEqual(["b", "d", "a", "e", "c"]);
    legend.write(
      [5, 9, 100, 7, 3].map((value) => [written(value)]),
      "",
    );
    expect(names(legend)).toEqual(["c", "b", "d", "a", "e"]);
    click(sort(legend));
    expect(names(legend)).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("moves nothing while the reader is within", () => {
    const legend = made(["a", "b", "c", "d", "e"]);
    click(sort(legend));
    button(legend, "a").focus();
    legend.write(
      [1, 2, 3, 4, 5].map((value) => [written(value)]),
      "",
    );
    expect(names(legend)).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("in a table is by the column of the head that is pressed", () => {
    const legend = made(["a", "b"], ["last", "max"]);
    legend.write(
      [
        [written(2), written(3)],
        [written(1), written(4)],
      ],
      "",
    );
    click(sort(legend, 1));
    expect(names(legend)).toEqual(["b", "a"]);
    click(sort(legend, 0));
    expect(names(legend)).toEqual(["a", "b"]);
  });

  it("is not offered for a few", () => {
    expect(sort(made(["a", "b"]))).toBeNull();
  });
});
