// Data: where a window begins and ends, and which lines there are.

import { describe, expect, it } from "vitest";
import { ChartData } from "../../src/lib/draw/data";

function made(outage = 0) {
  const data = new ChartData({ relative: () => false, outage: () => outage });
  const put = (feed: string, x: number[], body: object = {}, meaning = "replace") => {
    const first = x[0] ?? 0;
    const more = {
      series: ["value"],
      layout: { step: 1, capacity: 70 },
      window: 60,
      newest: x.at(-1),
      ...body,
    };
    const columns = { k: x.map((each) => each - first), lo: x };
    data.take(feed, { body: { k0: first, ...more }, columns }, meaning);
  };
  return { data, put };
}

const NOW = 1_795_000_000;

describe("a window", () => {
  it("begins at the first record and is no shorter than a tenth, so that few points are not blown up", () => {
    const { data, put } = made();
    put("0", [NOW, NOW + 1]);
    expect(data.span).toEqual([NOW, NOW + 6]);
  });

  it("grows with the line until it is full, and slides from then on", () => {
    const { data, put } = made();
    put("0", [NOW]);
    const spans = [20, 59, 60, 61, 90].map((at) => {
      put("0", [NOW + at], {}, "append");
      return data.span.map((each) => each - NOW);
    });
    expect(spans).toEqual([
      [0, 20],
      [0, 59],
      [0, 60],
      [1, 61],
      [30, 90],
    ]);
  });

  it("is full where the kernel saw an earlier record, though that has left", () => {
    const { data, put } = made();
    put("0", [NOW + 70, NOW + 100], { first: NOW });
    expect(data.span).toEqual([NOW + 40, NOW + 100]);
  });

  it("begins at the first record of any feed", () => {
    const { data, put } = made();
    put("0", [NOW + 30, NOW + 40]);
    put("1", [NOW + 10, NOW + 35]);
    put("2", [], { newest: null });
    expect(data.span).toEqual([NOW + 10, NOW + 40]);
  });

  it("has room for half of its length behind a line whose link is lost", () => {
    const { data, put } = made(600);
    put("0", [NOW, NOW + 100]);
    expect(data.span).toEqual([NOW + 70, NOW + 130]);
  });
});

describe("the lines of a chart", () => {
  it("have the numbers and names that the kernel gave them", () => {
    const { data, put } = made();
    put("0", [NOW], { lines: [[3, "web"]] });
    expect(data.traces).toEqual([
      { id: "0 value", feed: "0", field: "value", series: 0, number: 3, label: "web" },
    ]);
  });

  it("stand in the order of their feeds, however these came", () => {
    const { data, put } = made();
    for (const feed of ["10", "2", "0"]) put(feed, [NOW], { lines: [[Number(feed), feed]] });
    expect(data.traces.map(({ label }) => label)).toEqual(["0", "2", "10"]);
  });
});
