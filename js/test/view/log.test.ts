// The rows of an event log that a page holds.

import { beforeEach, describe, expect, it } from "vitest";
import { isGap, type LogRow, LogRows } from "../../src/lib/view/log";

const NOW = 1_795_000_000;
const event = (seq: number): LogRow => [seq, NOW + seq, "info", "web", `event ${seq}`];
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => event(from + i));

describe("rows", () => {
  let most: number;
  let events: LogRows;
  const held = () => events.items.map((item) => (isGap(item) ? `${item.seq}:${item.count}` : item.seq));

  beforeEach(() => {
    most = 100;
    events = new LogRows(() => most);
  });

  it("go on at the end and leave at the beginning", () => {
    most = 3;
    events.replace(range(1, 2), 2, 0);
    events.append(range(3, 5), 5);
    expect([held(), events.arrived]).toEqual([[3, 4, 5], 5]);
  });

  it("count what is not in the page: what left, once, and what was left out, up to a clear", () => {
    most = 3;
    events.replace(range(1, 5), 5, 0);
    expect(events.elsewhere).toBe(2);
    events.replace(range(1, 5), 5, 0); // brings once more what there was no room for
    expect(events.elsewhere).toBe(2);
    events.append([[15, 10], event(16)], 16);
    expect([held(), events.elsewhere]).toEqual([[5, "15:10", 16], 14]);
    events.append(range(17, 19), 19);
    expect([held(), events.elsewhere]).toEqual([[17, 18, 19], 16]);
    events.replace([], 19, 19);
    expect(events.elsewhere).toBe(0);
  });

  it("of a keyframe leave what is older alone, when nothing is missing in between", () => {
    events.replace(range(1, 6), 6, 0);
    events.replace(range(4, 8), 8, 0);
    expect([held(), events.arrived]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8], 8]);
  });

  it("of a keyframe that brings nothing new are the very same items", () => {
    events.replace(range(1, 6), 6, 0);
    const before = [...events.items];
    events.replace(range(4, 6), 6, 0);
    expect(events.items.every((item, i) => item === before[i])).toBe(true);
  });

  it("of a keyframe beyond a hole stand alone, with their gap", () => {
    events.replace(range(1, 6), 6, 0);
    events.replace([[50, 44], ...range(51, 52)], 52, 0);
    expect(held()).toEqual(["50:44", 51, 52]);
  });

  it("that a keyframe left out for want of room are kept from before", () => {
    events.replace(range(1, 60), 60, 0);
    events.replace([[58, 57], ...range(59, 61)], 61, 0);
    expect(held().slice(-4)).toEqual([58, 59, 60, 61]);
    expect(held()[0]).toBe(1);
  });

  it("that were left out are put in place of their gap, newest first, until all are there", () => {
    events.replace(range(1, 2), 2, 0);
    events.append([[8, 6], ...range(9, 10)], 10);
    expect(events.open).toEqual({ seq: 8, count: 6, most: 98 });
    events.fill(8, [[6, 4], ...range(7, 8)]);
    expect([held(), events.open]).toEqual([[1, 2, "6:4", 7, 8, 9, 10], { seq: 6, count: 4, most: 96 }]);
    events.fill(6, range(3, 6));
    events.fill(6, range(3, 6)); // an answer that comes twice
    expect([held(), events.open]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], null]);
  });

  it("in an answer to another page, whose gap began later, leave the rest of this one's counted", () => {
    events.replace(range(1, 2), 2, 0);
    events.append([[50, 48], ...range(51, 52)], 52);
    events.fill(50, [[46, 6], ...range(47, 50)]);
    expect([held(), events.open?.count]).toEqual([[1, 2, "46:44", 47, 48, 49, 50, 51, 52], 44]);
  });

  it("that nobody has any more stay a gap that is not asked for again", () => {
    events.replace([[8, 6], ...range(9, 10)], 10, 0);
    events.fill(8, [[8, 6]]);
    expect([held(), events.open]).toEqual([["8:6", 9, 10], null]);
  });

  it("are worth more than older ones: those, and what is left of the gap, give way", () => {
    most = 5;
    events.replace(range(1, 2), 2, 0);
    events.append([[8, 6], ...range(9, 10)], 10);
    expect(events.open).toEqual({ seq: 8, count: 6, most: 3 });
    events.fill(8, [[5, 3], ...range(6, 8)]);
    expect([held(), events.open]).toEqual([[6, 7, 8, 9, 10], null]);
  });

  it("that an increment left out are brought by the keyframe, in place of the gap", () => {
    events.replace(range(1, 2), 2, 0);
    events.append([[5, 3], event(6)], 6);
    expect([held(), events.arrived]).toEqual([[1, 2, "5:3", 6], 6]);
    events.replace(range(1, 6), 6, 0);
    expect([held(), events.arrived]).toEqual([[1, 2, 3, 4, 5, 6], 6]);
  });

  it("of a keyframe that begins in the middle of a gap leave the rest of the gap, and what is before it", () => {
    events.replace(range(1, 10), 10, 0);
    events.append([[60, 50], ...range(61, 70)], 70);
    events.replace([[20, 20], ...range(21, 71)], 71, 0);
    expect(held().slice(0, 12)).toEqual([...range(1, 10).map(([seq]) => seq), "20:10", 21]);
    expect(events.open).toEqual({ seq: 20, count: 10, most: 49 });
  });

  it("go with a clear of the stream", () => {
    events.replace(range(1, 6), 6, 0);
    events.replace(range(8, 9), 9, 7);
    expect(held()).toEqual([8, 9]);
    events.replace([], 9, 9);
    expect(held()).toEqual([]);
  });

  it("that are chosen anew replace all, and their gaps may be asked for again", () => {
    events.replace([[2, 2], ...range(3, 6)], 6, 0);
    events.fill(2, [[2, 2]]);
    expect(events.open).toBe(null);
    events.replace([[2, 1], event(4)], 6, 6);
    expect([held(), events.open?.seq]).toEqual([["2:1", 4], 2]);
  });

  it("stay where a keyframe has none of its own", () => {
    events.replace([], 40, 0);
    events.append([event(41)], 41);
    expect(held()).toEqual([41]);
  });
});
