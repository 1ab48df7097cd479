// The page: whom parts reach, what is held back, what is said to the kernel and how often.

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Meaning } from "../../src/lib/hop/cursor";
import { EARLY_MS } from "../../src/lib/hop/early";
import type { Part } from "../../src/lib/hop/frames";
import type { KernelLife } from "../../src/lib/hop/kernel";
import { Modules } from "../../src/lib/hop/modules";
import { Page } from "../../src/lib/hop/page";
import {
  KERNEL_GONE_MS,
  MAX_FRAMES_BEHIND,
  MAX_QUICK_REPORTS,
  MAX_UNANSWERED,
  MUTED_REPORT_MS,
  QUICK_REPORT_GAP_MS,
  REPORT_GAP_MS,
  REPORT_MS,
} from "../../src/lib/hop/route";
import type { Host } from "../../src/lib/hop/widget";
import type { Model } from "../../src/lib/hop/wire";
import { HandClock, model } from "../hand";

class Recorder {
  static all: Recorder[] = [];
  static done: string[] = [];
  applied: [Part, Meaning][] = [];
  drawn = 0;
  kernel: KernelLife = "alive";
  px = 640;
  views = 1;
  near = 0;
  constructor(
    readonly model: Model,
    readonly host: Host,
  ) {
    Recorder.all.push(this);
  }
  apply(part: Part, meaning: Meaning) {
    if (this.fault) throw this.fault;
    this.applied.push([part, meaning]);
  }
  /** What its code throws. */
  fault: Error | null = null;
  shown: AbortSignal[] = [];
  show(_el: HTMLElement, signal: AbortSignal) {
    this.shown.push(signal);
  }
  measure() {
    Recorder.done.push("measure");
  }
  draw() {
    Recorder.done.push("draw");
    if (this.fault) throw this.fault;
    this.drawn++;
    return this.views;
  }
  tick(kernel: KernelLife) {
    if (this.fault) throw this.fault;
    this.kernel = kernel;
  }
  refresh() {
    this.refreshed++;
  }
  refreshed = 0;
}

const part = (to: string, first: number, last: number, key: boolean, body: object = { x: 1 }) => ({
  to,
  feed: "0",
  first,
  last,
  key,
  body,
  cols: [],
});

let clock: HandClock;
let page: Page;
let carrier: ReturnType<typeof model>;
let life: AbortController;

const frame = (parts: unknown[], heard = {}) => page.frame("c1", { rw: 2, mid: 1, t: 0, parts, heard }, []);
const answered = (parts: unknown[] = []) => frame(parts, { [page.id]: carrier.sent.at(-1)?.n ?? 0 });

function adopt(id: string, carrierId = "c1"): Recorder {
  page.adopt(model({ _rw_id: id, _rw_kind: "recorder", _rw_carrier: carrierId }), life.signal);
  return Recorder.all.at(-1)!;
}

beforeEach(() => {
  clock = new HandClock();
  page = new Page(new Modules({ recorder: Recorder }), clock);
  carrier = model({ _rw_carrier: "c1" });
  life = new AbortController();
  page.attach(carrier, life.signal);
  answered(); // to its first word
  clock.run(MAX_QUICK_REPORTS * REPORT_GAP_MS);
  carrier.sent.length = 0;
});

describe("parts", () => {
  it("reach the widget they are addressed to, and no other", () => {
    const [a, b] = [adopt("a"), adopt("b")];
    frame([part("a", 1, 3, true), part("elsewhere", 1, 1, true)]);
    expect(a.applied.map(([{ last }, meaning]) => [last, meaning])).toEqual([[3, "replace"]]);
    expect(b.applied).toEqual([]);
  });

  it("that come before their widget wait for it, but not for long", () => {
    frame([part("soon", 1, 1, true)]);
    frame([part("late", 1, 1, true)]);
    clock.run(EARLY_MS / 2);
    expect(adopt("soon").applied).toHaveLength(1);
    clock.run(EARLY_MS);
    frame([]);
    frame([part("other", 1, 1, true)]);
    expect(adopt("late").applied).toHaveLength(0);
  });

  it("show nothing before the first keyframe", () => {
    const a = adopt("a");
    clock.draw();
    const before = a.drawn;
    frame([part("a", 5, 5, false)]);
    clock.draw();
    expect([a.applied.length, a.drawn]).toEqual([0, before]);
    frame([part("a", 1, 6, true)]);
    clock.draw();
    frame([part("a", 8, 8, false)]);
    clock.draw();
    expect(a.applied.map(([, meaning]) => meaning)).toEqual(["replace", "hole"]);
  });

  it("are drawn after the sizes of all that draw were asked for", () => {
    const [a, b] = [adopt("a"), adopt("b")];
    Recorder.done = [];
    frame([part("a", 1, 1, true), part("b", 1, 1, true)]);
    clock.draw();
    expect([a.drawn, b.drawn]).toEqual([1, 1]);
    expect(Recorder.done).toEqual(["measure", "measure", "draw", "draw"]);
  });

  it("are drawn once per animation frame, however many come", () => {
    const a = adopt("a");
    frame([part("a", 1, 1, true)]);
    for (let i = 2; i < 50; i++) frame([part("a", i, i, false)]);
    expect(a.drawn).toBe(0);
    clock.draw();
    expect(a.drawn).toBe(1);
  });

  it("are not drawn on a hidden page, and all at once when it is shown again", () => {
    const a = adopt("a");
    clock.draw();
    clock.show(false);
    const before = a.drawn;
    frame([part("a", 1, 1, true)]);
    clock.draw();
    expect(a.drawn).toBe(before);
    clock.show(true);
    clock.draw();
    expect(a.drawn).toBe(before + 1);
  });

  it("without a body are reminders: they show a hole and change nothing", () => {
    const a = adopt("a");
    clock.run(100);
    answered([part("a", 1, 5, true)]);
    clock.run(REPORT_GAP_MS + 100);
    answered([part("a", 6, 5, false, {})]);
    expect(a.applied).toHaveLength(1);
    answered([part("a", 8, 7, false, {})]);
    expect(a.applied).toHaveLength(1);
    clock.run(REPORT_GAP_MS + 100);
    expect(carrier.sent.at(-1)!.need).toEqual(["a"]);
  });
});

describe("frames as fast as the screen", () => {
  let a: Recorder;
  const came = () => a.applied.length;

  beforeEach(() => {
    a = adopt("a");
    frame([part("a", 1, 1, true)]);
    clock.draw();
  });

  it("are each drawn, though two come within one frame of the screen, and then none", () => {
    const drawn = a.drawn;
    for (let n = 2; n < 12; n += 2) {
      frame([part("a", n, n, false)]);
      frame([part("a", n + 1, n + 1, false)]);
      expect(came()).toBe(n);
      clock.draw();
      clock.draw();
      expect(came()).toBe(n + 1);
    }
    expect(a.drawn - drawn).toBe(10);
  });

  it("keep their order, and never more than one waits", () => {
    for (let n = 2; n < 6; n++) frame([part("a", n, n, false)]);
    expect(a.applied.map(([{ last }]) => last)).toEqual([1, 2, 3, 4]);
    expect(a.applied.every(([, meaning]) => meaning !== "hole")).toBe(true);
    clock.draw();
    expect(came()).toBe(5);
  });

  it("catch up after two seconds at the latest", () => {
    frame([part("a", 2, 2, false)]);
    for (let n = 3; n < 3 + MAX_FRAMES_BEHIND + 2; n++) {
      frame([part("a", n, n, false)]);
      clock.draw();
    }
    const last = 2 + MAX_FRAMES_BEHIND + 2;
    expect(came()).toBe(last);
    frame([part("a", last + 1, last + 1, false)]);
    expect(came()).toBe(last + 1);
  });

  it("do not wait on a page that is being hidden", () => {
    frame([part("a", 2, 2, false)]);
    frame([part("a", 3, 3, false)]);
    clock.show(false);
    expect(came()).toBe(3);
    frame([part("a", 4, 4, false)]);
    expect(came()).toBe(4);
  });

  it("of another kernel do not wait for these", () => {
    const other = model({ _rw_carrier: "c2" });
    page.attach(other, life.signal);
    const b = adopt("b", "c2");
    frame([part("a", 2, 2, false)]);
    page.frame("c2", { rw: 2, mid: 1, t: 0, parts: [part("b", 1, 1, true)] }, []);
    expect(b.applied).toHaveLength(1);
  });

  it("that change nothing to see do not make others wait", () => {
    frame([part("a", 2, 1, false, {})]);
    frame([part("a", 2, 2, false)]);
    expect(came()).toBe(2);
  });
});

describe("reports", () => {
  it("begin with a word at once, for which the kernel sends what the widgets to come will show", () => {
    const other = model({ _rw_carrier: "c2" });
    page.attach(other, life.signal);
    expect(other.sent).toEqual([{ rw: 2, page: page.id, n: 1, visible: true, models: {}, need: [] }]);
  });

  it("tell of a new widget, its views and width, and that it needs a keyframe", () => {
    adopt("a");
    clock.run(100);
    expect(carrier.sent).toEqual([
      {
        rw: 2,
        page: page.id,
        n: 2,
        visible: true,
        models: { a: { views: 1, near: 0, px: 640, draws: 0 } },
        need: ["a"],
      },
    ]);
  });

  it("are numbered on when a route ends and begins anew, as the kernel goes by the highest number", () => {
    const first = new AbortController();
    const [one, other] = [model({ _rw_carrier: "c2" }), model({ _rw_carrier: "c2" })];
    page.attach(one, first.signal);
    first.abort();
    page.attach(other, life.signal);
    expect(other.sent.map(({ n }) => n)).toEqual([one.sent.at(-1)!.n + 1]);
    frame([], { [page.id]: 2 });
    clock.run(REPORT_MS + 100);
    expect(other.sent.at(-1)!.n).toBe(3);
  });

  it("of a widget that carries itself begin with that widget", () => {
    const own = model({ _rw_id: "w", _rw_kind: "recorder", _rw_carrier: "c2" });
    page.adopt(own, life.signal);
    page.attach(own, life.signal);
    clock.run(100);
    expect(own.sent.map(({ models }) => Object.keys(models))).toEqual([["w"]]);
  });

  it("that were withheld while none was answered are said when one is", () => {
    for (let i = 0; i < MAX_UNANSWERED; i++) {
      adopt(`w${i}`);
      clock.run(REPORT_GAP_MS + 100);
    }
    adopt("late");
    clock.run(REPORT_GAP_MS + 100);
    expect(carrier.sent).toHaveLength(MAX_UNANSWERED);
    answered([part("w0", 1, 1, true)]);
    clock.run(REPORT_GAP_MS + 100);
    expect(Object.keys(carrier.sent[MAX_UNANSWERED]!.models)).toContain("late");
  });

  it("count the drawings that somebody could see", () => {
    const [a, b] = [adopt("a"), adopt("b")];
    b.views = 0;
    for (let i = 1; i <= 3; i++) {
      answered([part("a", i, i, true), part("b", i, i, true)]);
      clock.draw();
    }
    clock.run(REPORT_GAP_MS + 100);
    const { models } = carrier.sent.at(-1)!;
    expect([a.drawn, models.a!.draws, models.b!.draws]).toEqual([3, 3, 0]);
  });

  it("ask again until the keyframe is there, then say that it is", () => {
    adopt("a");
    for (let i = 0; i < 3; i++) {
      clock.run(REPORT_GAP_MS + 1000);
      answered();
    }
    expect(carrier.sent.length).toBeGreaterThanOrEqual(3);
    expect(carrier.sent.at(-1)!.need).toEqual(["a"]);
    answered([part("a", 1, 1, true)]);
    clock.run(REPORT_GAP_MS + 100);
    expect(carrier.sent.at(-1)!.need).toEqual([]);
  });

  it("come at most once a second, whatever happens", () => {
    adopt("a");
    const times: number[] = [];
    for (let i = 0; i < 300; i++) {
      const before = carrier.sent.length;
      answered([part("a", i * 10, i * 10, false)]);
      clock.run(50);
      if (carrier.sent.length > before) times.push(clock.time);
    }
    expect(times.length).toBeGreaterThan(5);
    for (let i = 1; i < times.length; i++)
      expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(REPORT_GAP_MS - 50);
  });

  it("follow each other quickly at first, each after the answer to the one before, and not for long", () => {
    const said: number[] = [];
    adopt("w0");
    for (let i = 1; i < 300; i++) {
      adopt(`w${i}`);
      const before = carrier.sent.length;
      clock.run(20);
      answered();
      if (carrier.sent.length > before) said.push(20 * i);
    }
    expect(said.filter((at) => at < 1700).length).toBe(MAX_QUICK_REPORTS + 1); // one is gained in a second
    expect(said.length).toBeLessThanOrEqual(MAX_QUICK_REPORTS + 6);
  });

  it("do not follow quickly while the one before is unanswered", () => {
    for (let i = 0; i < 100; i++) {
      adopt(`w${i}`);
      clock.run(20);
    }
    expect(carrier.sent).toHaveLength(2);
    answered();
    clock.run(QUICK_REPORT_GAP_MS);
    expect(carrier.sent).toHaveLength(3);
  });

  it("come every ten seconds when nothing happens", () => {
    adopt("a");
    clock.run(100);
    answered([part("a", 1, 1, true)]);
    clock.run(REPORT_GAP_MS + 100);
    const before = carrier.sent.length;
    for (let i = 0; i < 60; i++) {
      clock.run(1000);
      answered();
    }
    expect(carrier.sent.length - before).toBeGreaterThanOrEqual(5);
    expect(carrier.sent.length - before).toBeLessThanOrEqual(60_000 / REPORT_MS);
  });

  it("come once a minute while three are unanswered, and go on once one is answered", () => {
    adopt("a");
    clock.run(MUTED_REPORT_MS);
    expect(carrier.sent).toHaveLength(MAX_UNANSWERED);
    clock.run(600_000 - MUTED_REPORT_MS);
    expect(carrier.sent).toHaveLength(MAX_UNANSWERED + 9);
    answered();
    clock.run(REPORT_MS + 1000);
    expect(carrier.sent.length).toBeGreaterThan(MAX_UNANSWERED + 10);
  });

  it("tell of hiding and showing", () => {
    adopt("a");
    clock.run(100);
    answered([part("a", 1, 1, true)]);
    clock.run(REPORT_GAP_MS + 100);
    clock.show(false);
    clock.run(REPORT_GAP_MS + 100);
    expect(carrier.sent.at(-1)!.visible).toBe(false);
  });

  it("speak of the widgets of their own carrier only", () => {
    const other = model({ _rw_carrier: "c2" });
    page.attach(other, life.signal);
    adopt("a", "c1");
    adopt("b", "c2");
    clock.run(REPORT_GAP_MS + 200);
    expect(Object.keys(carrier.sent.at(-1)!.models)).toEqual(["a"]);
    expect(Object.keys(other.sent.at(-1)!.models)).toEqual(["b"]);
  });

  it("say goodbye when the page is left", () => {
    clock.leave();
    expect(carrier.sent.at(-1)).toEqual({ rw: 2, page: page.id, gone: true });
  });
});

describe("an intent", () => {
  it("goes to the kernel at once, with the address of the widget it is about", () => {
    const a = adopt("a");
    a.host.ask("retry");
    expect(carrier.sent).toEqual([{ rw: 2, page: page.id, to: "a", do: "retry" }]);
  });

  it("says what it is about", () => {
    adopt("a").host.ask("fetch", { seq: 5 });
    expect(carrier.sent).toEqual([{ rw: 2, page: page.id, to: "a", do: "fetch", about: { seq: 5 } }]);
  });

  it("goes to the carrier that its widget belongs to", () => {
    const other = model({ _rw_carrier: "c2" });
    page.attach(other, life.signal);
    adopt("b", "c2").host.ask("retry");
    const asked = (sent: object[]) => sent.filter((word) => "do" in word).length;
    expect([asked(carrier.sent), asked(other.sent)]).toEqual([0, 1]);
  });
});

describe("holding", () => {
  it("is known to all, by the ids that are held", () => {
    const [a, b] = [adopt("a"), adopt("b")];
    a.host.hold(true, ["a", "b"]);
    expect([a.host.held(), b.host.held(), b.host.held(["a", "b"])]).toEqual([true, true, true]);
    b.host.hold(false);
    expect([a.host.held(), b.host.held(), a.host.held(["a", "b"])]).toEqual([true, false, false]);
  });

  it("of none is not holding all", () => {
    expect(adopt("a").host.held([])).toBe(false);
  });

  it("tells every widget to look again", () => {
    const [a, b] = [adopt("a"), adopt("b")];
    a.host.hold(true);
    expect([a.refreshed, b.refreshed]).toEqual([1, 1]);
  });

  it("ends with the widget, and not when a newer model takes its place", () => {
    const old = adopt("a");
    old.host.hold(true);
    const renewed = new AbortController();
    page.adopt(model({ _rw_id: "a", _rw_kind: "recorder", _rw_carrier: "c1" }), renewed.signal);
    expect(old.host.held()).toBe(true);
    renewed.abort();
    expect(old.host.held()).toBe(false);
  });
});

describe("liveness", () => {
  it("declares the kernel gone after fifteen seconds without a frame, and back with the next", () => {
    const a = adopt("a");
    frame([]);
    clock.run(KERNEL_GONE_MS - 2000);
    expect(a.kernel).toBe("alive");
    clock.run(4000);
    expect(a.kernel).toBe("silent");
    frame([]);
    clock.run(1000);
    expect(a.kernel).toBe("alive");
  });

  it("does not hold against the kernel that the page stood still", () => {
    const a = adopt("a");
    frame([]);
    clock.stall(KERNEL_GONE_MS + 5000); // a script of another kept it busy
    clock.run(1000);
    expect(a.kernel).toBe("alive");
    clock.run(KERNEL_GONE_MS + 2000);
    expect(a.kernel).toBe("silent");
  });

  it("does not hold the silence of a hidden page against the kernel", () => {
    const a = adopt("a");
    clock.show(false);
    clock.run(60_000);
    clock.show(true);
    clock.run(2000);
    expect(a.kernel).toBe("alive");
  });
});

describe("a kernel that ends", () => {
  it("is said at once where the host says so, and forgotten when frames come all the same", () => {
    const a = adopt("a");
    carrier.fire("comm_live_update");
    expect(a.kernel).toBe("ended");
    frame([]);
    clock.run(1000);
    expect(a.kernel).toBe("alive");
  });

  it("means nothing when it is that of a carrier that is spoken to no more", () => {
    const a = adopt("a");
    page.attach(model({ _rw_carrier: "c1" }), new AbortController().signal);
    carrier.fire("comm_live_update");
    expect(a.kernel).toBe("alive");
  });
});

describe("a widget whose code fails", () => {
  it("asks for everything when it could not take something in", () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const bad = adopt("bad");
    frame([part("bad", 1, 1, true)]);
    clock.draw();
    clock.run(REPORT_GAP_MS + 100);
    answered();
    bad.fault = new Error("no");
    frame([part("bad", 2, 2, false)]);
    clock.run(REPORT_GAP_MS + 100);
    expect(carrier.sent.at(-1)!.need).toEqual(["bad"]);
  });

  it("does not stop the others, and is reported once", () => {
    const report = vi.spyOn(console, "error").mockImplementation(() => {});
    const [bad, good] = [adopt("bad"), adopt("good")];
    bad.fault = new RangeError("Incorrect locale information provided");
    frame([part("bad", 1, 1, true), part("good", 1, 1, true)]);
    clock.draw();
    clock.run(KERNEL_GONE_MS + 2000);
    expect([good.applied.length, good.drawn, good.kernel]).toEqual([1, 1, "silent"]);
    frame([part("bad", 2, 2, false), part("good", 2, 2, false)]);
    clock.draw();
    expect(good.drawn).toBe(2);
    expect(report).toHaveBeenCalledTimes(1);
    expect(report.mock.calls[0]).toContain(bad.fault);
  });
});

describe("a notebook that is closed and opened again", () => {
  const traits = { _rw_id: "a", _rw_kind: "recorder", _rw_carrier: "c1" };

  it("brings a new widget that asks for its data and gets them", () => {
    const old = adopt("a");
    frame([part("a", 1, 5, true)]);
    clock.draw();
    clock.run(REPORT_GAP_MS + 100);
    answered();
    const renewed = adopt("a");
    expect(renewed).not.toBe(old);
    clock.run(REPORT_GAP_MS + 100);
    expect(carrier.sent.at(-1)!.need).toEqual(["a"]);
    frame([part("a", 1, 6, true)]);
    expect([old.applied.length, renewed.applied.length]).toEqual([1, 1]);
  });

  it("keeps the new widget when the old model ends late", () => {
    const old = new AbortController();
    page.adopt(model(traits), old.signal);
    const renewed = adopt("a");
    old.abort();
    frame([part("a", 1, 1, true)]);
    expect(renewed.applied).toHaveLength(1);
  });

  it("moves the places where the old one is still shown", () => {
    const old = adopt("a");
    const view = new AbortController();
    page.show(model({ ...traits, theme: "light" }), document.createElement("div"), view.signal);
    const renewed = adopt("a");
    expect(old.shown.map(({ aborted }) => aborted)).toEqual([true]);
    expect(renewed.shown.map(({ aborted }) => aborted)).toEqual([false]);
    view.abort();
    expect(renewed.shown[0]!.aborted).toBe(true);
  });

  it("speaks through the new carrier only, with numbers that go on, whenever the old one ends", () => {
    adopt("a");
    clock.run(100);
    expect(carrier.sent.at(-1)!.n).toBe(2);
    clock.run(920); // its next word waits for its turn
    const renewed = model({ _rw_carrier: "c1" });
    page.attach(renewed, new AbortController().signal);
    clock.run(REPORT_GAP_MS / 2);
    expect(renewed.sent.map(({ n }) => n)).toEqual([3]);
    life.abort();
    clock.run(REPORT_MS + 1000);
    expect(renewed.sent.length).toBeGreaterThan(1);
    expect(carrier.sent).toHaveLength(1);
  });
});

describe("a page with several carriers to one kernel", () => {
  let second: AbortController;
  let newest: ReturnType<typeof model>;

  beforeEach(() => {
    adopt("a");
    clock.run(100);
    answered([part("a", 1, 1, true)]);
    second = new AbortController();
    newest = model({ _rw_carrier: "c1" });
    page.attach(newest, second.signal);
    clock.run(REPORT_GAP_MS + 100);
  });

  it("speaks through the newest, and through the one before when that ends", () => {
    expect([carrier.sent.length, newest.sent.length]).toEqual([1, 1]);
    second.abort();
    clock.run(REPORT_GAP_MS + 100);
    expect([carrier.sent.length, newest.sent.length]).toEqual([2, 1]);
    expect(newest.listeners.size).toBe(0);
  });

  it("speaks through another when nobody answers, and goes on", () => {
    clock.run(MAX_UNANSWERED * (REPORT_MS + 1100));
    expect(newest.sent).toHaveLength(MAX_UNANSWERED);
    expect(carrier.sent.length).toBeGreaterThan(1);
  });

  it("hears them all", () => {
    const before = Recorder.all.at(-1)!.applied.length;
    const content = { rw: 2, mid: 2, t: 0, parts: [part("a", 2, 2, false)], heard: {} };
    for (const fn of carrier.listeners) (fn as (...args: unknown[]) => void)(content, []);
    const next = { ...content, parts: [part("a", 3, 3, false)] };
    for (const fn of newest.listeners) (fn as (...args: unknown[]) => void)(next, []);
    expect(Recorder.all.at(-1)!.applied.length - before).toBe(2);
  });
});

describe("the end", () => {
  it("leaves no listener behind", () => {
    adopt("a");
    expect(carrier.listeners.size).toBeGreaterThan(0);
    life.abort();
    expect(carrier.listeners.size).toBe(0);
    clock.run(60_000);
    expect(carrier.sent).toHaveLength(0);
  });
});
