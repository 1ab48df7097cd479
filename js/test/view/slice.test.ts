import { expect, it } from "vitest";
import { MAX_LINES, type Slice, sliceOf } from "../../src/lib/view/slice";

it("has the last lines of a list that follows its newest", () => {
  expect(sliceOf(5000, null, 12, [0, 0])).toEqual([4920, 5000]);
  expect(sliceOf(5000, null, 100, [0, 0])).toEqual([4800, 5000]);
  expect(sliceOf(5000, null, 900, [0, 0])).toEqual([4700, 5000]);
  expect(sliceOf(50, null, 12, [0, 0])).toEqual([0, 50]);
});

it("has little more than is in sight where all of that has just come", () => {
  expect(sliceOf(5000, null, 20, [0, 0], 400)).toEqual([4970, 5000]);
  expect(sliceOf(5000, null, 20, [0, 0], 39)).toEqual([4920, 5000]);
  expect(sliceOf(5000, null, 60, [0, 0], 60)).toEqual([4880, 5000]);
  expect(sliceOf(5000, null, 900, [0, 0], 5000)).toEqual([4700, 5000]);
});

it("has the lines that it has while nothing comes, as far as they reach", () => {
  expect(sliceOf(5000, null, 20, [4970, 5000])).toEqual([4970, 5000]);
  expect(sliceOf(5000, null, 30, [4970, 5000])).toEqual([4920, 5000]);
  expect(sliceOf(5001, null, 20, [4970, 5000], 1)).toEqual([4921, 5001]);
});

it("has all of a short list", () => {
  expect(sliceOf(MAX_LINES, 3, 12, [0, 0])).toEqual([0, MAX_LINES]);
});

it("leaves the lines alone while what is read is well within them", () => {
  const had: Slice = [1000, 1300];
  expect(sliceOf(5000, 1100, 12, had)).toEqual(had);
  expect(sliceOf(5000, 1030, 12, had)).toEqual([886, 1186]);
  expect(sliceOf(5000, 1250, 12, had)).toEqual([1106, 1406]);
});

it("always has what is in sight, is bounded, and settles", () => {
  for (const count of [301, 400, 5000])
    for (let reading = 0; reading < count; reading += 7)
      for (const had of [
        [0, 0],
        [0, 300],
        [count - 300, count],
        [reading - 50, reading + 200],
      ] as Slice[]) {
        const slice = sliceOf(count, reading, 20, had);
        const [from, to] = slice;
        expect(from >= 0 && to <= count && to - from <= MAX_LINES, `${slice}`).toBe(true);
        expect(from <= reading && to >= Math.min(count, reading + 20), `${reading} in ${slice}`).toBe(true);
        expect(sliceOf(count, reading, 20, slice)).toEqual(slice);
      }
});
