// What is off screen is not drawn, and farther off not sent.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MetricCard } from "../../src/metric";
import { Stage, text } from "../stage";

/** The observers, made once for all elements of a page: the one for the screen, and those for what is off it. */
const observers: Eyes[] = [];

class Eyes {
  readonly seen = new Set<Element>();
  constructor(
    readonly told: (entries: { target: Element; isIntersecting: boolean }[]) => void,
    readonly options: IntersectionObserverInit,
  ) {
    observers.push(this);
  }
  observe(el: Element) {
    this.seen.add(el);
  }
  unobserve(el: Element) {
    this.seen.delete(el);
  }
}

vi.stubGlobal("IntersectionObserver", Eyes);

let stage: Stage;
let el: HTMLElement;
let life = new AbortController();

/** Says whether the element, which is off the screen, is near it. */
const beyond = () => observers.slice(1).find(({ seen }) => seen.has(el));

/** Moves the element: on screen, near it, or away. Those that watch it say so, one after the other. */
function move(on: boolean, near: boolean) {
  observers[0]!.told([{ target: el, isIntersecting: on }]);
  beyond()?.told([{ target: el, isIntersecting: near }]);
  stage.clock.draw();
}

const value = (number: number, at = number) =>
  stage.put("w", { value: number, newest: at, age: 0, level: "normal", quiet_after: 5 }, [1, at, true]);

const shown = () => text(el, ".rw-value");
const reported = () => {
  const { sent } = stage.carrier;
  stage.page.frame("c1", { rw: 2, mid: 1, t: 0, parts: [], heard: { [stage.page.id]: sent.at(-1)!.n } }, []);
  stage.clock.run(9_000); // past the pace of reports
  return (
    stage.carrier.sent.at(-1) as unknown as {
      models: Record<string, { views: number; near: number; draws: number }>;
    }
  ).models.w!;
};

beforeEach(() => {
  life = new AbortController();
  stage = new Stage({ metric: MetricCard });
  el = stage.show(
    "w",
    "metric",
    {
      icon: "",
      sparkline: false,
      reduce: "last",
      _compare: { kind: "window", value: 0 },
      _format: { name: "number" },
      _window: { seconds: 60 },
    },
    life.signal,
  );
});
afterEach(() => stage.end());

it("is drawn again as soon as it is on screen, with what came meanwhile", () => {
  value(1);
  expect(shown()).toBe("1");
  move(false, true);
  value(2);
  expect(shown()).toBe("1");
  move(true, true);
  expect(shown()).toBe("2");
});

it("is drawn once while it is near, so that it is as high as it will be when it comes on screen", () => {
  move(false, true);
  value(1);
  expect(shown()).toBe("1");
  value(2);
  expect(shown()).toBe("1");
});

it("is not drawn at all while it is away", () => {
  move(false, false);
  value(1);
  expect(shown()).toBe("—");
});

it("says off the screen too that its kernel has gone, and near it what has become of its data", () => {
  const state = () => el.querySelector<HTMLElement>(".rw-root")!.dataset.rwState;
  value(1);
  expect(state()).toBe("live");
  move(false, true);
  stage.put("w", { value: 1, newest: 1, age: 20, level: "normal", quiet_after: 5 }, [1, 2, false]);
  stage.clock.draw();
  expect(state()).toBe("quiet");
  move(false, false);
  stage.clock.run(60_000); // without a word
  stage.clock.draw();
  expect(state()).toBe("kernel_gone");
});

it("is told of as near, and its draws do not count", () => {
  value(1);
  const before = reported();
  expect(before).toMatchObject({ views: 1, near: 0 });
  move(false, true);
  value(2);
  expect(reported()).toMatchObject({ views: 1, near: 1, draws: before.draws });
  move(false, false);
  expect(reported()).toMatchObject({ views: 0, near: 0 });
});

it("does not grow old while nothing is sent to it", () => {
  value(1);
  move(false, false);
  stage.pass(60);
  move(true, true);
  expect(el.querySelector<HTMLElement>(".rw-root")!.dataset.rwState).toBe("live");
  value(2);
  stage.pass(20);
  expect(el.querySelector<HTMLElement>(".rw-root")!.dataset.rwState).toBe("quiet");
});

it("looks beyond the edges of boxes that scroll, too", () => {
  move(false, true);
  expect(observers.map(({ options }) => [options.rootMargin, options.scrollMargin])).toEqual([
    ["10%", "10%"],
    ["100%", "100%"],
  ]);
});

it("is watched by one observer more while it is off the screen, and by none when it has gone", () => {
  const watching = () => observers.filter(({ seen }) => seen.has(el)).length;
  expect(watching()).toBe(1);
  move(false, true);
  expect(watching()).toBe(2);
  move(false, false);
  expect(watching()).toBe(2);
  move(true, true);
  expect(watching()).toBe(1);
  move(false, true);
  life.abort();
  expect(watching()).toBe(0);
});

it("is near by the outermost box that scrolls: what is around that may cut off all beyond it", () => {
  const [outer, inner, lying] = [0, 1, 2].map(() => document.createElement("div"));
  const high = (box: HTMLElement, height: number) =>
    Object.defineProperty(box, "scrollHeight", { value: height, configurable: true });
  for (const box of [outer!, inner!, lying!]) box.style.overflowY = "auto";
  high(outer!, 900);
  high(inner!, 300);
  document.body.append(outer!);
  outer!.append(inner!);
  inner!.append(lying!);
  lying!.append(el);
  move(false, true);
  expect(beyond()!.options.root).toBe(outer);
  move(true, true);
  high(document.documentElement, 900);
  move(false, true);
  expect(beyond()!.options.root).toBe(null);
  high(document.documentElement, 0);
});

it("is not told of as near by an observer that had not heard of its return", () => {
  move(false, true);
  const near = beyond()!;
  observers[0]!.told([{ target: el, isIntersecting: true }]);
  near.told([{ target: el, isIntersecting: false }]);
  expect(reported()).toMatchObject({ views: 1, near: 0 });
});

it("looks anew for the box that scrolls when it gets a place, as in a tab that comes to the front", () => {
  const outer = document.createElement("div");
  outer.style.overflowY = "auto";
  document.body.append(outer);
  outer.append(el);
  stage.width = 0;
  stage.resized(el);
  move(false, false);
  expect(beyond()!.options.root).toBe(null);
  Object.defineProperty(outer, "scrollHeight", { value: 900 });
  stage.width = 600;
  stage.resized(el);
  expect(beyond()!.options.root).toBe(outer);
  expect(observers.filter(({ seen }) => seen.has(el))).toHaveLength(2);
});

it("does not call data stale between the parts that come once a second while it is near", () => {
  const state = () => el.querySelector<HTMLElement>(".rw-root")!.dataset.rwState;
  stage.set("w", "stale_after", 0.5);
  move(false, true);
  const states = new Set<string | undefined>();
  for (let at = 1; at < 5; at++) {
    value(at);
    for (let i = 0; i < 10; i++) {
      stage.clock.run(100);
      stage.clock.draw();
      states.add(state());
    }
  }
  expect(states).toEqual(new Set(["live"]));
  stage.pass(4);
  expect(state()).toBe("stale");
});
