import { expect, it } from "vitest";
import { foldBlock, foldButton, folds, lineOf } from "../../src/lib/view/fold";
import type { LogEvent } from "../../src/lib/view/log";

const event = (message: string, more = false): LogEvent => ({
  seq: 7,
  ts: 1,
  level: "info",
  source: "",
  message,
  ...(more && { more }),
});

it.each([
  [event("short"), false],
  [event("short", true), true],
  [event("two\nlines"), true],
  [event("x".repeat(400)), false],
  [event("x".repeat(401)), true],
])("folds what says more than a line: %o", (each, folded) => {
  expect(folds(each)).toBe(folded);
});

it.each([
  ["first\nsecond", "", "first"],
  ["first\nsecond match", "match", "second match"],
  ["first\nsecond", "absent", "first"],
  ["x".repeat(500), "", `${"x".repeat(400)}…`],
  [`${"x".repeat(600)}match${"y".repeat(600)}`, "match", `…${"x".repeat(200)}match${"y".repeat(195)}…`],
])("has the line that tells most stand for a message", (message, looked, line) => {
  expect(lineOf(message, looked)).toBe(line);
});

it("has a named button that says whether it is open", () => {
  const button = foldButton(7, true, "ja");
  expect([
    button.type,
    button.dataset.rwSeq,
    button.getAttribute("aria-expanded"),
    button.getAttribute("aria-label"),
  ]).toEqual(["button", "7", "true", "詳細"]);
});

it("shows the whole message and all fields, with what is looked for marked", () => {
  const told = { state: "here" as const, message: "two\nlines", fields: [["host", "a line"] as const] };
  const block = foldBlock(event("two…", true), told, "line", "en");
  expect(block.querySelector("pre")!.textContent).toBe("two\nlines");
  expect([...block.querySelectorAll("mark")].map((each) => each.closest("pre, dd")!.tagName)).toEqual([
    "PRE",
    "DD",
  ]);
});

it("does not repeat a message that its line has in full", () => {
  const told = { state: "here" as const, message: "short", fields: [["host", "a"] as const] };
  expect(foldBlock(event("short", true), told, "", "en").querySelector("pre")).toBeNull();
});
