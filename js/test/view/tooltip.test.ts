// Tooltip: the values at one place, the greatest first.

import { afterEach, describe, expect, it } from "vitest";
import { chosen, type Row, Tooltip } from "../../src/lib/view/tooltip";

const row = (value: number, near = false): Row => ({
  label: `line ${value}`,
  ink: { color: "#123456", dash: "solid" },
  value,
  text: String(value),
  near,
});

describe("the rows of a tooltip", () => {
  it("are sorted by their values", () => {
    expect(chosen([row(1), row(3), row(2)]).map(({ value }) => value)).toEqual([3, 2, 1]);
  });

  it("are as many as there is room for, and the one that is pointed at is among them", () => {
    const all = Array.from({ length: 40 }, (_, i) => row(i, i === 0));
    const values = chosen(all).map(({ value }) => value);
    expect(values).toEqual([39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 0]);
  });
});

describe("a tooltip", () => {
  afterEach(() => document.body.replaceChildren());

  it("has the place, a row for each line, and how many are left out", () => {
    const el = document.createElement("div");
    document.body.append(el);
    const tooltip = new Tooltip(el, () => ({ x: 1, y: 1 }), new AbortController().signal);
    const all = Array.from({ length: 14 }, (_, i) => row(i, i === 13));
    tooltip.write("12:00:00", all, (count) => `${count} more`);
    tooltip.show();
    const tip = document.querySelector(".rw-tip")!;
    expect(tip.querySelectorAll(".rw-tip-row")).toHaveLength(12);
    expect(tip.querySelector("[data-rw-near]")!.textContent).toBe("line 1313");
    expect([tip.firstChild!.textContent, tip.lastChild!.textContent]).toEqual(["12:00:00", "2 more"]);
    tooltip.write("12:00:01", [row(5)], () => "");
    expect([...tip.querySelectorAll(".rw-tip-row")].map((each) => each.textContent)).toEqual(["line 55"]);
    tooltip.hide();
    expect(document.querySelector(".rw-tip")).toBeNull();
  });
});
