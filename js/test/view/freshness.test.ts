// Freshness: what a widget may claim about its data.

import { describe, expect, it } from "vitest";
import golden from "../../../tests/golden/freshness.json";
import {
  ALL_WELL,
  dataState,
  type Facts,
  isDown,
  LINK_GRACE,
  type Pace,
  paceOf,
} from "../../src/lib/view/freshness";

describe("what a widget claims about its data", () => {
  const facts: Facts = {
    reached: true,
    empty: false,
    paused: false,
    kernelGone: false,
    failed: false,
    disconnected: false,
    missing: false,
    age: 1,
    staleAfter: 5,
    pace: "usual",
  };

  it.each([
    [{}, "live"],
    [{ age: 6 }, "stale"],
    [{ age: 6, staleAfter: null }, "live"],
    [{ age: null }, "live"],
    [{ age: 4, pace: "quiet" }, "live"],
    [{ age: 4, pace: "quiet", staleAfter: null }, "stale"],
    [{ pace: "complete", staleAfter: null }, "idle"],
    [{ pace: "complete", empty: true }, "no_data"],
    [{ missing: true }, "stale"],
    [{ missing: true, staleAfter: null }, "stale"],
    [{ missing: true, disconnected: true }, "disconnected"],
    [{ empty: true, age: 6 }, "no_data"],
    [{ paused: true, age: 6 }, "paused"],
    [{ disconnected: true, age: 6 }, "disconnected"],
    [{ disconnected: true, empty: true }, "disconnected"],
    [{ disconnected: true, paused: true }, "paused"],
    [{ reached: false, empty: true }, "loading"],
    [{ failed: true, paused: true, reached: false, empty: true }, "error"],
    [{ kernelGone: true, failed: true }, "kernel_gone"],
    [{ kernelGone: true, paused: true, reached: false }, "kernel_gone"],
  ] as [Partial<Facts>, string][])("%j: %s", (change, state) => {
    expect(dataState({ ...facts, ...change })).toBe(state);
  });

  it.each([
    ["connected", 100, 100, false],
    ["connecting", 100, 100, false],
    ["reconnecting", 1, 3, false],
    ["reconnecting", 1, 5, true],
    ["disconnected", 0, 0, true],
    ["error", 0, 0, true],
  ])("of a link that is %s for %d and %d s: down is %s", (state, since_age, elapsed, down) => {
    expect(isDown({ state, since_age }, elapsed)).toBe(down);
  });
});

describe("the golden file of both halves", () => {
  const holds: Record<string, Partial<Facts>> = {
    kernel_gone: { kernelGone: true },
    failed: { failed: true },
    unreached: { reached: false },
    paused: { paused: true },
    disconnected: { disconnected: true },
    empty: { empty: true },
    missing: { missing: true },
    old: { age: 6, staleAfter: 5 },
    complete: { pace: "complete" },
  };

  it("has every combination of facts, and each its gravest state", () => {
    expect(Object.keys(golden.states)).toHaveLength(2 ** Object.keys(holds).length);
    for (const [words, state] of Object.entries(golden.states)) {
      const given = words.split(" ").map((word) => holds[word] ?? {});
      expect(dataState(Object.assign({}, ALL_WELL, ...given)), words).toBe(state);
    }
  });

  it("says from which age on data are stale", () => {
    for (const [age, staleAfter, pace, state] of golden.ages as [
      number | null,
      number | null,
      Pace,
      string,
    ][]) {
      expect(dataState({ ...ALL_WELL, age, staleAfter, pace })).toBe(state);
    }
  });

  it("says how data arrive by several ways", () => {
    for (const [arrivals, pace] of golden.paces as [[number | null, number | null][], Pace][]) {
      expect(paceOf(arrivals), JSON.stringify(arrivals)).toBe(pace);
    }
  });

  it("says which links are down, and has the same grace", () => {
    expect(LINK_GRACE).toBe(golden.link_grace);
    for (const [state, since_age, down] of golden.links as [string, number, boolean][]) {
      expect(isDown({ state, since_age }, 0), state).toBe(down);
    }
  });
});
