import { expect, it } from "vitest";
import { plain } from "../../src/lib/view/filter";
import { marked, matches } from "../../src/lib/view/highlight";

it.each([
  ["no answer from db", "answer", ["answer"]],
  ["DB, db and ＤＢ", "db", ["DB", "db", "ＤＢ"]],
  ["aaaa", "aa", ["aa", "aa"]],
  ["café cafe\u0301", "café", ["café", "cafe\u0301"]],
  ["ｶﾞｽ", "ガス", ["ｶﾞｽ"]],
  ["ﬁle", "i", ["ﬁ"]],
  ["two words", "o w", ["o w"]],
  ["👩‍🚀 up", "up", ["up"]],
  ["half \ud83d up", "up", ["up"]],
  ["nothing", "", []],
  ["nothing", "absent", []],
])("finds in %j what is looked for as %j", (text, looked, found) => {
  expect(matches(text, plain(looked)).map(([begin, end]) => text.slice(begin, end))).toEqual(found);
});

it("keeps the text as it is, as text", () => {
  const el = document.createElement("p");
  el.append(...marked("<b>a</b> & A", "a"));
  expect([el.textContent, el.querySelectorAll("mark").length, el.querySelector("b")]).toEqual([
    "<b>a</b> & A",
    2,
    null,
  ]);
  expect(marked("", "a")).toEqual([""]);
});

it("does not mark a text to pieces", () => {
  expect(matches("a".repeat(10_000), "a")).toHaveLength(50);
});
