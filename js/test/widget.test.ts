// The stub: what it waits for, in which order it goes on, and how many stubs ask the kernel when nothing comes.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ASK_AFTER_MS, ASK_AGAIN_MS } from "../src/lib/hop/asking";
import { Modules } from "../src/lib/hop/modules";
import { type FrontEnd, slot } from "../src/lib/hop/slot";
import type { Kind } from "../src/lib/hop/widget";
import stub from "../src/widget";
import { model } from "./hand";

const evaluated = vi.hoisted(() => ({ code: [] as string[], carriers: [] as unknown[], open: () => {} }));

vi.mock("../src/lib/hop/evaluate", () => ({
  evaluate: async (code: string) => {
    evaluated.code.push(code);
    evaluated.open();
    return { default: { carry: (carrier: unknown) => evaluated.carriers.push(carrier) } };
  },
}));

type Made = ReturnType<typeof model>;

let done: string[];
let page: FrontEnd;

const widget = (id: string, kind = "metric") => model({ _rw_id: id, _rw_kind: kind });
const id = (each: { get(name: string): unknown }) => each.get("_rw_id");
const asked = (each: Made) => each.sent as unknown[];
const answer = (each: Made, content: object) => {
  for (const listener of [...each.listeners]) (listener as (content: object) => void)({ rw: 2, ...content });
};
const settled = () => vi.advanceTimersByTimeAsync(0);

function render(each: Made, signal?: AbortSignal): HTMLElement {
  const el = document.body.appendChild(document.createElement("div"));
  stub.render({ model: each, el, signal });
  return el;
}

/** The front end is there, with a route to a kernel. */
function open(): void {
  slot().page = page;
  slot().resolve(page);
}

beforeEach(() => {
  vi.useFakeTimers();
  delete (globalThis as unknown as Record<symbol, unknown>)[Symbol.for("realtime_widgets/2/test")];
  Object.assign(evaluated, { code: [], carriers: [], open: () => {} });
  done = [];
  page = {
    modules: new Modules(),
    attach() {},
    adopt: (each) => done.push(`adopt ${id(each)}`),
    show: (each) => done.push(`show ${id(each)}`),
  };
});

afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
});

describe("a widget", () => {
  it("is taken on and shown when the front end and its kind are there, in this order", async () => {
    const a = widget("a");
    stub.initialize({ model: a });
    render(a);
    open();
    await settled();
    expect(done).toEqual([]);
    page.modules.define("metric", class {} as unknown as Kind);
    await settled();
    expect(done).toEqual(["adopt a", "show a"]);
  });

  it("waits for its own kind only", async () => {
    open();
    page.modules.define("metric", class {} as unknown as Kind);
    for (const each of [widget("c", "chart"), widget("m", "metric")]) {
      stub.initialize({ model: each });
      render(each);
    }
    await settled();
    expect(done).toEqual(["adopt m", "show m"]);
  });

  it("that ends while it waits is not taken on", async () => {
    const leave = stub.initialize({ model: widget("a") });
    open();
    await settled();
    leave();
    page.modules.define("metric", class {} as unknown as Kind);
    await settled();
    expect(done).toEqual([]);
  });

  it("keeps room, says when nothing has come, and shows all the same when it comes", async () => {
    const el = render(widget("a"));
    expect(el.style.minHeight).toBe("96px");
    await vi.advanceTimersByTimeAsync(15_000);
    expect(el.textContent).toBe("realtime_widgets: the front end did not load. Run the cell again.");
    open();
    page.modules.define("metric", class {} as unknown as Kind);
    await settled();
    expect([el.textContent, el.style.minHeight, done]).toEqual(["", "", ["show a"]]);
  });
});

describe("a widget that waits no more", () => {
  const all = () => Array.from({ length: 50 }, (_, i) => widget(`w${i}`));

  it("does not ask once it has ended, and keeps nothing running", async () => {
    const gone = all();
    const view = new AbortController();
    for (const each of gone) render(each, view.signal);
    view.abort();
    await vi.advanceTimersByTimeAsync(1_800_000);
    expect(gone.flatMap(asked)).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("says nothing once its view has ended, and is not shown by code that comes later", async () => {
    const life = new AbortController();
    const el = render(widget("a"), life.signal);
    life.abort();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(el.textContent).toBe("");
    open();
    page.modules.define("metric", class {} as unknown as Kind);
    await settled();
    expect(done).toEqual([]);
  });

  it("leaves the asking to those that are in the document", async () => {
    const away = all();
    for (const each of away) render(each).remove();
    await vi.advanceTimersByTimeAsync(600_000);
    const here = widget("here");
    render(here);
    await vi.advanceTimersByTimeAsync(ASK_AFTER_MS);
    expect([away.flatMap(asked), asked(here)]).toEqual([[], [{ rw: 2, do: "load" }]]);
  });
});

describe("many widgets that find no front end", () => {
  let all: Made[];
  const count = () => all.reduce((sum, each) => sum + asked(each).length, 0);

  beforeEach(() => {
    all = Array.from({ length: 20 }, (_, i) => widget(`w${i}`));
    for (const each of all) render(each);
  });

  it("ask once, after a while, over the comm of one of them", async () => {
    await vi.advanceTimersByTimeAsync(ASK_AFTER_MS - 1);
    expect(count()).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked(all[0]!)).toEqual([{ rw: 2, do: "load" }]);
    await vi.advanceTimersByTimeAsync(ASK_AGAIN_MS - 1000);
    expect(count()).toBe(1);
  });

  it("ask again over another comm when no answer came, after a pause that grows", async () => {
    await vi.advanceTimersByTimeAsync(ASK_AFTER_MS + ASK_AGAIN_MS);
    expect([asked(all[0]!).length, count()]).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(2 * ASK_AGAIN_MS - 1000);
    expect(count()).toBe(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(count()).toBe(3);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(count()).toBeLessThanOrEqual(20);
  });

  it("have the one that asked carry, once the answer is there, and ask no more", async () => {
    evaluated.open = () => {
      open();
      page.modules.define("metric", class {} as unknown as Kind);
    };
    await vi.advanceTimersByTimeAsync(ASK_AFTER_MS);
    answer(all[0]!, { code: "page and metric" });
    answer(all[0]!, { code: "page and metric" }); // asked for by another tab
    await settled();
    expect([evaluated.code, evaluated.carriers]).toEqual([["page and metric"], [all[0]]]);
    expect(done).toHaveLength(20);
    await vi.advanceTimersByTimeAsync(100_000);
    expect([count(), all.every(({ listeners }) => listeners.size === 0)]).toEqual([1, true]);
  });
});

describe("a widget alone", () => {
  it("asks again by itself, later", async () => {
    const a = widget("a");
    render(a);
    await vi.advanceTimersByTimeAsync(ASK_AFTER_MS + 2 * ASK_AGAIN_MS - 1000);
    expect(asked(a)).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect([asked(a).length, a.listeners.size]).toEqual([2, 1]);
  });
});

describe("a kind that does not come to a page with a front end", () => {
  it("is asked for once, beside other kinds, and its code goes to the page", async () => {
    open();
    const [a, b, chart] = [widget("a"), widget("b"), widget("c", "chart")];
    for (const each of [a, b, chart]) render(each);
    await vi.advanceTimersByTimeAsync(ASK_AFTER_MS);
    expect(asked(a)).toEqual([{ rw: 2, do: "load", kind: "metric" }]);
    expect(asked(b)).toEqual([]);
    expect(asked(chart)).toEqual([{ rw: 2, do: "load", kind: "chart" }]);
    answer(a, { module: "metric", code: "metric" });
    expect(evaluated.code).toEqual(["metric"]);
  });

  it("that comes meanwhile is not asked for", async () => {
    open();
    const a = widget("a");
    render(a);
    page.modules.define("metric", class {} as unknown as Kind);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked(a)).toEqual([]);
  });
});
