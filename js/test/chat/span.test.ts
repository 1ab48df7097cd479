import { describe, expect, it } from "vitest";
import { MOST, type Span, spanOf } from "../../src/lib/chat/span";

describe("the entries in the page", () => {
  it("are all of a short room", () => {
    expect(spanOf(30, null, [0, 0])).toEqual([0, 30]);
    expect(spanOf(30, [3, 9], [0, 30])).toEqual([0, 30]);
    expect(spanOf(0, null, [0, 0])).toEqual([0, 0]);
  });

  it("are the newest of a room that is followed", () => {
    expect(spanOf(10_000, null, [0, 0])).toEqual([9_760, 10_000]);
  });

  it("grow with what comes, until there are too many", () => {
    expect(spanOf(10_001, null, [9_760, 10_000])).toEqual([9_760, 10_001]);
    expect(spanOf(10_161, null, [9_760, 10_160])).toEqual([9_921, 10_161]);
  });

  it("stay while there are enough on both sides of what is in sight", () => {
    const had: Span = [500, 740];
    expect(spanOf(10_000, [600, 610], had)).toEqual(had);
    expect(spanOf(10_000, [550, 560], had)).toEqual(had);
    expect(spanOf(10_000, [549, 559], had)).toEqual([434, 674]);
    expect(spanOf(10_000, [681, 691], had)).toEqual([566, 806]);
  });

  it("end with the room", () => {
    expect(spanOf(10_000, [3, 9], [40, 280])).toEqual([0, 240]);
    expect(spanOf(10_000, [9_990, 9_999], [9_000, 9_240])).toEqual([9_760, 10_000]);
  });

  it("are never too many, and always have what is in sight", () => {
    for (let seed = 1; seed < 3_000; seed++) {
      const random = (n: number) => Math.floor((Math.abs(Math.sin(seed * 12.9898 + n)) * 43_758.5453) % n);
      const count = random(3_000) + 1;
      const from = random(count);
      const sight: Span = [from, Math.min(count, from + 1 + random(80))];
      const [begin, end] = spanOf(count, sight, [random(count), random(count + 200)]);
      expect(end - begin).toBeLessThanOrEqual(MOST);
      expect([begin >= 0, begin <= sight[0], end >= sight[1], end <= count]).toEqual([
        true,
        true,
        true,
        true,
      ]);
    }
  });
});
