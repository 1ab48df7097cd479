import { beforeEach, describe, expect, it } from "vitest";
import type { Row } from "../../src/lib/text/tasks";
import { Bar, endText } from "../../src/lib/view/bar";
import { find, text } from "../stage";

const row = (more: Partial<Row> = {}): Row => ({
  key: 0,
  depth: 0,
  done: 0,
  state: "running",
  runs: 1,
  ...more,
});

let bar: Bar;
const draw = (more: Partial<Row>) => bar.draw(row(more), 0, "en");
const rail = () => find(bar.root, "[role=progressbar]");
const named = (...names: string[]) => names.map((name) => rail().getAttribute(`aria-${name}`));

beforeEach(() => {
  bar = new Bar(new AbortController().signal);
});

describe("a bar", () => {
  it("is as long as what is done, and says so to those who listen", () => {
    draw({ title: "Upload", done: 45, total: 100, remaining: 125 });
    expect(find(bar.root, ".rw-fill").style.inlineSize).toBe("45%");
    expect(named("label", "valuemin", "valuemax", "valuenow")).toEqual(["Upload", "0", "100", "45"]);
    expect(rail().getAttribute("aria-valuetext")!.replaceAll("\u00a0", " ")).toBe(
      "45%, 45 / 100, 2 min 5 s left",
    );
    expect(text(bar.root, ".rw-task-percent")).toBe("45%");
  });

  it("that has no end has no share, either for those who listen", () => {
    draw({ done: 3 });
    expect(rail().hasAttribute("data-rw-unknown")).toBe(true);
    expect(named("valuemax", "valuenow", "label")).toEqual([null, null, "Progress"]);
    draw({ done: 3, state: "stopped" });
    expect(rail().hasAttribute("data-rw-unknown")).toBe(false); // nothing moves any more
  });

  it("whose total is told later, or was wrong, follows", () => {
    draw({ done: 3, total: 10 });
    draw({ done: 12, total: 10 });
    expect(named("valuemax", "valuenow", "valuetext")).toEqual([null, null, "12 / 10"]);
    draw({ done: 12, total: 20 });
    expect(named("valuemax", "valuenow")).toEqual(["20", "12"]);
    expect(find(bar.root, ".rw-fill").style.inlineSize).toBe("60%");
  });

  it.each([
    ["done", "check", "Done", ""],
    ["failed", "cross", "Failed", "30%"],
    ["stopped", "ring", "Stopped", "30%"],
  ] as const)("that is %s has a shape and a word beside its colour", (state, icon, word, percent) => {
    draw({ done: 3, total: 10, state });
    expect(find(bar.root, ".rw-glyph").dataset.rwIcon).toBe(icon);
    expect([text(bar.root, ".rw-task-word"), text(bar.root, ".rw-task-percent")]).toEqual([word, percent]);
    draw({ done: 0, total: 10 }); // it begins again
    expect([find(bar.root, ".rw-task-mark").hidden, text(bar.root, ".rw-task-word")]).toEqual([true, ""]);
  });

  it("shows text as text, whatever is in it", () => {
    const evil = "<img src=x onerror=alert(1)>";
    draw({ title: evil, note: evil, error: evil, state: "failed", unit: evil });
    expect(bar.root.querySelector("img")).toBeNull();
    expect(text(bar.root, ".rw-error")).toBe(evil);
  });

  it("says how often it has run, from the second time on", () => {
    draw({ runs: 1 });
    expect(text(bar.root, ".rw-task-runs")).toBe("");
    draw({ runs: 7 });
    expect(text(bar.root, ".rw-task-runs")).toBe("×7");
  });
});

it("the end is said with its reason, or how long it took", () => {
  expect(endText(row(), "en")).toBe("");
  expect(endText(row({ state: "failed", error: "ValueError: x" }), "en")).toBe("Failed: ValueError: x");
  expect(endText(row({ state: "done", elapsed: 3 }), "ja").replaceAll("\u00a0", " ")).toBe(
    "完了（所要 3 秒）",
  );
  expect(endText(row({ state: "failed" }), "en")).toBe("Failed");
});
