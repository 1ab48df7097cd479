import { expect, it } from "vitest";
import { type Comparison, madeText, type Reduce, sinceText } from "../../src/lib/text/comparisons";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

it.each<[string, Comparison, Reduce, number, string, string]>([
  ["window", { kind: "window", value: 0 }, "last", 12, "last 60 s", "直近 60 秒"],
  ["previous", { kind: "previous", value: 0 }, "last", 3, "vs previous", "前回比"],
  ["a number", { kind: "value", value: 0.5 }, "last", 0, "vs 50.0%", "対 50.0%"],
  ["a number", { kind: "value", value: 0.5 }, "mean", 0, "vs 50.0%", "対 50.0%"],
  ["a time ago", { kind: "ago", value: 300 }, "last", 300, "vs 5 min ago", "5 分前比"],
  [
    "a time ago that is not known",
    { kind: "ago", value: 300 },
    "last",
    187.6,
    "vs 3 min 7 s ago",
    "3 分 7 秒前比",
  ],
  [
    "one of which hardly anything is not",
    { kind: "ago", value: 300 },
    "last",
    299.9,
    "vs 5 min ago",
    "5 分前比",
  ],
  ["less than a second", { kind: "ago", value: 300 }, "last", 0.25, "vs 250 ms ago", "250 ms前比"],
  ["window", { kind: "window", value: 0 }, "sum", 60, "vs 60 s ago", "60 秒前比"],
  ["window", { kind: "window", value: 0 }, "sum", 20.5, "vs 20 s ago", "20 秒前比"],
  ["previous", { kind: "previous", value: 0 }, "mean", 60, "vs 60 s ago", "60 秒前比"],
  ["a time ago", { kind: "ago", value: 86_400 }, "rate", 86_400, "vs 1 d ago", "1 日前比"],
])("says what a change is since: %s, %j, %s, of %d s", (_, compare, reduce, span, en, ja) => {
  const since = (locale: string) => sinceText(compare, reduce, 60, span, { name: "percentage" }, locale);
  expect([plain(since("en")), plain(since("ja"))]).toEqual([en, ja]);
});

it("is not broken within", () => {
  const value = sinceText({ kind: "value", value: 5 }, "last", 60, 0, { name: "number", unit: "req" }, "en");
  expect(value).toBe("vs 5\u00a0req");
});

it.each<[Reduce, number, string, string]>([
  ["last", 60, "", ""],
  ["mean", 60, "mean · 60 s", "平均・60 秒"],
  ["max", 59.9, "max · 60 s", "最大・60 秒"],
  ["sum", 12.7, "sum · 12 s", "合計・12 秒"],
  ["rate", 60, "per second · 60 s", "毎秒・60 秒"],
])("says what a number is made of: %s of %d s", (reduce, known, en, ja) => {
  expect([plain(madeText(reduce, 60, known, "en")), plain(madeText(reduce, 60, known, "ja"))]).toEqual([
    en,
    ja,
  ]);
});
