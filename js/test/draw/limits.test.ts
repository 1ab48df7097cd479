// Limits: which of them an axis reaches to, where their labels stand, and what is painted.

import type uPlot from "uplot";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Limit, labelPlaces, limitText, paintLimits, reaching } from "../../src/lib/draw/limits";
import { niceRange } from "../../src/lib/draw/range";

const limit = (bounds: number[], more: Partial<Limit> = {}): Limit => ({
  kind: "above",
  bounds,
  text: "≥ {0}",
  severity: "warning",
  name: "",
  ...more,
});

describe("the extent of an axis", () => {
  it.each<[string, [number, number], number[], [number, number]]>([
    ["reaches to a limit that is near", [0.1, 0.6], [0.9], [0.1, 0.9]],
    ["reaches down, too", [5, 9], [3], [3, 9]],
    ["does not reach to one that is far", [0.1, 0.6], [5], [0.1, 0.6]],
    ["reaches to the near edge of a band alone", [4, 6], [7, 40], [4, 7]],
    ["reaches to both when both are near", [4, 6], [3, 7], [3, 7]],
    ["is as it was with a limit within", [0, 10], [5], [0, 10]],
    ["does not reach far from a line that is flat", [0.5, 0.5], [0.9], [0.5, 0.5]],
  ])("%s", (_, extent, bounds, expected) => {
    expect(reaching(extent, [limit(bounds)], {})).toEqual(expected);
  });

  it("never makes the range more than twice as long, whatever the limits", () => {
    for (let i = 0; i < 500; i++) {
      const [a, b] = [Math.random() * 10, Math.random() * 10];
      const extent: [number, number] = [Math.min(a, b), Math.max(a, b)];
      const limits = Array.from({ length: 3 }, () => limit([Math.random() * 40 - 20]));
      const length = ([from, to]: [number, number]) => to - from;
      const [before, after] = [extent, reaching(extent, limits, {})!].map((each) => niceRange(each, null)!);
      expect(length(after!)).toBeLessThanOrEqual(2 * length(before!) * (1 + 1e-12));
    }
  });

  it("is none without values", () => {
    expect(reaching(null, [limit([1])], {})).toBeNull();
  });
});

describe("labels", () => {
  it.each<[string, number[], number[]]>([
    ["stand above their line", [50], [40]],
    ["stand within the plot", [3, 100], [0, 90]],
    ["stand below where another is above", [50, 52], [40, 52]],
    ["go on to where there is room", [50, 50, 50], [40, 50, 30]],
  ])("%s", (_, wanted, expected) => {
    expect(labelPlaces(wanted, 10, 0, 100)).toEqual(expected);
  });

  it("never lie on each other as long as there is room", () => {
    for (let i = 0; i < 300; i++) {
      const wanted = Array.from({ length: 4 }, () => Math.random() * 100);
      const places = labelPlaces(wanted, 10, 0, 100).sort((a, b) => a - b);
      for (const [j, place] of places.entries()) {
        expect(place).toBeGreaterThanOrEqual(0);
        expect(place).toBeLessThanOrEqual(90);
        if (j) expect(place - places[j - 1]!).toBeGreaterThanOrEqual(10);
      }
    }
  });
});

describe("what is painted", () => {
  let done: unknown[][];
  beforeEach(() => {
    done = [];
    vi.stubGlobal("devicePixelRatio", 1);
  });

  function paint(...limits: Limit[]): void {
    const note =
      (name: string) =>
      (...args: unknown[]) =>
        done.push([name, ...args]);
    const ctx = Object.assign(
      Object.fromEntries(
        ["save", "restore", "beginPath", "rect", "clip", "stroke", "setLineDash", "moveTo", "lineTo"].map(
          (name) => [name, note(name)],
        ),
      ),
      {
        globalAlpha: 1,
        fillStyle: "",
        measureText: (text: string) => ({ width: 7 * text.length }),
        strokeText: note("halo"),
        fillText: note("text"),
        fillRect: (...args: unknown[]) => done.push(["fill", ctx.fillStyle, ctx.globalAlpha, ...args]),
      },
    );
    const plot = {
      ctx,
      bbox: { left: 10, top: 0, width: 100, height: 100 },
      scales: { y: { min: 0, max: 1 } },
    };
    const looks = limits.map((each) => ({
      limit: each,
      color: each.severity,
      labels: each.bounds.map((bound) => ({ whole: `Warning ${bound}`, short: String(bound) })),
    }));
    paintLimits(plot as unknown as uPlot, looks, "white");
  }

  const of = (name: string) => done.filter(([each]) => each === name).map(([, ...args]) => args);
  const bands = () => of("fill");

  it("is a line with its label, within the plot", () => {
    paint(limit([0.5]));
    expect([of("moveTo"), of("lineTo")]).toEqual([[[10, 50]], [[110, 50]]]);
    expect(of("rect")).toEqual([[10, 0, 100, 100]]);
    expect(of("text").map(([text]) => text)).toEqual(["Warning 0.5"]);
    expect(of("halo")).toEqual(of("text"));
    expect(bands()).toEqual([]);
  });

  it("is the edges of a band, and the region within or outside", () => {
    paint(limit([0.2, 0.8], { kind: "inside", severity: "error" }));
    expect(of("moveTo")).toEqual([
      [10, 80],
      [10, 20],
    ]);
    expect(bands()).toEqual([["error", 0.07, 10, 20, 100, 60]]);
    done = [];
    paint(limit([0.2, 0.8], { kind: "outside" }));
    expect(bands()).toEqual([
      ["warning", 0.07, 10, 0, 100, 20],
      ["warning", 0.07, 10, 80, 100, 20],
    ]);
  });

  it("is an arrow at the edge for what is out of view, and no line", () => {
    paint(limit([7]), limit([-3]));
    expect(of("stroke")).toEqual([]);
    expect(of("text").map(([text]) => text)).toEqual(["▲ Warning 7", "▼ Warning -3"]);
    for (const [, , y] of of("text")) expect(y as number).toBeGreaterThan(0);
    for (const [, , y] of of("text")) expect(y as number).toBeLessThan(100);
  });

  it("has its value alone where there is no room for its name", () => {
    paint(limit([0.123456]));
    expect(of("text").map(([text]) => text)).toEqual(["0.123456"]);
  });

  it("is a region that ends at the plot where a band goes beyond it", () => {
    paint(limit([0.5, 3], { kind: "inside" }));
    expect(bands()).toEqual([["warning", 0.07, 10, 0, 100, 50]]);
  });
});

it("says a limit with its bounds as they are written", () => {
  const band = limit([0.2, 0.8], { text: "< {0} / > {1}" });
  expect(limitText(band, (value) => `${value * 100} %`)).toBe("< 20 % / > 80 %");
});
