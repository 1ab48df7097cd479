// Attention, on a clock turned by hand.

import { beforeEach, describe, expect, it } from "vitest";
import { Attention } from "../../src/lib/notices/attention";

const item = (key: string, turn = 1, leavesAfter: number | null = 5000, readAfter: number | null = 3000) => ({
  key,
  turn,
  leavesAfter,
  readAfter,
});

describe("the time of a notification", () => {
  let attention: Attention;
  let now: number;
  const eyes = (...keys: string[]) => new Set(keys);
  /** Lets time pass, and says what is due then: read, expired. */
  const pass = (ms: number) => {
    now += ms;
    const { read, expired } = attention.due(now);
    return [read.map(([key]) => key), expired.map(([key]) => key)];
  };

  beforeEach(() => {
    now = 1000;
    attention = new Attention(now);
    attention.attend(now, [item("a")]);
  });

  it("counts only while somebody looks", () => {
    expect(attention.next).toBeNull();
    expect(pass(60_000)).toEqual([[], []]);
    attention.look(now, true, false, eyes("a"));
    expect(attention.next).toBe(3000);
    expect(pass(2999)).toEqual([[], []]);
    expect(pass(1)).toEqual([["a"], []]);
    expect(attention.next).toBe(2000);
    attention.look(now, false, false, eyes());
    expect(pass(60_000)).toEqual([[], []]);
    attention.look(now, true, false, eyes("a"));
    expect(pass(1999)).toEqual([[], []]);
    expect(pass(1)).toEqual([[], ["a"]]);
    expect(attention.next).toBeNull();
  });

  it("does not leave while the reader is at it, though it is read", () => {
    attention.look(now, true, true, eyes("a"));
    expect(pass(60_000)).toEqual([["a"], []]);
    expect(attention.next).toBeNull();
    attention.look(now, true, false, eyes("a"));
    expect(pass(5000)).toEqual([[], ["a"]]);
  });

  it("neither is read nor leaves where it cannot be seen, though the panel is on screen", () => {
    attention.look(now, true, false, eyes());
    expect(attention.next).toBeNull();
    expect(pass(60_000)).toEqual([[], []]);
  });

  it("is read anew, after all its time, when somebody has marked it as unread", () => {
    attention.look(now, true, false, eyes("a"));
    attention.attend(now, [item("a", 1, null)]);
    expect(pass(60_000)).toEqual([["a"], []]);
    attention.attend(now, [item("a", 1, null, null)]);
    attention.attend(now, [item("a", 1, null, 3000)]);
    expect(pass(2999)).toEqual([[], []]);
    expect(pass(1)).toEqual([["a"], []]);
  });

  it("is told once of each arrival, and begins anew with the next", () => {
    attention.look(now, true, false, eyes("a"));
    pass(4000);
    attention.attend(now, [item("a", 2)]);
    expect(pass(2999)).toEqual([[], []]);
    expect(pass(1)).toEqual([["a"], []]);
    expect(pass(2000)).toEqual([[], ["a"]]);
    expect(pass(9000)).toEqual([[], []]);
  });

  it("goes on when others come and go", () => {
    attention.look(now, true, false, eyes("a", "b"));
    pass(2000);
    attention.attend(now, [item("a"), item("b", 2)]);
    expect(pass(1000)).toEqual([["a"], []]);
    expect(pass(2000)).toEqual([["b"], ["a"]]);
    attention.attend(now, []);
    expect(pass(9000)).toEqual([[], []]);
  });

  it("has no end for what stays", () => {
    attention.attend(now, [item("a", 1, null, null)]);
    attention.look(now, true, false, eyes("a"));
    expect(attention.next).toBeNull();
    expect(pass(1e9)).toEqual([[], []]);
  });

  it("does not run backwards with the clock", () => {
    attention.look(now, true, false, eyes("a"));
    expect(pass(-10_000)).toEqual([[], []]);
    expect(pass(3000)).toEqual([["a"], []]);
  });
});
