import { describe, expect, it } from "vitest";
import type { Item } from "../../src/lib/chat/item";
import { type Wish, Wishes } from "../../src/lib/chat/wishes";
import { own } from "./talk";

const react = (reaction: string, on: boolean): Wish => ({
  what: "react",
  about: { key: "m1", reaction, on },
});
const plain = (what: "delete" | "retry" | "discard" | "stop"): Wish => ({ what, about: { key: "m1" } });

describe("what a reader wishes", () => {
  it("is shown at once", () => {
    const item = own(1, {
      reactions: [
        ["👍", 2, false, "Aya, Ken"],
        ["🎉", 1, true, "Me"],
      ],
    });
    const wishes = new Wishes();
    wishes.add(react("👍", true), 0);
    wishes.add(react("🎉", false), 0);
    wishes.add(react("👀", true), 0);
    wishes.add({ what: "edit", about: { key: "m1", text: "better" } }, 0);
    const shown = wishes.shown(item)!;
    expect(shown.reactions).toEqual([
      ["👍", 3, true, "Aya, Ken"],
      ["👀", 1, true, ""],
    ]);
    expect([shown.text, shown.edited !== undefined]).toEqual(["better", true]);
    expect(item.text).toBe("text 1");
    wishes.add(plain("delete"), 0);
    expect(wishes.shown(item)).toMatchObject({ deleted: true, text: "" });
    wishes.add(plain("discard"), 0);
    expect(wishes.shown(item)).toBeNull();
  });

  it("leaves others as they are, and is the same as long as nothing changes", () => {
    const wishes = new Wishes();
    const other = own(2);
    expect(wishes.shown(other)).toBe(other);
    wishes.add(plain("retry"), 0);
    const item = own(1, { state: "failed" });
    expect(wishes.shown(other)).toBe(other);
    expect(wishes.shown(item)).toMatchObject({ state: "sending" });
    expect(wishes.shown(item)).toBe(wishes.shown(item));
  });

  it.each<[Wish, Partial<Item>, Partial<Item>]>([
    [react("👍", true), {}, { reactions: [["👍", 1, true, "Me"]] }],
    [react("👍", false), { reactions: [["👍", 1, true, "Me"]] }, { reactions: [] }],
    [{ what: "edit", about: { key: "m1", text: "b" } }, { text: "a" }, { text: "b" }],
    [plain("delete"), {}, { deleted: true }],
    [plain("retry"), { state: "failed" }, { state: "sending" }],
    [plain("stop"), { state: "growing" }, { state: "stopped" }],
  ])("ends when it is so: %j", (wish, before, after) => {
    const wishes = new Wishes();
    wishes.add(wish, 0);
    wishes.settle(() => own(1, before));
    expect(wishes.of("m1")).toBe(true);
    wishes.settle(() => own(1, after));
    expect(wishes.of("m1")).toBe(false);
  });

  it("ends with its message", () => {
    const wishes = new Wishes();
    wishes.add(plain("discard"), 0);
    wishes.settle(() => own(1));
    expect(wishes.any).toBe(true);
    wishes.settle(() => undefined);
    expect(wishes.any).toBe(false);
  });

  it("takes the place of an earlier one of its kind", () => {
    const wishes = new Wishes();
    wishes.add(react("👍", true), 0);
    wishes.add(react("👍", false), 0);
    expect(wishes.due(10_000)).toEqual([react("👍", false)]);
  });

  it("is told again, ever more seldom, and not for ever", () => {
    const wishes = new Wishes();
    wishes.add(plain("delete"), 0);
    const told: number[] = [];
    for (let s = 0; s < 2_000; s++) if (wishes.due(1000 * s).length) told.push(s);
    expect(told.slice(0, 4)).toEqual([10, 30, 70, 150]);
    expect(told.at(-1)).toBeLessThan(600);
    expect(wishes.any).toBe(false);
  });
});
