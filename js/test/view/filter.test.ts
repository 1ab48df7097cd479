import { expect, it } from "vitest";
import { countLevels, Filter } from "../../src/lib/view/filter";
import type { Item } from "../../src/lib/view/log";

const event = (seq: number, level: string, source: string, message: string): Item => ({
  seq,
  ts: seq,
  level,
  source,
  message,
});
const lost: Item = { seq: 4.5, ts: 4, level: null, source: "lost", message: 3 };
const items: Item[] = [
  { seq: 1, count: 7 },
  event(2, "error", "db", "No answer"),
  event(3, "info", "web", "ÄRGER ｶﾅ"),
  event(4, "", "", "plain"),
  lost,
];
const seqs = (found: Item[]) => found.map(({ seq }) => seq);

it("lets everything pass until something is wanted, as the same list", () => {
  const filter = new Filter();
  filter.text = "  ";
  expect([filter.active, filter.of(items)]).toEqual([false, items]);
  expect(filter.of(items)).toBe(items);
});

it.each([
  ["ANSWER", [2, 4.5]],
  ["db", [2, 4.5]],
  ["ärger", [3, 4.5]],
  ["カナ", [3, 4.5]],
  ["lost", [4.5]],
  ["3", [4.5]],
])("finds %s in messages and sources, and keeps what is known to be missing", (text, found) => {
  const filter = new Filter();
  filter.text = text;
  expect(seqs(filter.of(items))).toEqual(found);
});

it("wants levels and text together, and goes by what it was told last", () => {
  const filter = new Filter();
  filter.toggle("error");
  filter.toggle("info");
  expect(seqs(filter.of(items))).toEqual([2, 3, 4.5]);
  filter.text = "web";
  expect(seqs(filter.of(items))).toEqual([3, 4.5]);
  filter.toggle("info");
  expect(seqs(filter.of(items))).toEqual([4.5]);
  filter.clear();
  expect([filter.active, seqs(filter.of(items)).length]).toEqual([false, 5]);
});

it("counts the events of each level, and nothing else", () => {
  expect([...countLevels([...items, event(6, "error", "", "")])]).toEqual([
    ["error", 2],
    ["info", 1],
    ["", 1],
  ]);
});
