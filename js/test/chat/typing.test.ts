import { beforeEach, expect, it } from "vitest";
import { Typing } from "../../src/lib/chat/typing";
import { HandClock } from "../hand";

let clock: HandClock;
let told: [number, boolean][];
let typing: Typing;

beforeEach(() => {
  clock = new HandClock();
  const start = clock.now();
  told = [];
  typing = new Typing(clock, (on) => told.push([clock.now() - start, on]));
});

it("tells at most every 2 s, and the end 3 s after the last key", () => {
  for (let n = 0; n < 10; n++) {
    typing.go();
    clock.run(500);
  }
  clock.run(60_000);
  expect(told).toEqual([
    [0, true],
    [2_000, true],
    [4_000, true],
    [7_500, false],
  ]);
});

it("tells the end at once, and once", () => {
  typing.stop();
  typing.go();
  typing.stop();
  typing.stop();
  clock.run(60_000);
  typing.go();
  expect(told).toEqual([
    [0, true],
    [0, false],
    [60_000, true],
  ]);
});
