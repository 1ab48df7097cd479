// What the views show: the cards and charts in elements, with a recorder in place of the plot and the canvas.

import type uPlot from "uplot";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveChart } from "../src/chart";
import { BREAK_BEFORE } from "../src/lib/draw/buckets";
import type { Clock } from "../src/lib/hop/clock";
import type { Part } from "../src/lib/hop/frames";
import type { Host } from "../src/lib/hop/widget";
import type { Model } from "../src/lib/hop/wire";
import { MetricCard } from "../src/metric";

const plots = vi.hoisted(() => [] as FakePlot[]);

interface FakePlot {
  series: uPlot.Series[];
  over: HTMLElement;
  options: uPlot.Options;
  data: unknown[][];
  width: number;
  height: number;
}

vi.mock("uplot", () => ({
  default: class {
    series: uPlot.Series[];
    width: number;
    height: number;
    over = document.createElement("div");
    bbox = { left: 0, top: 0, width: 560, height: 200 };
    constructor(
      readonly options: uPlot.Options,
      public data: unknown[][],
      el: HTMLElement,
    ) {
      this.width = options.width;
      this.height = options.height;
      this.series = options.series.map((each) => ({ ...each }));
      this.over.className = "u-over";
      el.append(this.over);
      plots.push(this);
    }
    setData(data: unknown[][]) {
      this.data = data;
    }
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

/** Where the strokes of a plot run, in whole seconds. */
function places(plot: FakePlot): number[] {
  class Recorder {
    readonly seen: number[] = [];
    moveTo(x: number) {
      this.seen.push(x);
    }
    lineTo(x: number) {
      this.seen.push(x);
    }
    arc() {}
    closePath() {}
  }
  vi.stubGlobal("Path2D", Recorder);
  const [from, to] = plot.data[0] as [number, number];
  const scales = { x: { min: from, max: to }, y: { min: 0, max: 2 * NOW } };
  const drawing = {
    series: plot.options.series,
    bbox: { left: 0, top: 0, width: to - from, height: 1 },
    scales,
  };
  const paths = plot.options.series[1]!.paths!;
  const { stroke } = paths(drawing as unknown as uPlot, 1, 0, 1)!;
  return [...new Set((stroke as unknown as Recorder).seen)].sort((a, b) => a - b).map((x) => x + from);
}

let time = 0;
const host = {
  clock: null as unknown,
  invalidate() {},
  report() {},
  held: () => false,
  visible: true,
} as unknown as { -readonly [Name in keyof Host]: Host[Name] };
const NOW = 1_795_000_000;
let width = 600;
let traits: Record<string, unknown>;
let life: AbortController;

const model = { get: (name: string) => traits[name], on() {}, off() {} } as unknown as Model;

function part(body: object, x: number[] = [], values = x, flags = x.map(() => 0)): Part {
  const layout = { step: 1, capacity: 600 };
  const first = Math.min(...x);
  const columns = x.length
    ? {
        k: Int32Array.from(x, (each) => each - first),
        lo: Float64Array.from(values),
        flags: Uint8Array.from(flags),
      }
    : {};
  return {
    to: "w",
    feed: "0",
    first: 1,
    last: x.length,
    key: true,
    body: {
      k0: x.length ? first : 0,
      series: ["value"],
      layout,
      window: 60,
      newest: x.at(-1) ?? null,
      last: [values.at(-1)],
      ...body,
    },
    columns: columns as Part["columns"],
  };
}

function shown(widget: LiveChart | MetricCard): HTMLElement {
  const el = document.createElement("div");
  document.body.append(el);
  widget.show(el, life.signal);
  widget.draw();
  return el;
}

const text = (el: HTMLElement, selector: string) =>
  el.querySelector(selector)!.textContent.replaceAll("\u00a0", " ");
const isHidden = (el: HTMLElement, selector: string) => el.querySelector<HTMLElement>(selector)!.hidden;
const chart = () => new LiveChart(model, host, life.signal);
const card = () => new MetricCard(model, host, life.signal);
const number = (value: number, more = {}) => ({ value, level: "normal", ...more });

/** What runs when the browser finds that a view has another size. */
let resized: (() => void)[];

beforeEach(() => {
  host.clock = { now: () => time, after: () => () => {} } as unknown as Clock; // a page for each test
  plots.length = 0;
  width = 600;
  life = new AbortController();
  traits = {
    title: "CPU",
    icon: "",
    good: "",
    change: "absolute",
    help: "",
    reduce: "last",
    _compare: { kind: "window", value: 0 },
    tz: "",
    locale: "en",
    height: 240,
    paused: false,
    sparkline: true,
    stale_after: null,
    colors: null,
    _format: { name: "number" },
    _window: { seconds: 60 },
    _legend: { 0: { prefix: "", labels: {} } },
  };
  resized = [];
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(fn: () => void) {
        resized.push(fn);
      }
      observe() {}
      disconnect() {}
    },
  );
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockImplementation(() => width);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(36);
  Object.defineProperties(SVGElement.prototype, {
    clientWidth: { get: () => width, configurable: true },
    clientHeight: { get: () => 36, configurable: true },
  });
});

afterEach(() => {
  life.abort();
  document.body.replaceChildren();
});

describe("a chart that is held", () => {
  function held() {
    const widget = chart();
    widget.apply(part({}, [NOW, NOW + 1]), "replace");
    const el = shown(widget);
    traits.paused = true;
    widget.apply(part({}, [NOW, NOW + 1, NOW + 2]), "replace");
    return { widget, el };
  }

  it("follows the width and the height without newer data", () => {
    const { widget } = held();
    width = 320;
    traits.height = 100;
    for (const fn of resized) fn();
    widget.draw();
    expect(plots).toHaveLength(1);
    expect(plots[0]).toMatchObject({ width: 320, height: 100 });
    expect(places(plots[0]!)).toEqual([NOW, NOW + 1]);
  });

  it("follows the theme without newer data", () => {
    const { widget, el } = held();
    el.dataset.rwTheme = "dark";
    widget.draw();
    expect(plots).toHaveLength(2);
    expect(places(plots[1]!)).toEqual([NOW, NOW + 1]);
  });

  it("takes what has come since when it is let go", () => {
    const { widget } = held();
    traits.paused = false;
    widget.draw();
    expect(places(plots[0]!)).toEqual([NOW, NOW + 1, NOW + 2]);
  });

  it("shows what there is once, in a view that has never drawn", () => {
    traits.paused = true;
    const widget = chart();
    widget.apply(part({}), "replace");
    const el = shown(widget);
    widget.apply(part({}, [NOW, NOW + 1]), "replace");
    widget.draw();
    expect(places(plots.at(-1)!)).toEqual([NOW, NOW + 1]);
    expect(el.querySelector<HTMLElement>(".rw-root")!.dataset.rwState).toBe("paused");
  });
});

describe("a chart that is drawn while its page is hidden for a moment", () => {
  it("keeps its width, or has it with the next drawing", () => {
    const widget = chart();
    widget.apply(part({}, [NOW, NOW + 1]), "replace");
    shown(widget);
    width = 500;
    for (const fn of resized) fn();
    width = 0;
    widget.draw();
    expect(plots[0]!.width).toBe(600);
    width = 500;
    widget.draw();
    expect(plots[0]!.width).toBe(500);
  });
});

describe("the time axis", () => {
  /** What is written below the newest plot. */
  function below(): string[] {
    const { options, data } = plots.at(-1)!;
    const [from, to] = data[0] as [number, number];
    const { splits, values } = options.axes![0] as unknown as Record<string, (...args: unknown[]) => never>;
    return values!(null, splits!({ bbox: { width: 600, height: 200 } }, 0, from, to));
  }

  it("is not made up before there are data, and is of the calendar with them, in the zone asked for", () => {
    const widget = chart();
    widget.apply(part({}), "replace");
    shown(widget);
    expect(plots).toHaveLength(0);
    traits.tz = "Asia/Tokyo";
    widget.apply(part({}, [NOW, NOW + 1]), "replace");
    widget.draw();
    expect(below()[0]).toBe("20:06:40\nNov 18"); // 11:06:40 UTC, where the line begins
  });

  it("is of the zone that times were written in, unless another is asked for or not all feeds agree", () => {
    const widget = chart();
    const times = [NOW, NOW + 1];
    widget.apply(part({ zone: "Asia/Tokyo" }, times), "replace");
    shown(widget);
    expect(widget.zone).toBe("Asia/Tokyo");
    expect(below()[0]).toBe("20:06:40\nNov 18");
    widget.apply({ ...part({ zone: null }, times), feed: "other" }, "replace");
    expect(widget.zone).toBe("");
    widget.apply({ ...part({ zone: "Asia/Tokyo" }, times), feed: "other" }, "replace");
    expect(widget.zone).toBe("Asia/Tokyo");
    traits.tz = "UTC";
    expect(widget.zone).toBe("UTC");
  });

  it("of plain seconds is of numbers", () => {
    const widget = chart();
    widget.apply(part({}, [1, 2]), "replace");
    shown(widget);
    expect(below()).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
  });
});

describe("the axis of a field", () => {
  it("has the place of the newest record beside the values, though an earlier run went further", () => {
    Object.assign(traits, { _x: "step" });
    const widget = chart();
    widget.apply(part({ axis: "field", window: null, newest: 12, ts: NOW }, [0, 40, 50, 52]), "replace");
    expect(text(shown(widget), ".rw-time")).toBe("step 12");
  });

  it("that no number could hold is counted from an origin, and written with all digits", () => {
    Object.assign(traits, {
      _x: "id",
      _legend: { 0: { prefix: "", labels: {} }, 1: { prefix: "b ", labels: {} } },
    });
    const widget = chart();
    const body = { axis: "field", window: null, ts: NOW };
    const origin = "1000000000000000000";
    widget.apply(part({ ...body, newest: 4, origin }, [0, 1, 4]), "replace");
    const other = part({ ...body, newest: 7, origin: "999999999999999990" }, [3, 7]);
    widget.apply({ ...other, feed: "1" }, "replace");
    expect(text(shown(widget), ".rw-time")).toBe("id 1,000,000,000,000,000,004");
    expect(widget.data.span).toEqual([-7, 4]);
    expect(plots.at(-1)!.options.axes![0]!.label).toBe("id − 1,000,000,000,000,000,000");
    widget.apply(part({ ...body, newest: 12 }, [2, 12]), "replace");
    widget.apply({ ...part({ ...body, newest: 12 }, [2, 12]), feed: "1" }, "replace");
    widget.draw();
    expect(plots.at(-1)!.options.axes![0]).not.toHaveProperty("label");
  });
});

describe("a window that a dead line has left", () => {
  it("is scaled to the live one", () => {
    traits._legend = { 0: { prefix: "", labels: {} }, 1: { prefix: "b ", labels: {} } };
    const widget = chart();
    widget.apply(part({}, [NOW - 500, NOW - 400], [1e6, 1e6]), "replace");
    widget.apply({ ...part({}, [NOW - 1, NOW], [1, 9]), feed: "1" }, "replace");
    shown(widget);
    const range = plots.at(-1)!.options.scales!.y!.range as () => [number, number];
    expect(range()).toEqual([0, 10]);
  });
});

describe("what is wrong with the data", () => {
  const error = "stream 's' has no field 'lss': it has 'loss'";

  it("is said by a chart in place of the lines, until a part without it", () => {
    const widget = chart();
    widget.apply(part({ error }), "replace");
    const el = shown(widget);
    expect(text(el, ".rw-empty")).toBe(error);
    expect(text(el, ".rw-status")).toBe("Error");
    widget.apply(part({}, [NOW]), "replace");
    widget.draw();
    expect(text(el, ".rw-empty")).toBe("");
    expect(text(el, ".rw-status")).toBe("");
  });

  it("is said beside live lines when they are not all there are", () => {
    const notice = "32 of 40 number fields are drawn";
    const widget = chart();
    widget.apply(part({ notice }, [NOW]), "replace");
    const el = shown(widget);
    expect([widget.state, text(el, ".rw-status")]).toEqual(["live", notice]);
    widget.apply(part({}, [NOW + 1]), "append");
    widget.draw();
    expect(text(el, ".rw-status")).toBe("");
  });

  it("is said by a card in place of its foot, until a part without it", () => {
    const widget = card();
    widget.apply(part({ value: null, error }), "replace");
    const el = shown(widget);
    expect(text(el, ".rw-error")).toBe(error);
    expect([isHidden(el, ".rw-error"), isHidden(el, ".rw-foot")]).toEqual([false, true]);
    widget.apply(part(number(1), [NOW]), "replace");
    widget.draw();
    expect([isHidden(el, ".rw-error"), isHidden(el, ".rw-foot")]).toEqual([true, false]);
  });

  it("has its word in Japanese, as a level has", () => {
    traits.locale = "ja_JP";
    const widget = card();
    widget.apply(part(number(1, { error, level: "error" }), [NOW]), "replace");
    const el = shown(widget);
    expect(text(el, ".rw-status")).toBe("エラー");
    expect(text(el, ".rw-level")).toBe("エラー");
  });

  it("is said in the language of its words; numbers are in that of the reader's locale", () => {
    const widget = card();
    widget.apply(part(number(1234.5), [NOW]), "replace");
    const el = shown(widget);
    const languages = () => [".rw-root", ".rw-value"].map((at) => el.querySelector<HTMLElement>(at)!.lang);
    traits.locale = "ja_JP";
    widget.draw();
    expect(languages()).toEqual(["ja", "ja-JP"]);
    traits.locale = "de-AT";
    widget.draw();
    expect(languages()).toEqual(["en", "de-AT"]);
  });
});

describe("a chart whose link is lost", () => {
  it("leaves room behind the line as time goes on, up to half of the window, until the link is back", () => {
    const widget = chart();
    const link = (state: string, since_age: number) => ({ link: { state, since_age } });
    const to = (seconds: number) => {
      time = 1000 * seconds;
      widget.refresh();
      return widget.data.span[1] - NOW;
    };
    time = 0;
    widget.apply(part(link("reconnecting", 1), [NOW - 70, NOW]), "replace");
    expect([to(3), widget.state]).toEqual([0, "live"]);
    expect([to(9), widget.state]).toEqual([10, "disconnected"]);
    expect(widget.data.span[0]).toBe(NOW - 50);
    expect(to(600)).toBe(30);
    widget.apply(part(link("connected", 0), [NOW - 70, NOW]), "replace");
    expect([to(601), widget.state]).toEqual([0, "live"]);
    // Of two feeds one lives: its line goes to the end.
    widget.apply({ ...part(link("reconnecting", 20), [NOW - 21, NOW - 20]), feed: "1" }, "replace");
    expect([to(601), widget.state]).toEqual([0, "disconnected"]);
    time = 0;
  });
});

describe("data that pause", () => {
  it("are said in passing after longer than usual, with what is usual", () => {
    time = 0;
    const widget = card();
    widget.apply(part(number(1, { age: 0, quiet_after: 5 }), [NOW]), "replace");
    const el = shown(widget);
    expect([widget.state, isHidden(el, ".rw-status")]).toEqual(["live", true]);
    time = 20_000;
    widget.tick("alive");
    widget.draw();
    const root = el.querySelector<HTMLElement>(".rw-root")!;
    const status = el.querySelector<HTMLElement>(".rw-status")!;
    expect([widget.state, root.dataset.rwState]).toEqual(["stale", "quiet"]);
    expect([text(el, ".rw-status"), status.title.replaceAll("\u00a0", " ")]).toEqual([
      "Last data 20 s ago",
      "Data usually come within 5 s",
    ]);
    time = 0;
  });

  it("have no trend of the last minute", () => {
    time = 0;
    const widget = card();
    const trend = { age: 0, quiet_after: 5, delta: 1 };
    widget.apply(part(number(2, trend), [NOW]), "replace");
    const el = shown(widget);
    expect([text(el, ".rw-trend"), isHidden(el, ".rw-trend")]).toEqual(["▲ +1 · last 60 s", false]);
    time = 20_000;
    widget.tick("alive");
    widget.draw();
    expect(isHidden(el, ".rw-trend")).toBe(true);
    time = 0;
  });

  it("of a table are nothing to say", () => {
    const widget = chart();
    widget.apply(part({ age: 100, quiet_after: null }, [NOW]), "replace");
    const el = shown(widget);
    expect([widget.state, text(el, ".rw-status")]).toEqual(["idle", ""]);
  });
});

describe("a kernel that is gone", () => {
  it.each([
    ["silent", "Kernel not responding"],
    ["ended", "Kernel stopped: run the cell again"],
  ] as const)("is said to be %s", (kernel, words) => {
    const widget = card();
    widget.apply(part(number(1), [NOW]), "replace");
    const el = shown(widget);
    widget.tick(kernel);
    widget.draw();
    expect([widget.state, text(el, ".rw-status")]).toEqual(["kernel_gone", words]);
  });
});

describe("what cannot be drawn", () => {
  it("is said in place of the view, until it can", () => {
    const widget = card();
    widget.apply(part(number(1), [NOW]), "replace");
    const el = shown(widget);
    const root = el.querySelector<HTMLElement>(".rw-root")!;
    traits._format = null;
    expect(() => widget.draw()).toThrow(TypeError);
    expect(root.dataset.rwState).toBe("error");
    expect(text(root, ":scope > .rw-failure")).toContain("This could not be drawn");
    expect(root.hasAttribute("data-rw-failed")).toBe(true); // for its style sheet
    traits._format = { name: "number" };
    widget.draw();
    expect([root.dataset.rwState, root.querySelector(".rw-failure")]).toEqual(["live", null]);
    expect(root.hasAttribute("data-rw-failed")).toBe(false);
  });

  it("is said of data that could not be taken in, until everything has come anew", () => {
    const widget = card();
    widget.apply(part(number(1), [NOW]), "replace");
    const broken = {
      ...part(number(2), [NOW]),
      key: false,
      columns: { k: [0], lo: null },
    } as unknown as Part;
    Object.defineProperty(broken.columns, "k", {
      get: () => {
        throw new RangeError("offset is out of bounds");
      },
    });
    expect(() => widget.apply(broken, "append")).toThrow(RangeError);
    const el = shown(widget);
    expect([widget.state, text(el, ".rw-error")]).toEqual([
      "error",
      expect.stringContaining("out of bounds"),
    ]);
    widget.apply(part(number(3), [NOW]), "replace");
    expect(widget.state).toBe("live");
  });
});

describe("what never came", () => {
  it("makes a card stale until the next value", () => {
    const widget = card();
    widget.apply(part(number(1, { missing: "trimmed" }), [NOW]), "replace");
    const el = shown(widget);
    expect([widget.state, text(el, ".rw-status")]).toEqual(["stale", "Data missing"]);
    widget.apply(part(number(2), [NOW + 1]), "replace");
    widget.draw();
    expect([widget.state, text(el, ".rw-status")]).toEqual(["live", ""]);
  });
});

describe("a card", () => {
  it.each([
    [{ value: 0.5 }, 300, "28px line"],
    [{ value: 1_234_567_890 }, 300, "28px line"],
    [{ value: 1_234_567_890 }, 160, "14px line"],
    [{ value: 1e18 }, 300, "14px line"],
    [{ value: 1e18 }, 190, "28px line"],
    [{ duration: 94 }, 220, "28px line"],
    [{ duration: 31_539_660 }, 120, "14px line"],
    [{ duration: 84_540 }, 120, "12px line"],
    [{ text: "idle" }, 160, "28px line"],
    [{ text: "waiting for the third replica" }, 160, "14px lines"],
  ])("writes %j into a width of %d in one line, but for long text", (what, px, look) => {
    const widget = card();
    widget.apply(part(number(1, what), [NOW]), "replace");
    width = px;
    const value = shown(widget).querySelector<HTMLElement>(".rw-value")!;
    expect(`${value.style.getPropertyValue("--rw-size")} ${value.dataset.rwFit}`).toBe(look);
  });

  it("that is paused fits the number it keeps into another width", () => {
    const widget = card();
    widget.apply(part(number(1_234_567_890), [NOW]), "replace");
    width = 300;
    const value = shown(widget).querySelector<HTMLElement>(".rw-value")!;
    traits.paused = true;
    width = 160;
    const again = shown(widget).querySelector<HTMLElement>(".rw-value")!;
    expect([value, again].map((el) => el.style.getPropertyValue("--rw-size"))).toEqual(["28px", "14px"]);
  });

  it("says its level by a shape and a word, and nothing while all is well", () => {
    const widget = card();
    const el = shown(widget);
    const level = () => el.querySelector<HTMLElement>(".rw-level")!;
    for (const [told, word] of [
      ["normal", ""],
      ["warning", "Warning"],
      ["error", "Error"],
    ] as const) {
      widget.apply(part(number(7, { level: told }), [NOW]), "replace");
      widget.draw();
      expect([level().hidden, level().textContent]).toEqual([!word, word]);
      const shapes = { normal: undefined, warning: "triangle", error: "cross" };
      expect(level().querySelector<SVGElement>(".rw-glyph")?.dataset.rwIcon).toBe(shapes[told]);
    }
  });

  it("says which alert gives its level, also with few numbers, which leave that out", () => {
    traits._format = { name: "percentage" };
    const widget = card();
    const el = shown(widget);
    const said = () => text(el, ".rw-level");
    const reason = { kind: "above", text: "≥ {0}", bounds: [0.9], for: 10, name: "" };
    const apply = (body: object, few = false) => {
      const made = part(body, [NOW]);
      const { k0, ...numbers } = made.body;
      widget.apply(few ? { ...made, body: numbers } : made, "replace");
      widget.draw();
    };
    apply(number(0.95, { level: "error", reason }));
    expect(said()).toBe("Error: ≥ 90.0% for 10 s");
    apply(number(0.96, { level: "error" }), true);
    expect(said()).toBe("Error: ≥ 90.0% for 10 s");
    apply(number(0.97, { level: "error" }));
    expect(said()).toBe("Error");
    apply(number(0.95, { level: "error", reason }));
    apply(number(0.1, { level: "normal" }), true);
    expect(said()).toBe("");
  });

  it("that is paused shows its number once in a new view, and keeps it", () => {
    traits.paused = true;
    const widget = card();
    widget.apply(part(number(7), [NOW]), "replace");
    const el = shown(widget);
    expect(text(el, ".rw-value")).toBe("7");
    widget.apply(part(number(8), [NOW + 1]), "replace");
    widget.draw();
    expect(text(el, ".rw-value")).toBe("7");
  });

  it.each([
    [{ name: "number" }, 7, 2, "▲ +2 · last 60 s"],
    [{ name: "number" }, 7, -1498, "▼ −1,498 · last 60 s"],
    [{ name: "number" }, 7, 0, "±0 · last 60 s"],
    [{ name: "percentage" }, 0.5, -0.337, "▼ −33.7 pp · last 60 s"],
  ])("of %j says by how much %d has changed, %d, in its window: %s", (format, value, delta, said) => {
    traits._format = format;
    const widget = card();
    widget.apply(part(number(value, { delta, span: 12.4 }), [NOW]), "replace");
    expect(text(shown(widget), ".rw-trend")).toBe(said);
  });

  it.each([
    [3, 1, "▲ +50.0% · last 60 s"],
    [-1, 1, "▲ +50.0% · last 60 s"],
    [0.3, 0.3, "▲ last 60 s"],
  ])("says how much %d, changed by %d, is of what it was: %s", (value, delta, said) => {
    traits.change = "relative";
    const widget = card();
    widget.apply(part(number(value, { delta }), [NOW]), "replace");
    expect(text(shown(widget), ".rw-trend")).toBe(said);
  });

  it.each([
    ["duration", 90, "1 min 30 s"],
    ["moment", NOW, "Nov 18, 2026, 20:06:40"],
    ["moment", 0, "Jan 1, 1970, 09:00:00"],
    ["text", "idle", "idle"],
  ])("writes a %s of %s as %s", (name, value, said) => {
    traits.tz = "Asia/Tokyo";
    const widget = card();
    widget.apply(part({ value: null, level: "normal", [name]: value }, [NOW]), "replace");
    expect(text(shown(widget), ".rw-value")).toBe(said);
  });

  it.each<[Record<string, unknown>, object, string, string]>([
    [{ _compare: { kind: "previous", value: 0 } }, {}, "▲ +2 · vs previous", ""],
    [{ _compare: { kind: "value", value: 5 } }, {}, "▲ +2 · vs 5", ""],
    [{ _compare: { kind: "ago", value: 300 } }, { span: 300 }, "▲ +2 · vs 5 min ago", ""],
    [{ _compare: { kind: "ago", value: 300 } }, { span: 100 }, "▲ +2 · vs 1 min 40 s ago", ""],
    [{ reduce: "mean" }, { span: 60 }, "▲ +2 · vs 60 s ago", "mean · 60 s"],
    [{ reduce: "sum" }, { span: 60, covers: 8.5 }, "▲ +2 · vs 60 s ago", "sum · 8 s"],
    [{ reduce: "rate", locale: "ja" }, { span: 60 }, "▲ +2 · 60 秒前比", "毎秒・60 秒"],
  ])(
    "says with what its number is compared, and what it is made of: %j %j",
    (settings, more, trend, made) => {
      Object.assign(traits, settings);
      const widget = card();
      widget.apply(part(number(7, { delta: 2, ...more }), [NOW]), "replace");
      const el = shown(widget);
      expect([text(el, ".rw-trend"), text(el, ".rw-made")]).toEqual([trend, made]);
      expect(isHidden(el, ".rw-made")).toBe(!made);
    },
  );

  it("has no number where nothing is left to make one of, and no trend", () => {
    traits.reduce = "mean";
    const widget = card();
    widget.apply(part({ value: null, level: "normal" }, [NOW]), "replace");
    const el = shown(widget);
    expect([text(el, ".rw-value"), isHidden(el, ".rw-trend")]).toEqual(["—", true]);
  });

  it.each([
    [{ name: "compact" }, 123_456, "ja", "12.3万", "123,456"],
    [{ name: "bytes" }, 1536.5, "en", "1.5 KiB", "1,536.5 B"],
    [{ name: "si", unit: "W" }, 1_234_567, "en", "1.23 MW", "1,234,567 W"],
    [{ name: "compact" }, 12, "en", "12", null],
    [{ name: "number" }, 1 / 3, "en", "0.333", null],
  ])("of %j says %d in %s in full to those who listen", (format, value, locale, seen, heard) => {
    Object.assign(traits, { _format: format, locale });
    const widget = card();
    widget.apply(part(number(value), [NOW]), "replace");
    const el = shown(widget).querySelector<HTMLElement>(".rw-value")!;
    expect([el.textContent.replaceAll("\u00a0", " "), el.getAttribute("aria-label")]).toEqual([seen, heard]);
    expect(el.getAttribute("role")).toBe(heard && "img");
  });

  it("says the number in full that it has, also where it looks the same in short", () => {
    traits._format = { name: "compact" };
    const widget = card();
    widget.apply(part(number(1_234_567), [NOW]), "replace");
    const el = shown(widget).querySelector<HTMLElement>(".rw-value")!;
    widget.apply(part(number(1_234_568), [NOW]), "replace");
    widget.draw();
    expect([el.textContent, el.getAttribute("aria-label")]).toEqual(["1.2M", "1,234,568"]);
  });

  it("has a button with help beside its title where there is any", () => {
    const widget = card();
    const el = shown(widget);
    const button = el.querySelector<HTMLElement>(".rw-help")!;
    expect(button.hidden).toBe(true);
    traits.help = "<i>What</i> this is \ud800";
    widget.draw();
    expect([button.hidden, button.getAttribute("aria-label"), button.textContent]).toEqual([
      false,
      "About CPU",
      "<i>What</i> this is \ud800",
    ]);
  });

  it("has all digits of its number in a tooltip", () => {
    traits._format = { name: "compact" };
    const widget = card();
    widget.apply(part(number(1_234_567), [NOW]), "replace");
    const value = shown(widget).querySelector<HTMLElement>(".rw-value")!;
    value.dispatchEvent(new Event("pointerenter"));
    expect([value.textContent, value.title]).toEqual(["1.2M", "1,234,567"]);
  });

  it.each([
    ["", 2, 600, "[▲ +2 ·][] last 60\u00a0s", "up ▲ +2 · last 60\u00a0s"],
    ["€", -1_234_567.5, 120, "[▼ −€1.23M ·][] last 60\u00a0s", "down ▼ −€1,234,567.50 · last 60\u00a0s"],
    [
      "requests per second",
      10_000,
      120,
      "[▲ +10,000][ requests per second\u00a0·] last 60\u00a0s",
      "up ▲ +10,000 requests per second\u00a0· last 60\u00a0s",
    ],
  ])(
    "keeps a change together but for the words of its unit (%j, %d, at %d px)",
    (unit, delta, px, look, said) => {
      traits._format = { name: "number", unit };
      width = px;
      const widget = card();
      widget.apply(part(number(7, { delta }), [NOW]), "replace");
      const trend = shown(widget).querySelector(".rw-trend")!;
      const [by, over] = [...trend.children];
      const parts = [...by!.children].map(({ textContent }) => `[${textContent}]`);
      expect(`${parts.join("")} ${over!.textContent}`).toBe(look);
      expect(trend.getAttribute("aria-label")).toBe(said);
    },
  );

  it("takes what sums of numbers are off by for no change, in shape, colour and words", () => {
    traits.good = "up";
    const widget = card();
    widget.apply(part(number(0.1 + 0.2, { delta: 0.1 + 0.2 - 0.3 }), [NOW]), "replace");
    const root = shown(widget).querySelector<HTMLElement>(".rw-root")!;
    const trend = root.querySelector<HTMLElement>(".rw-trend")!;
    expect([text(root, ".rw-trend"), root.dataset.rwTrend, trend.dataset.rwVerdict]).toEqual([
      "±0 · last 60 s",
      "neutral",
      "",
    ]);
    expect(trend.getAttribute("aria-label")).toMatch(/^unchanged ±0 · /);
  });

  it("that has no room for its number has it in short, and says the whole", () => {
    traits._format = { name: "number", unit: "€", precision: 2 };
    width = 120;
    const widget = card();
    widget.apply(part(number(-12_345_678.9), [NOW]), "replace");
    const value = shown(widget).querySelector<HTMLElement>(".rw-value")!;
    value.dispatchEvent(new Event("pointerenter"));
    expect([value.textContent, value.getAttribute("aria-label"), value.title]).toEqual([
      "−€12.3M",
      "−€12,345,678.90",
      "−€12,345,678.90",
    ]);
    width = 600;
    widget.draw();
    const wide = shown(widget).querySelector<HTMLElement>(".rw-value")!;
    expect([wide.textContent, wide.hasAttribute("role")]).toEqual(["−€12,345,678.90", false]);
  });

  it("puts a unit that has no room below its number", () => {
    traits._format = { name: "number", unit: "requests per second" };
    width = 160;
    const widget = card();
    widget.apply(part(number(10_000), [NOW]), "replace");
    const value = shown(widget).querySelector<HTMLElement>(".rw-value")!;
    expect([value.dataset.rwFit, ...[...value.children].map(({ textContent }) => textContent)]).toEqual([
      "apart",
      "10,000",
      " requests per second",
    ]);
  });

  it("has the whole of a title that is cut in its tooltip", () => {
    traits.title = "Title ".repeat(2000);
    const title = shown(card()).querySelector<HTMLElement>(".rw-title")!;
    const heights = vi.spyOn(title, "scrollHeight", "get").mockReturnValue(2400);
    title.dispatchEvent(new Event("pointerenter"));
    expect(title.title).toBe(traits.title);
    heights.mockReturnValue(0);
    title.dispatchEvent(new Event("pointerenter"));
    expect(title.title).toBe("");
  });

  it("writes its number with every draw, and the trend as often as it can be read", () => {
    const widget = card();
    const put = (value: number) => {
      widget.apply(part(number(value, { delta: value, span: 60 }), [NOW + value]), "replace");
      widget.draw();
    };
    const el = shown(widget);
    const read = () => [text(el, ".rw-value"), text(el, ".rw-trend")];
    put(1);
    expect(read()).toEqual(["1", "▲ +1 · last 60 s"]);
    time += 50;
    put(2);
    expect(read()).toEqual(["2", "▲ +1 · last 60 s"]);
    traits.locale = "ja"; // a setting that changes shows at once
    put(3);
    expect(read()).toEqual(["3", "▲ +3 · 直近 60 秒"]);
    time += 1000;
    put(4);
    expect(read()).toEqual(["4", "▲ +4 · 直近 60 秒"]);
    time += 200; // long enough to be read: number and trend are of one moment
    put(5);
    expect(read()).toEqual(["5", "▲ +5 · 直近 60 秒"]);
  });

  it("says how old its number is once newer records have left it out for longer than the window", () => {
    const widget = card();
    widget.apply(part(number(5), [NOW]), "replace");
    const el = shown(widget);
    expect(isHidden(el, ".rw-status")).toBe(true);
    widget.apply(part(number(5, { behind: 125 }), [NOW]), "replace");
    widget.draw();
    expect([isHidden(el, ".rw-status"), text(el, ".rw-status")]).toEqual([false, "Last data 2 min ago"]);
    expect(text(el, ".rw-value")).toBe("5");
  });

  it("draws its line in order of time, broken before and after what says so", () => {
    width = 42; // a pixel for each of the forty seconds that there are, and half a line at either edge
    const widget = card();
    const times = [30, 20, 40, 50, 60].map((second) => NOW + second);
    widget.apply(part(number(5), times, [1, 2, 3, 4, 5], [0, 0, 0, BREAK_BEFORE, 0]), "replace");
    const el = shown(widget);
    const paths = ["line", "dots"].map((name) => el.querySelector(`.rw-${name}`)!.getAttribute("d"));
    const runs = paths[0]!.split("M").slice(1);
    const xs = runs.map((run) =>
      run
        .split(" ")
        .map(Number)
        .filter((_, i) => i % 2 === 0),
    );
    expect(xs).toEqual([
      [1, 11, 21],
      [31, 41],
    ]);
    expect(paths[1]).toBe("");
    expect(el.querySelector(".rw-spark")!.getAttribute("aria-label")).toBe("1 – 5");
  });
});
