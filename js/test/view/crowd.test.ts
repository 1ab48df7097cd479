import { describe, expect, it } from "vitest";
import { BEAT_MS, Crowd, FEW } from "../../src/lib/view/crowd";

/** How often each of `count` numbers is written when all change every `everyMs`, and the longest that one was left old. */
function run(count: number, everyMs: number, seconds = 10) {
  const crowd = new Crowd();
  const all = Array.from({ length: count }, () => ({ times: 0, due: Number.POSITIVE_INFINITY, changed: -1 }));
  let oldest = 0;
  const write = (each: (typeof all)[number], now: number) => {
    const wait = crowd.wait(each, now);
    if (wait) {
      each.due = Math.min(each.due, now + wait);
      return;
    }
    oldest = Math.max(oldest, now - each.changed);
    each.times += 1;
    each.due = Number.POSITIVE_INFINITY;
    each.changed = -1;
  };
  for (let now = 0; now < seconds * 1000; now++) {
    for (const each of all) {
      if (now % everyMs === 0 && each.changed < 0) each.changed = now;
      if (now % everyMs === 0 || now >= each.due) write(each, now);
    }
  }
  return { rates: new Set(all.map(({ times }) => Math.round(times / seconds))), oldest };
}

describe("a crowd of numbers", () => {
  it.each([16, 50])("is written ten times a second when it is large and changes every %s ms", (everyMs) => {
    const { rates, oldest } = run(FEW + 1, everyMs);
    for (const rate of rates) {
      expect(rate).toBeGreaterThanOrEqual(9);
      expect(rate).toBeLessThanOrEqual(12);
    }
    expect(oldest).toBeLessThanOrEqual(BEAT_MS);
  });

  it.each([0, 7, 23, 49])("is written as data come, wherever they fall: %s ms", (phase) => {
    const crowd = new Crowd();
    const all = Array.from({ length: 50 }, () => ({}));
    const written = new Set<number>();
    for (let i = 0; i < 100; i++) {
      const now = phase + i * 50 + (i % 3); // frames do not come to the millisecond
      for (const each of all) if (crowd.wait(each, now) === 0) written.add(i);
    }
    expect([...written]).toEqual(Array.from({ length: 50 }, (_, i) => 2 * i));
  });

  it("that has changed for the last time is written a little after the beat", () => {
    const crowd = new Crowd();
    const all = Array.from({ length: 50 }, () => ({}));
    for (const now of [0, 50, 100]) for (const each of all) crowd.wait(each, now);
    const waits = all.map((each) => crowd.wait(each, 150));
    expect(Math.min(...waits)).toBeGreaterThan(50); // data of the next beat come before
    expect(Math.max(...waits)).toBeLessThan(100);
    expect(all.map((each) => crowd.wait(each, 150 + waits[0]!))).toEqual(all.map(() => 0));
  });

  it("is written with every change while it is small", () => {
    expect(run(FEW, 50)).toEqual({ rates: new Set([20]), oldest: 0 });
  });

  it("is not kept waiting by changes that are rare", () => {
    expect(run(200, 500)).toEqual({ rates: new Set([2]), oldest: 0 });
  });

  it("that has become small is written with every change again", () => {
    const crowd = new Crowd();
    const all = Array.from({ length: 50 }, () => ({}));
    for (let now = 0; now < 1000; now += 50) for (const each of all) crowd.wait(each, now);
    const waits = [];
    for (let now = 1000; now < 2000; now += 50) waits.push(crowd.wait(all[0]!, now));
    expect(waits.slice(4)).toEqual(waits.slice(4).map(() => 0));
  });
});
