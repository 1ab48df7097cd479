import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Filter } from "../../src/lib/view/filter";
import { FilterBar } from "../../src/lib/view/filterbar";
import type { Item } from "../../src/lib/view/log";

const life = new AbortController();
const item = (seq: number, level: string): Item => ({ seq, ts: seq, level, source: "", message: `m${seq}` });
const changed = vi.fn();
let filter: Filter;
let bar: FilterBar;

beforeEach(() => {
  filter = new Filter();
  bar = new FilterBar(filter, changed, life.signal);
  document.body.append(bar.root);
  changed.mockClear();
});

afterEach(() => document.body.replaceChildren());

const chips = () => [...bar.root.querySelectorAll<HTMLElement>(".rw-chip")];
const older = { count: 1200, searched: false, searching: false };
const draw = (...levels: string[]) => {
  const items = levels.map((level, i) => item(i, level));
  bar.draw(items, filter.of(items), older, "en");
};

it("keeps a level that has no events any more, and puts new ones in their places", () => {
  draw("info", "warning");
  const [warning, info] = chips();
  draw("info", "error");
  expect(chips().map((chip) => chip.textContent)).toEqual(["Error1", "Warning0", "Info1"]);
  expect(chips().slice(1)).toEqual([warning, info]);
});

it("offers ten levels at most", () => {
  draw("error", ...Array.from({ length: 30 }, (_, i) => `level ${i}`));
  expect([chips().length, chips()[0]!.textContent]).toEqual([10, "Error1"]);
});

it("tells of each change, and how much is left", () => {
  draw("info", "error");
  expect(bar.note).toBe("");
  chips()[0]!.click();
  expect([changed.mock.calls.length, [...filter.levels]]).toEqual([1, ["error"]]);
  draw("info", "error");
  expect([bar.note, chips()[0]!.getAttribute("aria-pressed")]).toEqual([
    "1 of 2 shown · 1,200 older not searched",
    "true",
  ]);
  bar.clear();
  expect([changed.mock.calls.length, filter.active]).toEqual([2, false]);
});

it.each([
  [{ count: 1200, searched: false, searching: true }, "1 of 2 shown · Searching older events…"],
  [{ count: 1200, searched: true, searching: false }, "1 found in all events kept"],
  [{ count: 0, searched: false, searching: true }, "1 of 2 shown"],
])("says what becomes of events that are not in the page: %o", (older, note) => {
  const items = [item(1, "info"), item(2, "error")];
  filter.toggle("error");
  bar.draw(items, filter.of(items), older, "en");
  expect(bar.note).toBe(note);
});
