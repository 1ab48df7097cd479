// The progress card: what is shown, what time changes, and what is said.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KERNEL_GONE_MS } from "../src/lib/hop/route";
import type { Row } from "../src/lib/text/tasks";
import { Progress } from "../src/progress";
import { find, Stage, state, text } from "./stage";

let stage: Stage;
let el: HTMLElement;
let traits: Record<string, unknown>;
let version = 0;

function put(rows: Partial<Row>[], more: object = {}): void {
  version += 1;
  const all = rows.map((row, key) => ({ key, depth: 0, done: 0, state: "running", runs: 1, ...row }));
  const running = all.some((row) => row.state === "running");
  const body = { rows: all, age: null, quiet_after: running ? 1e9 : null, ...more };
  stage.put("p", body, [version, version, true]);
}

/** What those who listen hear of it, a moment later. */
function said(): string[] {
  stage.clock.run(400);
  return [...document.querySelectorAll("[data-rw-announcer] p")].map(({ textContent }) =>
    textContent.replaceAll("\u00a0", " "),
  );
}
const titles = () => [...el.querySelectorAll(".rw-task-title")].map(({ textContent }) => textContent);

beforeEach(() => {
  stage = new Stage({ progress: Progress });
  traits = {};
  el = stage.show("p", "progress", traits);
});

afterEach(() => stage.end());

describe("rows", () => {
  it("stand in their order, inner loops further in, and keep their elements", () => {
    put([{ title: "Epochs" }, { title: "Batches", depth: 1 }]);
    const [outer, inner] = el.querySelectorAll<HTMLElement>(".rw-task");
    expect(titles()).toEqual(["Epochs", "Batches"]);
    expect([outer!, inner!].map((each) => each.style.getPropertyValue("--rw-depth"))).toEqual(["0", "1"]);
    put([{ title: "Epochs" }, { title: "Train", depth: 1, key: 2 }, { title: "Batches", depth: 1, key: 1 }]);
    expect(titles()).toEqual(["Epochs", "Train", "Batches"]);
    expect(el.querySelectorAll(".rw-task")[2]).toBe(inner);
  });

  it("that are not shown are counted", () => {
    put([{ title: "a" }], { more: 3 });
    expect(text(el, ".rw-task-more")).toBe("… 3 more");
    put([{ title: "a" }]);
    expect(find(el, ".rw-task-more").hidden).toBe(true);
  });

  it("say once why all of them failed", () => {
    const error = "ValueError: x";
    put([
      { state: "failed", error },
      { depth: 1, state: "failed", error },
    ]);
    expect([...el.querySelectorAll<HTMLElement>(".rw-error")].map(({ hidden }) => hidden)).toEqual([
      false,
      true,
    ]);
  });
});

describe("time", () => {
  it("goes on without any news, and is never stale", () => {
    put([{ elapsed: 3, remaining: 100, done: 1, total: 9 }]);
    stage.pass(60);
    expect([text(el, ".rw-task-time"), state(el)]).toEqual(["1 min 3 s elapsed · 40 s left", "live"]);
  });

  it("stands still once it has ended, which is idle", () => {
    put([{ elapsed: 3, state: "done" }]);
    stage.pass(60);
    expect([text(el, ".rw-task-time"), state(el), text(el, ".rw-status")]).toEqual(["took 3 s", "idle", ""]);
  });

  it("stands still when the kernel is gone, which is said", () => {
    put([{ elapsed: 3, done: 1, total: 9 }]);
    stage.clock.run(KERNEL_GONE_MS + 2000);
    stage.clock.draw();
    expect([text(el, ".rw-task-time"), state(el)]).toEqual(["3 s elapsed", "kernel_gone"]);
    expect(text(el, ".rw-status")).toBe("Kernel not responding");
  });

  it("stands still in a picture that is held", () => {
    put([{ elapsed: 3, done: 1, total: 9 }]);
    stage.set("p", "paused", true);
    put([{ elapsed: 9, done: 5, total: 9 }]);
    stage.pass(5);
    expect([text(el, ".rw-task-time"), state(el)]).toEqual(["3 s elapsed", "paused"]);
    stage.set("p", "paused", false);
    expect(text(el, ".rw-task-did")).toBe("5 / 9");
  });
});

describe("what is said", () => {
  it("is the end, once, and no percentage", () => {
    put([{ title: "Training", done: 1, total: 9 }]);
    put([{ title: "Training", done: 5, total: 9 }]);
    expect(said()).toEqual([]);
    put([{ title: "Training", done: 9, total: 9, state: "done", elapsed: 12 }]);
    expect(said()).toEqual(["Training: Done: took 12 s"]);
    expect(document.querySelector("[data-rw-announcer=polite] p")).not.toBeNull();
    stage.pass(10);
    put([{ title: "Training", done: 9, total: 9, state: "done", elapsed: 12 }]);
    expect(said()).toEqual([]);
  });

  it("interrupts when it has failed, and not for the end of an inner loop", () => {
    put([{ title: "Epochs" }, { title: "Batches", depth: 1 }]);
    put([{ title: "Epochs" }, { title: "Batches", depth: 1, state: "done" }]);
    expect(said()).toEqual([]);
    put([{ title: "Epochs", state: "failed", error: "ValueError: x" }]);
    expect(said()).toEqual(["Epochs: Failed: ValueError: x"]);
    expect(document.querySelector("[data-rw-announcer=assertive] p")).not.toBeNull();
  });

  it("is the end of all that ran beside each other, and of them that which has failed", () => {
    const jobs = (...states: Row["state"][]) => put(states.map((state, i) => ({ title: `job ${i}`, state })));
    jobs("running", "running");
    jobs("done", "running");
    expect(said()).toEqual([]);
    jobs("done", "done");
    expect(said()).toEqual(["job 0: Done"]);
    stage.pass(10);
    jobs("running", "failed");
    expect(said()).toEqual([]);
    jobs("done", "failed");
    expect(said()).toEqual(["job 0: job 1: Failed"]);
  });

  it("is nothing of what had ended before anybody looked", () => {
    put([{ state: "done" }]);
    expect(said()).toEqual([]);
  });

  it("names the group by its title, or by what it is", () => {
    put([{}]);
    expect(find(el, ".rw-root").getAttribute("aria-label")).toBe("Progress");
    put([{ title: "Upload" }]);
    expect(find(el, ".rw-root").getAttribute("aria-label")).toBe("Upload");
  });
});
