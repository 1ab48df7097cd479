// The front end as a module: opened when it is evaluated, filled by the code of each kind, and carried by any model.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { slot } from "../src/lib/hop/slot";
import { model } from "./hand";

const KEY = Symbol.for("realtime_widgets/2/test");

/** Evaluates the front end anew, as a page does, or once more, as a text that stands before the code of another kind. */
async function evaluated(): Promise<typeof import("../src/page").default> {
  vi.resetModules();
  return (await import("../src/page")).default;
}

const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  delete (globalThis as unknown as Record<symbol, unknown>)[KEY];
});

afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

const header = () =>
  model({
    _rw_id: "h",
    _rw_kind: "dashboard",
    _rw_carrier: "c",
    title: "All",
    locale: "en",
    theme: "light",
    _members: [],
  });

it("is there for the code of a kind as soon as it is evaluated, and for stubs once it is carried", async () => {
  let carried = false;
  const { carry } = await evaluated();
  slot().promise.then(() => {
    carried = true;
  });
  await import("../src/dashboard");
  await settled();
  expect([typeof slot().page?.modules.get("dashboard"), carried]).toEqual(["function", false]);
  carry(model({ _rw_carrier: "c" }));
  await settled();
  expect(carried).toBe(true);
});

it("has the modules that the code of kinds imports", async () => {
  await evaluated();
  expect(slot().core?.["view/live"]).toHaveProperty("LiveWidget");
  expect(slot().core?.["hop/slot"]).toHaveProperty("define");
});

it("is one, however often its text is evaluated", async () => {
  await evaluated();
  const { page, core } = slot();
  await evaluated();
  expect([slot().page === page, slot().core === core]).toEqual([true, true]);
});

it("of a widget that brings it takes that widget on, shows it, and speaks over its comm", async () => {
  const shared = await evaluated();
  await import("../src/dashboard");
  const own = header();
  const el = document.createElement("div");
  document.body.append(el);
  const leave = shared.initialize({ model: own });
  const hide = await shared.render({ model: own, el });
  await vi.advanceTimersByTimeAsync(100);
  expect(own.sent.map(({ models }) => models)).toEqual([{ h: { views: 1, near: 0, px: 600, draws: 1 } }]);
  expect(el.querySelector(".rw-title")!.textContent).toBe("All");
  hide();
  leave();
  expect([el.children.length, own.listeners.size]).toEqual([0, 0]);
});
