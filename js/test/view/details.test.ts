import { beforeEach, expect, it } from "vitest";
import { Details } from "../../src/lib/view/details";

let now: number;
let asked: number[];
let details: Details;

beforeEach(() => {
  now = 0;
  asked = [];
  details = new Details(
    (seq) => asked.push(seq),
    () => now,
  );
});

it("asks once, says that it waits, and keeps the answer", () => {
  details.want(7);
  details.want(7);
  expect([asked, details.of(7).state]).toEqual([[7], "asked"]);
  now = 3_000;
  expect(details.of(7).state).toBe("late");
  details.take([[7, "whole", [["host", "a1"]]]]);
  expect(details.of(7)).toEqual({ state: "here", message: "whole", fields: [["host", "a1"]] });
  details.want(7);
  expect([asked, details.tick()]).toEqual([[7], false]);
});

it("asks again without an answer, ever more seldom, until the reader closes it", () => {
  details.want(7);
  for (now = 0; now <= 100_000; now += 1_000) details.tick();
  expect(asked).toHaveLength(4); // at 0, 10, 30 and 70 seconds
  details.drop(7);
  expect(details.tick()).toBe(false);
});

it("takes no answers that nobody waits for, and asks anew for what was gone", () => {
  details.take([[7, "whole", []]]);
  expect(details.of(7).state).toBe("asked");
  details.want(8);
  details.take([[8, null, []]]);
  expect(details.of(8).state).toBe("gone");
  details.want(8);
  expect(asked).toEqual([8, 8]);
});

it("keeps fifty answers", () => {
  for (let seq = 1; seq <= 60; seq++) {
    details.want(seq);
    details.take([[seq, "", []]]);
  }
  expect([details.of(10).state, details.of(11).state, details.of(60).state]).toEqual([
    "asked",
    "here",
    "here",
  ]);
});
