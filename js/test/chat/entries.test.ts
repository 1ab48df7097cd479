import { describe, expect, it } from "vitest";
import { type Entry, entriesOf } from "../../src/lib/chat/entries";
import type { Item } from "../../src/lib/chat/item";
import { message, messages, own, WALL } from "./talk";

const UTC = "UTC";
const shown = (entries: Entry[]) =>
  entries.map((entry) =>
    entry.kind === "message"
      ? `${entry.first ? "first " : ""}${entry.item.key}`
      : entry.kind === "crowd"
        ? `crowd of ${entry.items.length}`
        : entry.kind,
  );
const of = (items: Item[], line: number | null = null, zone = UTC) => shown(entriesOf(items, zone, line));

describe("entries of a room", () => {
  it("name somebody once for what is said within five minutes", () => {
    const items = [
      message(1),
      message(6),
      message(11.1),
      message(11.2, { user: "ken", name: "Ken" }),
      message(11.3),
    ];
    expect(of(items)).toEqual(["day", "first m1", "m6", "first m11.1", "first m11.2", "first m11.3"]);
  });

  it("tell the reader from somebody of the same name", () => {
    expect(of([message(1, { user: "me" }), own(2)])).toEqual(["day", "first m1", "first m2"]);
  });

  it("begin anew behind a line", () => {
    expect(of([message(1), message(2, { kind: "system" }), message(3)])).toEqual([
      "day",
      "first m1",
      "line",
      "first m3",
    ]);
  });

  it("name each day of the zone", () => {
    const late = 14 * 60 - 1; // 23:59 in UTC
    expect(of([message(late), message(late + 1), message(late + 2)])).toEqual([
      "day",
      `first m${late}`,
      "day",
      `first m${late + 1}`,
      `m${late + 2}`,
    ]);
    expect(of([message(late), message(late + 1)], null, "Asia/Tokyo")).toEqual([
      "day",
      `first m${late}`,
      `m${late + 1}`,
    ]);
  });

  it("have a key of its own for a day that clocks bring twice", () => {
    const items = [message(1), message(2, { ts: WALL - 86_400 }), message(3)];
    const keys = entriesOf(items, UTC, null).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(of(items).filter((each) => each === "day")).toHaveLength(3);
  });

  it("name no day of a simulated clock", () => {
    expect(of([message(1, { ts: 12 }), message(2, { ts: 13 })])).toEqual(["first m1", "m2"]);
  });

  it("say once where the unread begin: above the first news after what was read", () => {
    const items = [message(1), own(2), message(2.5, { kind: "joined" }), message(3), message(4)];
    expect(of(items, 1)).toEqual(["day", "first m1", "first m2", "crowd of 1", "unread", "first m3", "m4"]);
    expect(of(items, 4)).not.toContain("unread");
    expect(of(items, Number.NEGATIVE_INFINITY)).toEqual([
      "day",
      "unread",
      "first m1",
      "first m2",
      "crowd of 1",
      "first m3",
      "m4",
    ]);
  });

  it("gather those who come and go in a burst", () => {
    const came = messages(1, 5, { kind: "joined" });
    const left = message(5, { kind: "left" });
    expect(of([...came, left, message(20, { kind: "joined" }), message(21)])).toEqual([
      "day",
      "crowd of 5",
      "crowd of 1",
      "first m21",
    ]);
    expect(of([came[0]!, message(1.5), came[1]!])).toEqual(["day", "crowd of 1", "first m1.5", "crowd of 1"]);
  });
});
