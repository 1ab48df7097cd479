// Modules: the code of each kind is evaluated once per page, and whoever waits for it goes on in order.

import { beforeEach, describe, expect, it, vi } from "vitest";
import { Modules } from "../../src/lib/hop/modules";
import type { Kind } from "../../src/lib/hop/widget";
import { model } from "../hand";

class Chart {}
class Other {}
const kind = (each: unknown) => each as Kind;

let run: string[];
let fault: Error | null;
let modules: Modules;

beforeEach(() => {
  run = [];
  fault = null;
  modules = new Modules({}, async (code) => {
    run.push(code);
    if (fault) throw fault;
  });
});

describe("a kind", () => {
  it("is awaited until it is defined, by all in the order in which they came", async () => {
    const order: string[] = [];
    for (const who of ["adopt", "show"]) modules.ready("chart").then(() => order.push(who));
    await Promise.resolve();
    expect(order).toEqual([]);
    modules.define("chart", kind(Chart));
    modules.ready("chart").then(() => order.push("later"));
    await Promise.resolve();
    expect(order).toEqual(["adopt", "show", "later"]);
  });

  it("that is there is ready at once, and one that is not does not hold it up", async () => {
    modules.define("chart", kind(Chart));
    modules.ready("metric");
    await modules.ready("chart");
    expect([modules.get("chart"), modules.get("metric")]).toEqual([Chart, undefined]);
  });

  it("keeps its first definition", () => {
    modules.define("chart", kind(Chart));
    modules.define("chart", kind(Other));
    expect(modules.get("chart")).toBe(Chart);
  });
});

describe("code", () => {
  it("is evaluated once per page, however often it comes and over however many carriers", () => {
    const life = new AbortController();
    const first = model({ _rw_modules: { chart: "c", metric: "m" } });
    modules.follow(first, life.signal);
    modules.follow(model({ _rw_modules: { metric: "m" } }), life.signal);
    modules.load("chart", "c");
    expect(run).toEqual(["c", "m"]);
  });

  it("comes with the first widget of its kind, while the page is there", () => {
    const traits: Record<string, unknown> = { _rw_modules: { metric: "m" } };
    const carrier = model(traits);
    modules.follow(carrier, new AbortController().signal);
    traits._rw_modules = { metric: "m", chart: "c" };
    for (const changed of carrier.listeners) (changed as () => void)();
    expect(run).toEqual(["m", "c"]);
  });

  it("of a carrier that has none is none, and no listener is left behind", () => {
    const life = new AbortController();
    const carrier = model({});
    modules.follow(carrier, life.signal);
    expect([run, carrier.listeners.size]).toEqual([[], 1]);
    life.abort();
    expect(carrier.listeners.size).toBe(0);
  });

  it("of a kind that is defined already is not run again", () => {
    modules.define("chart", kind(Chart));
    modules.load("chart", "c");
    expect(run).toEqual([]);
  });

  it("that fails is reported, and may come again", async () => {
    const report = vi.spyOn(console, "error").mockImplementation(() => {});
    fault = new Error("no");
    modules.load("chart", "c");
    await vi.waitFor(() => expect(report).toHaveBeenCalledTimes(1));
    fault = null;
    modules.load("chart", "c");
    expect(run).toEqual(["c", "c"]);
  });
});
