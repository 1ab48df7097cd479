// The axes as uPlot asks for them.

import type uPlot from "uplot";
import { describe, expect, it } from "vitest";
import { type AxisLook, axesOf } from "../../src/lib/draw/axis";
import { widthOf } from "../../src/lib/draw/time_ticks";

const look: AxisLook = {
  muted: "gray",
  grid: "silver",
  locale: "en",
  zone: "UTC",
  format: { name: "number" },
  calendar: true,
  axis: "time",
  counted: "",
};

/** A plot of a size, whose letters are 6 pixels wide. */
const plot = (width: number, height: number) =>
  ({
    width: width + 80,
    bbox: { left: 40, width, height },
    ctx: { save() {}, restore() {}, measureText: (text: string) => ({ width: 6 * text.length }) },
  }) as unknown as uPlot;

type Ask = (plot: uPlot, ...more: unknown[]) => never;

/** What an axis has to say from one end to the other. */
function asked(axis: uPlot.Axis, of: uPlot, from: number, to: number) {
  const ask = (fn: unknown, ...more: unknown[]) => (fn as Ask)(of, ...more);
  const places = ask(axis.splits, 0, from, to, 5, 1) as number[];
  const texts = ask(axis.values, places) as string[];
  return { places, texts, size: ask(axis.size, texts, 0, 1) as number };
}

const NOW = Date.UTC(2026, 10, 28, 12) / 1000;

describe("the axis on the left", () => {
  it("is as wide as its widest label", () => {
    const [, left] = axesOf(look).axes!;
    const narrow = asked(left!, plot(500, 200), 0, 10);
    const wide = asked(left!, plot(500, 200), 0, 1e9);
    expect(narrow.texts.at(-1)).toBe("10");
    expect(narrow.size).toBe(32);
    expect(wide.texts.at(-1)).toBe("1,000,000,000");
    expect(wide.size).toBe(6 * 13 + 12);
  });

  it("has ticks at whole numbers only while all its values are whole", () => {
    let whole = true;
    const [, left] = axesOf({ ...look, whole: () => whole }).axes!;
    expect(asked(left!, plot(500, 200), 0, 1.2).texts).toEqual(["0", "1"]);
    whole = false;
    expect(asked(left!, plot(500, 200), 0, 1.2).texts).toHaveLength(7);
  });

  it("is no wider for a long unit: that stands above it, from the edge on", () => {
    const { axes, padding, hooks } = axesOf({ ...look, format: { name: "number", unit: "requests/s" } });
    const written: unknown[] = [];
    const over = {
      bbox: { top: 22 },
      ctx: { save() {}, restore() {}, fillText: (...text: unknown[]) => written.push(text) },
    };
    const top = () => (padding![0] as Ask)(over as unknown as uPlot);
    expect(asked(axes![1]!, plot(500, 200), 0, 10)).toMatchObject({ size: 32 });
    expect(asked(axes![1]!, plot(500, 200), 0, 10).texts.at(-1)).toBe("10");
    (hooks!.drawAxes![0] as Ask)(over as unknown as uPlot);
    expect([written, top()]).toEqual([[["requests/s", 4, 15]], 22]);
  });

  it("has no line above it without one", () => {
    const { axes, padding, hooks } = axesOf({ ...look, format: { name: "number", unit: "kW" } });
    expect(asked(axes![1]!, plot(500, 200), 0, 10).texts.at(-1)).toBe("10 kW");
    (hooks!.drawAxes![0] as Ask)({} as uPlot);
    expect((padding![0] as Ask)({} as uPlot)).toBe(8);
  });

  it("has ten ticks at most, however high it is", () => {
    const [, left] = axesOf(look).axes!;
    expect(asked(left!, plot(500, 2000), 0, 100).texts).toHaveLength(11);
  });
});

describe("the axis below", () => {
  it("of the calendar has two lines where a day begins, and room for them", () => {
    const [below] = axesOf({ ...look, zone: "Asia/Tokyo" }).axes!;
    const { texts, size } = asked(below!, plot(500, 200), NOW - 86_400, NOW);
    expect(texts.find((text) => text.startsWith("00:00\n"))).toBe("00:00\nNov 28");
    const [plain] = axesOf({ ...look, calendar: false }).axes!;
    expect(size - asked(plain!, plot(500, 200), 0, 60).size).toBe(14);
  });

  it("has a line for each of second and day, where both are new", () => {
    const [below] = axesOf(look).axes!;
    const then = Date.UTC(2024, 4, 6, 7, 8, 9) / 1000;
    const { texts, size } = asked(below!, plot(500, 200), then, then + 1e-3);
    expect(texts.slice(0, 2)).toEqual([".0000\n07:08:09\nMay 6, 2024", ".0002"]);
    expect(size).toBe(12 + 3 * 14);
  });

  it("of simulated seconds, of records and of fields is of numbers", () => {
    for (const axis of ["time", "records", "field"] as const) {
      const [below] = axesOf({ ...look, axis, calendar: false }).axes!;
      expect(asked(below!, plot(300, 200), 0, 40).texts).toEqual(["0", "20", "40"]);
    }
  });

  it("of records is of whole numbers", () => {
    const [below] = axesOf({ ...look, axis: "records", calendar: false }).axes!;
    expect(asked(below!, plot(900, 200), 0, 3).texts).toEqual(["0", "1", "2", "3"]);
  });

  it("says what it is counted from", () => {
    expect(axesOf({ ...look, axis: "field", counted: "id − 7" }).axes![0]!.label).toBe("id − 7");
    expect(axesOf(look).axes![0]).not.toHaveProperty("label");
  });

  it("has room for half of a label at either end", () => {
    const { axes, padding } = axesOf({ ...look, locale: "en" });
    asked(axes![1]!, plot(500, 200), 0, 10);
    asked(axes![0]!, plot(500, 200), NOW - 0.5, NOW); // 12:00:00.000 is 76 pixels wide
    const room = (side: number) => (padding![side] as () => number)();
    expect(room(1)).toBeGreaterThan(34);
    expect(room(3)).toBe(room(1) - 32);
  });
});

describe("labels below, at any width and at either end,", () => {
  /** What uPlot does: it asks again until ticks and room agree, three times at most. */
  function laidOut(width: number, from: number, to: number, locale: string) {
    const { axes, padding } = axesOf({ ...look, locale });
    const of = plot(width - 32, 200);
    Object.assign(of, { width });
    const sides = [1, 3].map((side) => padding![side] as unknown as () => number);
    for (let cycle = 1; ; cycle += 1) {
      const { places, texts } = asked(axes![0]!, of, from, to);
      const left = asked(axes![1]!, of, 0, 10).size;
      const [right, more] = sides.map((room) => room());
      const { bbox } = of;
      const next = { ...bbox, left: left + more!, width: width - left - more! - right! };
      if (cycle === 3 || (next.left === bbox.left && next.width === bbox.width))
        return places.map((at, i) => {
          const middle = bbox.left + ((at - from) / (to - from)) * bbox.width;
          const half = widthOf(texts[i]!) / 2;
          return [middle - half, middle + half];
        });
      Object.assign(of, { bbox: next });
    }
  }

  it.each(["en", "de", "ja"])("are not cut off, nor alone where there is room for two (%s)", (locale) => {
    for (const end of [NOW, NOW - 86_400, Date.UTC(2024, 0, 1) / 1000])
      for (const length of [1e-3, 0.2, 3, 50, 3600, 20_000, 86_400, 5e5, 4e6, 4e7, 3e9])
        for (const width of [120, 150, 180, 220, 320, 500, 800, 2000])
          for (const shift of [0, 0.1, 0.25, 0.5]) {
            const to = end + shift * length;
            const labels = laidOut(width, to - length, to, locale);
            const what = `${length} s to ${to} at ${width}: ${JSON.stringify(labels)}`;
            expect(labels.length, what).toBeGreaterThanOrEqual(
              width < (end === NOW && length > 1 ? 150 : 220) ? 1 : 2,
            );
            expect(Math.min(...labels.flat()), what).toBeGreaterThanOrEqual(0);
            expect(Math.max(...labels.flat()), what).toBeLessThanOrEqual(width);
          }
  });
});

describe("uPlot itself", () => {
  it.each([
    [0, 1e38],
    [0, 1e-12],
    [1.7e9, 1.7e9 + 1e-6],
    [-6e307, 6e307],
  ])("has ticks from %d to %d", (from, to) => {
    const [, left] = axesOf(look).axes!;
    const [step] = (left!.incrs as unknown as (...args: unknown[]) => number[])(null, 1, from, to);
    // Its own rule: the step needs room, and one below 5 must be among those it knows.
    expect(step).toBeGreaterThanOrEqual(5);
    expect((500 * step!) / (to - from)).toBeGreaterThanOrEqual(left!.space as number);
  });
});
