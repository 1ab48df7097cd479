// ChartView: what a chart shows of the place that is pointed at, and how its lines keep their looks.

import type uPlot from "uplot";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveChart } from "../../src/chart";
import { find, Stage, state, text } from "../stage";

const plots = vi.hoisted(() => [] as { options: uPlot.Options; series: uPlot.Series[] }[]);

vi.mock("uplot", () => ({
  default: class {
    readonly series: uPlot.Series[];
    readonly over = document.createElement("div");
    readonly bbox = { left: 0, top: 0, width: 600, height: 200 };
    width = 640;
    height = 240;
    constructor(
      readonly options: uPlot.Options,
      readonly data: unknown,
      el: HTMLElement,
    ) {
      this.series = options.series.map((each) => ({ ...each }));
      this.over.className = "u-over";
      el.append(this.over);
      plots.push(this);
    }
    setData() {}
    setSize(size: { width: number; height: number }) {
      Object.assign(this, size);
    }
    setSeries(i: number, { show }: { show: boolean }) {
      this.series[i]!.show = show;
    }
    destroy() {
      this.over.remove();
    }
  },
}));

const NOW = 1_795_000_000;
let stage: Stage;
let number: number;

beforeEach(() => {
  plots.length = 0;
  number = 0;
  stage = new Stage({ chart: LiveChart });
  vi.stubGlobal("devicePixelRatio", 1);
  vi.stubGlobal("CSS", { supports: () => true });
});
afterEach(() => stage.end());

function shown(id = "w", traits: Record<string, unknown> = {}): HTMLElement {
  const basics = { title: "CPU", height: 240, colors: null, legend: ["last"], _format: { name: "number" } };
  return stage.show(id, "chart", { ...basics, _x: "ts", _relative: false, ...traits });
}

/** Gives a chart records: for each line its number, its name and its values, a second apart, up to now. */
function put(lines: [number, string, number[]][], { to = "w", body = {}, newest = NOW } = {}): void {
  const count = lines[0]?.[2].length ?? 0;
  const k0 = newest - count + 1;
  const columns = {
    k: Int32Array.from({ length: count }, (_, i) => i),
    lo: Float64Array.from(lines.flatMap(([, , values]) => values)),
  };
  number++;
  const cols = Object.entries(columns).map(([name, values], i) => ({ name, values, i }));
  stage.page.deliver({
    to,
    feed: "0",
    first: number,
    last: number,
    key: true,
    body: {
      k0,
      series: lines.map(([, name]) => name),
      lines: lines.map(([each, name]) => [each, name]),
      layout: { step: 1, capacity: 100 },
      window: 60,
      axis: "time",
      newest: count ? newest : null,
      last: lines.map(([, , values]) => values.at(-1)),
      up_to: number,
      ...body,
    },
    columns: count ? Object.fromEntries(cols.map(({ name, values }) => [name, values])) : {},
  });
  stage.clock.draw();
}

const seconds = (length: number, value: (i: number) => number) => Array.from({ length }, (_, i) => value(i));
const over = (el: HTMLElement) => find(el, ".u-over");
const tip = () => document.querySelector<HTMLElement>(".rw-tip");
const rows = () => [...(tip()?.querySelectorAll(".rw-tip-row") ?? [])].map((row) => row.textContent);
const strokesOf = () =>
  plots
    .at(-1)!
    .options.series.slice(1)
    .map(({ label, stroke }) => [label, stroke]);

function point(
  el: HTMLElement,
  x: number,
  y: number,
  type = "pointermove",
  more: PointerEventInit = {},
): void {
  const event = new PointerEvent(type, { bubbles: true, composed: true, clientX: x, clientY: y, ...more });
  over(el).dispatchEvent(event);
  stage.clock.draw();
}

function press(el: HTMLElement, key: string, shiftKey = false): KeyboardEvent {
  const event = new KeyboardEvent("keydown", {
    key,
    shiftKey,
    bubbles: true,
    composed: true,
    cancelable: true,
  });
  find(el, ".rw-plot").dispatchEvent(event);
  stage.clock.draw();
  return event;
}

describe("a line", () => {
  const palette = (el: HTMLElement) => {
    for (let i = 0; i < 8; i++) el.style.setProperty(`--rw-c${i}`, `#00000${i}`);
  };

  it("keeps its colour and its hidden state when others appear before it, and when it comes back", () => {
    const el = shown();
    palette(el);
    put([
      [0, "m", [1]],
      [1, "z", [1]],
    ]);
    expect(strokesOf()).toEqual([
      ["m", "#000000"],
      ["z", "#000001"],
    ]);
    find(el, "[data-rw-trace=z]").click();
    stage.clock.draw();
    put([
      [2, "a", [1]],
      [0, "m", [1]],
      [1, "z", [1]],
    ]);
    expect(strokesOf()).toEqual([
      ["a", "#000002"],
      ["m", "#000000"],
      ["z", "#000001"],
    ]);
    expect(
      plots
        .at(-1)!
        .series.slice(1)
        .map(({ show }) => show),
    ).toEqual([true, true, false]);
    put([
      [2, "a", [1]],
      [0, "m", [1]],
    ]);
    put([
      [2, "a", [1]],
      [1, "z", [1]],
    ]);
    expect(strokesOf()).toEqual([
      ["a", "#000002"],
      ["z", "#000001"],
    ]);
    expect(find(el, "[data-rw-trace=z]").getAttribute("aria-pressed")).toBe("false");
  });

  it("that is hidden in one view is hidden in the others", () => {
    const one = shown();
    put([
      [0, "a", [1]],
      [1, "b", [1]],
    ]);
    const other = shown();
    find(one, "[data-rw-trace=a]").click();
    stage.clock.draw();
    expect(find(other, "[data-rw-trace=a]").getAttribute("aria-pressed")).toBe("false");
    expect(plots.map(({ series }) => series[1]!.show)).toEqual([false, false]);
  });

  it("has the colour that the user gives to its number or to its name", () => {
    palette(shown("w", { colors: ["red", "green", "blue"] }));
    put([
      [2, "a", [1]],
      [0, "m", [1]],
    ]);
    expect(strokesOf()).toEqual([
      ["a", "blue"],
      ["m", "red"],
    ]);
    palette(shown("v", { colors: { a: "teal" } }));
    put(
      [
        [2, "a", [1]],
        [0, "m", [1]],
      ],
      { to: "v" },
    );
    expect(strokesOf()).toEqual([
      ["a", "teal"],
      ["m", "#000000"],
    ]);
  });

  it("alone has its value beside the title, and no legend", () => {
    const el = shown();
    put([[0, "value", [1, 2, 3]]]);
    expect(text(el, ".rw-lone .rw-reading")).toBe("3");
    expect([find(el, ".rw-legend").hidden, find(el, ".rw-lone .rw-label").hidden]).toEqual([true, true]);
    put([
      [0, "value", [1, 2, 3]],
      [1, "other", [1, 2, 3]],
    ]);
    expect([find(el, ".rw-legend").hidden, find(el, ".rw-lone").hidden]).toEqual([false, true]);
  });

  it("alone has its value in short where there is no room for it, and lines end before its unit", () => {
    stage.width = 120;
    const el = shown("w", { _format: { name: "number", unit: "requests" } });
    put([[0, "value", [123_456_789]]]);
    const parts = () => [...find(el, ".rw-lone .rw-reading").children].map(({ textContent }) => textContent);
    expect(parts()).toEqual(["123M", " requests"]);
  });

  it("alone is named where there is no title", () => {
    const el = shown("w", { title: "" });
    put([[0, "value", [1]]]);
    expect(text(el, ".rw-lone .rw-label")).toBe("value");
  });

  it("has the least and greatest value of the window when that is asked for", () => {
    const el = shown("w", { legend: ["last", "min", "max"] });
    put([
      [0, "a", [5, 1, 9, 4]],
      [1, "b", [2, 2, 2, 3]],
    ]);
    const values = [...el.querySelectorAll(".rw-reading")].map((each) => each.textContent);
    expect(values.slice(-6)).toEqual(["4", "1", "9", "3", "2", "3"]);
  });

  it("has the mean that the kernel reckoned, as long as anything is in view", () => {
    const el = shown("w", { legend: ["last", "mean"] });
    const lines: Parameters<typeof put>[0] = [
      [0, "a", [5, 1, 9, 4]],
      [1, "b", []],
    ];
    put(lines, { body: { mean: [4.75, 7] } });
    const values = () => [...el.querySelectorAll(".rw-reading")].map((each) => each.textContent).slice(-4);
    expect(values()[1]).toBe("4.75");
    expect(values()[3]).toBe("—");
  });

  it("has no legend where none is wanted", () => {
    const el = shown("w", { legend: [] });
    put([
      [0, "a", [5]],
      [1, "b", [2]],
    ]);
    expect(find(el, ".rw-legend").hidden).toBe(true);
  });
});

describe("a chart without data", () => {
  it("says so once, with the reason where there is one, and has no axes and no stop for Tab", () => {
    const el = shown();
    put([[0, "loss", []]], { body: { notice: "loss: no number yet" } });
    expect([state(el), plots.length]).toEqual(["no_data", 0]);
    expect(text(el, ".rw-empty")).toBe("No data yet\nloss: no number yet");
    expect(find(el, ".rw-status").hidden).toBe(true);
    expect(find(el, ".rw-plot").hasAttribute("tabindex")).toBe(false);
    put([[0, "loss", [1]]]);
    expect([text(el, ".rw-empty"), find(el, ".rw-status").hidden, plots.length]).toEqual(["", false, 1]);
    expect(find(el, ".rw-plot").tabIndex).toBe(0);
  });
});

describe("a pointer", () => {
  it("has the values of all lines beside it, the greatest first and the nearest marked", () => {
    const el = shown();
    put([
      [0, "low", seconds(61, (i) => i)],
      [1, "high", seconds(61, () => 60)],
    ]);
    point(el, 300, 20);
    expect(rows()).toEqual(["high60", "low30"]);
    expect(tip()!.querySelector("[data-rw-near]")!.textContent).toBe("high60");
    expect(el.querySelectorAll(".rw-cross-dot")).toHaveLength(2);
    point(el, 300, 190);
    expect(tip()!.querySelector("[data-rw-near]")!.textContent).toBe("low30");
    expect(text(el, "[data-rw-trace=low] .rw-reading")).toBe("30");
  });

  it("stays where it is while the data move on", () => {
    const el = shown();
    put([[0, "a", seconds(61, (i) => i)]]);
    point(el, 300, 20);
    expect(rows()).toEqual(["CPU30"]);
    put([[0, "a", seconds(62, (i) => i)]], { newest: NOW + 1 });
    expect(rows()).toEqual(["CPU31"]);
  });

  it("that leaves takes crosshair and tooltip along", () => {
    const el = shown();
    put([[0, "a", [1, 2]]]);
    point(el, 10, 20);
    find(el, ".rw-plot").dispatchEvent(new PointerEvent("pointerleave", { pointerType: "mouse" }));
    stage.clock.draw();
    expect([tip(), el.querySelector(".rw-cross")]).toEqual([null, null]);
  });

  it("that is a finger leaves the values until the next comes down elsewhere", () => {
    const el = shown();
    put([[0, "a", [1, 2]]]);
    point(el, 10, 20, "pointerdown", { pointerType: "touch" });
    find(el, ".rw-plot").dispatchEvent(new PointerEvent("pointerleave", { pointerType: "touch" }));
    stage.clock.draw();
    expect(rows()).toHaveLength(1);
    document.body.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, composed: true }));
    stage.clock.draw();
    expect(tip()).toBeNull();
  });

  it("leaves hidden lines out", () => {
    const el = shown();
    put([
      [0, "a", [1, 2]],
      [1, "b", [3, 4]],
    ]);
    find(el, "[data-rw-trace=b]").click();
    point(el, 0, 20);
    expect(rows()).toEqual(["a1"]);
  });

  it("leaves no tooltip behind when its view ends", () => {
    const life = new AbortController();
    const basics = {
      title: "",
      height: 240,
      colors: null,
      legend: ["last"],
      _format: { name: "number" },
      _x: "ts",
    };
    const el = stage.show("w", "chart", basics, life.signal);
    put([[0, "a", [1, 2]]]);
    point(el, 0, 20);
    expect(tip()).not.toBeNull();
    life.abort();
    expect(tip()).toBeNull();
  });
});

describe("charts of one time", () => {
  it("share the crosshair, and only the one that is pointed at has the tooltip", () => {
    const one = shown("w");
    const other = shown("v");
    put([[0, "a", seconds(61, (i) => i)]]);
    put([[0, "b", seconds(61, (i) => 2 * i)]], { to: "v" });
    point(one, 300, 20);
    stage.clock.draw();
    expect(other.querySelectorAll(".rw-cross-dot")).toHaveLength(1);
    expect(text(other, ".rw-lone .rw-reading")).toBe("60");
    expect(document.querySelectorAll(".rw-tip")).toHaveLength(1);
    find(one, ".rw-plot").dispatchEvent(new PointerEvent("pointerleave", { pointerType: "mouse" }));
    stage.clock.draw();
    stage.clock.draw();
    expect(other.querySelector(".rw-cross")).toBeNull();
    expect(text(other, ".rw-lone .rw-reading")).toBe("120");
  });

  it("do not share it with one along a field", () => {
    const one = shown("w");
    const other = shown("v", { _x: "step" });
    put([[0, "a", seconds(61, (i) => i)]]);
    put([[0, "b", seconds(61, (i) => i)]], { to: "v", body: { axis: "field", ts: NOW } });
    point(one, 300, 20);
    stage.clock.draw();
    expect(other.querySelector(".rw-cross")).toBeNull();
  });
});

describe("the keys", () => {
  it("move a cursor from record to record, and Escape leaves it", () => {
    const el = shown();
    put([[0, "a", seconds(61, (i) => i)]]);
    const at = (key: string, shift = false) => {
      expect(press(el, key, shift).defaultPrevented).toBe(true);
      return rows()[0];
    };
    expect(at("ArrowLeft")).toBe("CPU60");
    expect(at("ArrowLeft")).toBe("CPU59");
    expect(at("ArrowLeft", true)).toBe("CPU49");
    expect(at("ArrowRight")).toBe("CPU50");
    expect(at("Home")).toBe("CPU0");
    expect(at("End")).toBe("CPU60");
    expect(at("Escape")).toBeUndefined();
    expect(press(el, "Escape").defaultPrevented).toBe(false);
    expect(press(el, "x").defaultPrevented).toBe(false);
  });

  it("count each, also several before the next frame", () => {
    const el = shown();
    put([[0, "a", seconds(61, (i) => i)]]);
    for (const key of ["Home", "ArrowRight", "ArrowRight"]) {
      const event = new KeyboardEvent("keydown", { key, bubbles: true, composed: true });
      find(el, ".rw-plot").dispatchEvent(event);
    }
    stage.clock.draw();
    expect(rows()).toEqual(["CPU2"]);
  });

  it("keep the cursor at its record while the data move on", () => {
    const el = shown();
    put([[0, "a", seconds(61, (i) => i)]]);
    press(el, "ArrowLeft");
    put([[0, "a", seconds(62, (i) => i)]], { newest: NOW + 1 });
    expect(rows()).toEqual(["CPU60"]);
  });

  it("have the values said when the cursor rests, and not before", () => {
    const el = shown();
    put([
      [0, "a", seconds(61, (i) => i)],
      [1, "b", seconds(61, (i) => 2 * i)],
    ]);
    const said = () => text(el, "[role=status].rw-said");
    press(el, "End");
    stage.clock.run(200);
    press(el, "ArrowLeft");
    stage.clock.run(200);
    expect(said()).toBe("");
    stage.clock.run(200);
    expect(said()).toMatch(/\d\d:\d\d:\d\d UTC; b 118; a 59$/);
  });
});

describe("those who do not see the plot", () => {
  it("find it by its title, with a summary of what is in view", () => {
    const el = shown();
    put([[0, "a", [5, 1, 9, 4]]]);
    const plot = find(el, ".rw-plot");
    expect([plot.getAttribute("role"), plot.getAttribute("aria-label")]).toEqual(["application", "CPU"]);
    const summary = document.getElementById(plot.getAttribute("aria-describedby")!)!;
    expect(summary.textContent).toMatch(/ to .*; CPU: 4, from 1 to 9$/);
  });

  it("have the values in view as a table, and the plot again", () => {
    const el = shown();
    put([
      [0, "a", [5, 1]],
      [1, "b", [7, 8]],
    ]);
    expect(find(el, ".rw-tool").title).toBe("Table of values");
    find(el, ".rw-tool").click();
    stage.clock.draw();
    const cells = [...el.querySelectorAll(".rw-table tr")].map((row) =>
      [...row.children].map((each) => each.textContent),
    );
    expect(cells.map(([, ...values]) => values)).toEqual([
      ["a", "b"],
      ["1", "8"],
      ["5", "7"],
    ]);
    expect(cells[0]![0]).toBe("Time");
    expect(text(el, "caption")).toMatch(/^CPU, /);
    expect([find(el, ".rw-plot").hidden, find(el, ".rw-table").hidden]).toEqual([true, false]);
    find(el, ".rw-tool").click();
    expect([find(el, ".rw-plot").hidden, el.querySelector("table")]).toEqual([false, null]);
  });
});

describe("thresholds", () => {
  const limit = { kind: "above", bounds: [0.9], text: "≥ {0}", for: 0, severity: "error", name: "" };
  const range = () => {
    const { range } = plots.at(-1)!.options.scales!.y!;
    return (range as () => [number, number])();
  };

  it("are drawn with the plot, which is made anew when they change", () => {
    shown("w", { _limits: [] });
    put([[0, "a", [0.1, 0.6, 0.5]]]);
    expect([plots.length, plots[0]!.options.hooks!.draw!.length]).toEqual([1, 1]);
    stage.set("w", "_limits", [limit]);
    expect([plots.length, plots[1]!.options.hooks!.draw!.length]).toEqual([2, 2]);
    expect(range()[1]).toBeGreaterThanOrEqual(0.9);
  });

  it("leave the range to the lines when they are far", () => {
    shown("w", { _limits: [{ ...limit, bounds: [1000] }] });
    put([[0, "a", [0.1, 0.6, 0.5]]]);
    expect(range()[1]).toBeLessThan(1);
  });

  it("are named to those who do not see the plot, in the reader's way", () => {
    const limits = [limit, { ...limit, name: "Hot", bounds: [0.5], severity: "warning" }];
    const el = shown("w", { _limits: limits, _format: { name: "percentage" } });
    put([[0, "a", [0.1, 0.6]]]);
    const plot = find(el, ".rw-plot");
    const summary = document.getElementById(plot.getAttribute("aria-describedby")!)!;
    expect(summary.textContent).toMatch(/; Error: ≥ 90.0%; Hot: ≥ 50.0%$/);
    find(el, ".rw-tool").click();
    stage.clock.draw();
    expect(text(el, ".rw-table caption")).toMatch(/, Error: ≥ 90.0%, Hot: ≥ 50.0%$/);
  });
});
