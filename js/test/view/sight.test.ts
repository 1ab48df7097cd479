// What is off screen is not drawn, and farther off not sent.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MetricCard } from "../../src/metric";
import { Stage, text } from "../stage";

/** The observers, made once for all elements of a page; the one for the screen is the first. */
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
const life = new AbortController();

/** Moves the element: on screen, near it, or away. */
function move(on: boolean, near: boolean) {
  for (const [i, isIntersecting] of [on, near].entries())
    observers[i]!.told([{ target: el, isIntersecting }]);
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
    stage.carrier.sent.at(-1) as unknown as { models: Record<string, { views: number; draws: number }> }
  ).models.w!;
};

beforeEach(() => {
  stage = new Stage({ metric: MetricCard });
  el = stage.show(
    "w",
    "metric",
    {
      icon: "",
      sparkline: false,
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

it("counts as shown while it is near, and its draws do not", () => {
  value(1);
  const before = reported().draws;
  move(false, true);
  value(2);
  expect(reported()).toMatchObject({ views: 1, draws: before });
  move(false, false);
  expect(reported().views).toBe(0);
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
  expect(observers.map(({ options }) => [options.rootMargin, options.scrollMargin])).toEqual([
    ["10%", "10%"],
    ["100%", "100%"],
  ]);
});
