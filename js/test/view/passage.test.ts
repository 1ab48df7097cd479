import { beforeEach, describe, expect, it } from "vitest";
import { Filter } from "../../src/lib/view/filter";
import { type Item, isGap, type LogRow, LogRows } from "../../src/lib/view/log";
import { MAX_HELD, type PageAsked, type PageRow, Passage } from "../../src/lib/view/passage";

const event = (seq: number): LogRow => [seq, seq, seq % 10 ? "info" : "error", "web", `event ${seq}`];
const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => event(from + i));
const seqs = (items: Item[]) => items.map((each) => (isGap(each) ? [each.seq, each.count] : each.seq));

let rows: LogRows;
let filter: Filter;
let now: number;

/** A kernel that keeps the events between two numbers, and answers with at most so many. */
function answer(question: PageAsked, kept: [number, number], most = 1000): PageRow {
  const low = Math.max(question.after, kept[0] - 1);
  const high = Math.max(low, Math.min(question.before - 1, kept[1]));
  let found = range(low + 1, high).filter(
    (row) => question.levels.length === 0 || question.levels.includes(row[2] as string),
  );
  const count = Math.min(most, question.most);
  let [after, last] = [low, high];
  if (found.length > count) {
    found = question.newest ? found.slice(-count) : found.slice(0, count);
    if (question.newest) after = found[0]![0] - 1;
    else last = found.at(-1)![0];
  }
  return { ask: question.ask, after, last, rows: found, end: after <= kept[0] - 1 };
}

beforeEach(() => {
  rows = new LogRows(() => 100);
  filter = new Filter();
  now = 0;
});

it("begins as the rows at the end of the log, and grows with them", () => {
  rows.append(range(1, 100), 100);
  const passage = new Passage(rows, filter);
  rows.append(range(101, 150), 150);
  passage.follow(rows);
  expect([rows.items.length, seqs(passage.items)]).toEqual([100, range(1, 150).map(([seq]) => seq)]);
  expect(passage.items.slice(-100)).toEqual(rows.items);
});

it("asks for older events when they are near, one question at a time, and again without an answer", () => {
  rows.append(range(901, 1000), 1000);
  const passage = new Passage(rows, filter);
  expect(passage.need([90, 100], now)).toBeNull();
  const question = passage.need([10, 20], now)!;
  expect(question).toMatchObject({ after: 0, before: 901, newest: true, text: "", levels: [] });
  expect(passage.need([10, 20], now)).toBeNull();
  now += 10_000;
  const again = passage.need([10, 20], now)!;
  expect(again.ask).not.toBe(question.ask);
  expect(passage.take(answer(question, [1, 1000]))).toBe(false);
  expect(passage.take(answer(again, [1, 1000]))).toBe(true);
  expect([seqs(passage.items)[0], passage.start]).toEqual([701, false]);
});

it("goes back to the oldest that is kept, and then asks no more", () => {
  rows.append(range(901, 1000), 1000);
  const passage = new Passage(rows, filter);
  for (let question = passage.need([0, 9], now); question; question = passage.need([0, 9], now))
    passage.take(answer(question, [333, 1000]));
  expect([seqs(passage.items), passage.start]).toEqual([range(333, 1000).map(([seq]) => seq), true]);
});

it.each([true, false])("fills what was left out where it is in sight, from above: %s", (newest) => {
  rows.append([...range(1, 10), [90, 80], ...range(91, 99)], 99);
  const passage = new Passage(rows, filter);
  const sight = () => (newest ? ([10, 15] as const) : ([0, passage.items.findIndex(isGap)] as const));
  const first = passage.need(sight(), now)!;
  expect(first).toMatchObject({ after: 10, before: 91, newest });
  passage.take(answer(first, [1, 99], 30));
  expect(seqs(passage.items).find(Array.isArray)).toEqual(newest ? [60, 50] : [90, 50]);
  for (let question = passage.need(sight(), now); question; question = passage.need(sight(), now))
    passage.take(answer(question, [1, 99], 30));
  expect(seqs(passage.items)).toEqual(range(1, 99).map(([seq]) => seq));
});

it("says how many of a gap are kept no more", () => {
  rows.append([...range(1, 10), [90, 80], ...range(91, 99)], 99);
  const passage = new Passage(rows, filter);
  passage.take(answer(passage.need([0, 20], now)!, [50, 99]));
  expect(seqs(passage.items).slice(9, 12)).toEqual([10, [49, 39], 50]);
  passage.take(answer(passage.need([0, 20], now)!, [50, 99]));
  expect([seqs(passage.items)[10], passage.need([0, 20], now)]).toEqual([[49, 39], null]);
});

it("keeps what it has fetched when the rows still have a gap there", () => {
  rows.append([...range(1, 10), [90, 80], ...range(91, 99)], 99);
  const passage = new Passage(rows, filter);
  passage.take(answer(passage.need([0, 20], now)!, [1, 99]));
  rows.append([event(100)], 100);
  passage.follow(rows);
  expect(seqs(passage.items)).toEqual(range(1, 100).map(([seq]) => seq));
});

it("does not grow beyond its bound, ends before the newest then, and comes to them again", () => {
  rows.append(range(1, 100), 100);
  const passage = new Passage(rows, filter);
  const end = MAX_HELD + 300;
  for (let last = 100; last < end; last += 50) {
    rows.append(range(last + 1, last + 50), last + 50);
    passage.follow(rows);
    passage.trim(10);
  }
  expect([passage.items.length, passage.ends]).toEqual([MAX_HELD, false]);
  for (let i = 0; i < 9 && !passage.ends; i++) {
    const question = passage.need([passage.items.length - 10, passage.items.length], now);
    if (question) passage.take(answer(question, [1, end]));
    passage.follow(rows);
  }
  expect([passage.ends, passage.items.at(-1)!.seq]).toEqual([true, end]);
  passage.trim(passage.items.length - 10);
  expect([passage.items.length, passage.start]).toEqual([MAX_HELD, false]);
});

it("counts what is lost for good when it comes back too late", () => {
  rows.append(range(1, 100), 100);
  const passage = new Passage(rows, filter);
  rows = new LogRows(() => 100);
  rows.append(range(900, 999), 999);
  passage.follow(rows);
  expect(passage.ends).toBe(false);
  const question = passage.need([90, 100], now)!;
  expect(question).toMatchObject({ after: 100, newest: false });
  passage.take(answer(question, [501, 999]));
  expect(seqs(passage.items).slice(99, 102)).toEqual([100, [500, 400], 501]);
  passage.follow(rows);
  expect(passage.ends).toBe(false);
  expect(passage.need([0, 5], now)).toMatchObject({ newest: true, before: 1 });
});

describe("with a filter", () => {
  beforeEach(() => filter.toggle("error"));

  it("holds what passes, searches what is kept, and goes on with what comes", () => {
    rows.append(range(901, 1000), 1000);
    const passage = new Passage(rows, filter);
    expect(seqs(passage.items)).toEqual([910, 920, 930, 940, 950, 960, 970, 980, 990, 1000]);
    for (let question = passage.need([0, 9], now); question; question = passage.need([0, 9], now)) {
      expect(question.levels).toEqual(["error"]);
      passage.take(answer(question, [1, 1000]));
    }
    rows.append(range(1001, 1100), 1100);
    passage.follow(rows);
    expect(seqs(passage.items)).toEqual(Array.from({ length: 110 }, (_, i) => 10 * i + 10));
  });

  it("stops when it has found enough, until its reader comes there", () => {
    rows.append(range(9_901, 10_000), 10_000);
    const passage = new Passage(rows, filter);
    const sight = () => [passage.items.length - 9, passage.items.length] as const;
    let asked = 0;
    for (
      let question = passage.need(sight(), now);
      question && asked < 9;
      question = passage.need(sight(), now)
    ) {
      asked++;
      passage.take(answer(question, [1, 10_000]));
    }
    expect([asked, passage.items.length, passage.start]).toEqual([2, 410, false]);
    expect(passage.need([0, 9], now)).not.toBeNull();
  });
});

it("has each event once, in order, whatever comes and is asked", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let run = 0; run < 60; run++) {
    rows = new LogRows(() => 40);
    let last = 20 + random(200);
    const first = 1 + random(10);
    rows.append([...(last > 20 ? [[last - 20, last - 20] as LogRow] : []), ...range(last - 19, last)], last);
    let passage = new Passage(rows, filter);
    for (let step = 0; step < 40; step++) {
      if (random(3) === 0) {
        const [left, more] = [random(30), 1 + random(9)];
        const gap: LogRow[] = left ? [[last + left, left]] : [];
        rows.append([...gap, ...range(last + left + 1, last + left + more)], last + left + more);
        last += left + more;
      }
      passage.follow(rows);
      const at = random(passage.items.length + 1);
      const question = passage.need([at, Math.min(passage.items.length, at + 10)], now);
      if (question && random(4)) passage.take(answer(question, [first, last], 1 + random(40)));
      else now += 10_000;
      if (random(30) === 0) passage = new Passage(rows, filter);
      const numbers = passage.items.map(({ seq }) => seq);
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      // Between two events are none that are not counted.
      for (const [i, each] of passage.items.entries()) {
        const before = passage.items[i - 1];
        if (!before || isGap(before)) continue;
        expect(each.seq - before.seq).toBe(isGap(each) ? each.count : 1);
      }
    }
  }
});
