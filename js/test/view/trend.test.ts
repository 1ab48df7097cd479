import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Told, Trend } from "../../src/lib/view/trend";

let life: AbortController;
let resized: () => void;

beforeEach(() => {
  life = new AbortController();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(fn: () => void) {
        resized = fn;
      }
      observe() {}
      disconnect() {}
    },
  );
});

afterEach(() => {
  life.abort();
  vi.unstubAllGlobals();
});

const told = (more: Partial<Told> = {}): Told => ({
  value: 7,
  delta: 2,
  since: "vs 5",
  format: { name: "number" },
  relative: false,
  good: "",
  ...more,
});

it.each<[Partial<Told>, string, string, string]>([
  [{}, "▲ +2 · vs 5", "up", ""],
  [{ good: "up" }, "▲ +2 · vs 5", "up", "good"],
  [{ good: "down" }, "▲ +2 · vs 5", "up", "bad"],
  [{ delta: -2, good: "down" }, "▼ −2 · vs 5", "down", "good"],
  [{ delta: 0, good: "down" }, "±0 · vs 5", "neutral", ""],
  [{ relative: true }, "▲ +40.0% · vs 5", "up", ""],
  [{ relative: true, value: 7, delta: 7 }, "▲ vs 5", "up", ""],
])("writes a change, %j, as %s", (more, text, direction, verdict) => {
  const trend = new Trend(life.signal);
  expect(trend.write(told(more), 400, "en")).toBe(direction);
  expect([trend.root.textContent, trend.root.dataset.rwVerdict]).toEqual([text, verdict]);
});

it("says its direction in a word", () => {
  const trend = new Trend(life.signal);
  trend.write(told(), 400, "ja");
  expect(trend.root.getAttribute("aria-label")).toBe("上昇 ▲ +2 · vs 5");
});

it("that once took two lines keeps them, until its room is another", () => {
  const trend = new Trend(life.signal);
  vi.spyOn(trend.root.lastElementChild as HTMLElement, "offsetTop", "get").mockReturnValue(17);
  resized();
  expect(trend.root.dataset.rwLines).toBe("2");
  trend.measure();
  expect(trend.root.dataset.rwLines).toBeUndefined();
});
