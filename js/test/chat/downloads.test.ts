import { beforeEach, expect, it } from "vitest";
import { Downloads } from "../../src/lib/chat/downloads";

let now: number;
let asked: string[];
let done: [string, number[]][];
let downloads: Downloads;

beforeEach(() => {
  now = 0;
  asked = [];
  done = [];
  downloads = new Downloads(
    () => now,
    ({ key, at }) => asked.push(`${key} ${at}`),
    (key, pieces) => done.push([key, pieces.flatMap((each) => [...each])]),
  );
});

const take = (key: string, size: number, at: number, ...bytes: number[]) =>
  downloads.take({ key, size, at }, Uint8Array.from(bytes));
const pass = (seconds: number, open = true) => {
  for (let i = 0; i < seconds; i++) {
    now += 1000;
    downloads.tick(open);
  }
};

it("asks for piece after piece until all is here", () => {
  downloads.want("a");
  downloads.want("a");
  expect([asked, downloads.share("a")]).toEqual([["a 0"], 0]);
  take("a", 5, 0, 1, 2);
  expect([asked, downloads.share("a")]).toEqual([["a 0", "a 2"], 0.4]);
  take("a", 5, 2, 3, 4, 5);
  expect([done, downloads.any, downloads.share("a")]).toEqual([[["a", [1, 2, 3, 4, 5]]], false, null]);
  pass(60);
  expect(asked).toEqual(["a 0", "a 2"]);
});

it("takes what fits, and ignores the rest", () => {
  downloads.want("a");
  take("b", 1, 0, 1); // asked for by another page
  take("a", 5, 2, 3); // what comes later
  take("a", 5, 0, 1, 2);
  take("a", 5, 0, 1, 2); // once more
  take("a", 5, 2, 3, 4, 5, 6); // more than there is
  take("a", 5, 2); // nothing
  downloads.take({ key: "a", size: Number.NaN, at: 2 }, Uint8Array.of(3, 4, 5));
  downloads.take({ key: "a", size: 5, at: 2 }, undefined);
  expect([asked, done]).toEqual([["a 0", "a 2"], []]);
  take("a", 5, 2, 3, 4, 5);
  expect(done).toEqual([["a", [1, 2, 3, 4, 5]]]);
});

it("begins anew with a file that is another by now", () => {
  downloads.want("a");
  take("a", 5, 0, 1, 2);
  take("a", 3, 0, 7, 8, 9);
  expect(done).toEqual([["a", [7, 8, 9]]]);
});

it("is done at once with an empty file", () => {
  downloads.want("a");
  take("a", 0, 0);
  expect(done).toEqual([["a", []]]);
});

it("keeps pieces whose memory is used for something else afterwards", () => {
  downloads.want("a");
  const bytes = Uint8Array.of(1, 2);
  downloads.take({ key: "a", size: 3, at: 0 }, bytes);
  bytes.fill(0);
  take("a", 3, 2, 3);
  expect(done).toEqual([["a", [1, 2, 3]]]);
});

it("asks again for what does not come, ever later, from where it is", () => {
  downloads.want("a");
  take("a", 5, 0, 1, 2);
  asked.length = 0;
  const times: number[] = [];
  for (let second = 1; second <= 200; second++) {
    pass(1);
    if (asked.length > times.length) times.push(second);
  }
  expect(times).toEqual([5, 15, 35, 75, 155]);
  expect(new Set(asked)).toEqual(new Set(["a 2"]));
  take("a", 5, 2, 3); // it comes again
  asked.length = 0;
  pass(5);
  expect(asked).toEqual(["a 3"]);
});

it("asks nothing while there is no kernel", () => {
  downloads.tick(false);
  downloads.want("a");
  pass(30, false);
  expect(asked).toEqual([]);
  pass(1);
  expect(asked).toEqual(["a 0"]);
});

it("asks for three at a time, and what does not come makes way", () => {
  for (const key of "abcde") downloads.want(key);
  expect(asked).toEqual(["a 0", "b 0", "c 0"]);
  take("b", 1, 0, 1);
  expect(asked.slice(3)).toEqual(["d 0"]);
  take("d", 2, 0, 1);
  expect(asked.slice(4)).toEqual(["d 1"]);
  pass(5);
  expect(asked.slice(5, 6)).toEqual(["e 0"]);
});

it("takes a piece of what has no turn yet, and asks for no more of it", () => {
  for (const key of "abcd") downloads.want(key);
  take("d", 2, 0, 1);
  expect(asked).toEqual(["a 0", "b 0", "c 0"]);
  downloads.drop("a");
  expect(asked.at(-1)).toBe("d 1");
});

it("says why a file cannot be had, until it is wanted again", () => {
  downloads.want("a");
  downloads.take({ key: "a", error: "the file is kept no more" }, undefined);
  downloads.take({ key: "b", error: "of another page" }, undefined);
  expect([downloads.error("a"), downloads.error("b"), downloads.any]).toEqual([
    "the file is kept no more",
    "",
    false,
  ]);
  downloads.want("a");
  expect([downloads.error("a"), asked]).toEqual(["", ["a 0", "a 0"]]);
});

it("forgets old errors where there are very many", () => {
  for (let i = 0; i < 600; i++) {
    downloads.want(`k${i}`);
    downloads.take({ key: `k${i}`, error: "x" }, undefined);
  }
  expect([downloads.error("k0"), downloads.error("k599")]).toEqual(["", "x"]);
});
