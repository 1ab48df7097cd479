import { expect, it } from "vitest";
import { type Item, isEvent } from "../../src/lib/view/log";
import { inOrder, levelIcon, levelText, lookOf, row, rowsText, writeRow } from "../../src/lib/view/rows";

const event = (level: string, source: string, message: string): Item => ({
  seq: 1,
  ts: new Date("2026-11-28T12:00:00.25").getTime() / 1000,
  level,
  source,
  message,
});

it("orders levels by their gravity, those of others after ours, and leaves out none at all", () => {
  expect(inOrder(["debug", "zeta", "", "error", "alpha", "warning"])).toEqual([
    "error",
    "warning",
    "debug",
    "alpha",
    "zeta",
  ]);
});

it("shows levels of others in their own words, and in the look of info", () => {
  expect([levelText("warning", "ja"), levelText("toString", "en")]).toEqual(["警告", "toString"]);
  expect([lookOf("error"), lookOf("toString"), levelIcon("toString").dataset.rwIcon]).toEqual([
    "error",
    "info",
    "disc",
  ]);
});

it("leaves the direction of a message to its text, and its white space as it is", () => {
  const line = row(event("info", "a source of some length", "שלום \tx"), "en", "");
  const message = line.querySelector<HTMLElement>(".rw-message")!;
  expect([message.getAttribute("dir"), message.textContent]).toEqual(["auto", "שלום \tx"]);
  expect(line.querySelector<HTMLElement>(".rw-source")!.title).toBe("a source of some length");
});

it("writes rows as lines, with what is missing, and no columns that are empty in all", () => {
  const at = "Nov 28, 2026, 12:00:00.250";
  expect(rowsText([{ seq: 1, count: 1200 }, event("error", "", "a"), event("", "", "b")], "en", "")).toBe(
    `… 1,200 older events not shown\n${at}\tError\ta\n${at}\t\tb\n`,
  );
  const lost: Item = { seq: 2.5, ts: 1, level: null, source: "trimmed", message: 3 };
  expect(rowsText([event("", "db", "a"), lost], "en", "")).toBe(
    `${at}\tdb\ta\n3 messages missing: no longer in the server’s history\n`,
  );
});

it("writes into a line whatever it said before, as into a new one", () => {
  const kinds: Item[] = [
    event("info", "web", "plain"),
    event("", "", ""),
    event("error", "a source of some length", "plain"),
    event("a level of theirs", "web", "<b>two\nlines</b>"),
    event("Error", "web", "plainly"),
    { ...event("debug", "db", "more"), more: true } as Item,
    { ...event("info", "web", "plain"), ts: 5, seq: 2 } as Item,
  ];
  for (const looked of ["", "plain"])
    for (const before of kinds)
      for (const item of kinds) {
        const line = row(before, "en", "", looked);
        if (isEvent(item)) writeRow(line, item, "en", "", looked);
        expect(line.outerHTML).toBe(row(item, "en", "", looked).outerHTML);
      }
});
