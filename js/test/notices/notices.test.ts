// Notices: what a page makes of what the kernel says and of what its reader does, in any order.

import { beforeEach, describe, expect, it } from "vitest";
import { type Notice, type NoticesBody, seenOf } from "../../src/lib/notices/notice";
import { Notices } from "../../src/lib/notices/notices";

const notice = (key: string, turn: number, more: Partial<Notice> = {}): Notice => ({
  key,
  place: turn,
  type: "info",
  title: key,
  message: "",
  ts: 0,
  count: 1,
  read: false,
  shown: true,
  turn,
  at: 0,
  ...more,
});

const body = (items: Notice[], more: Partial<NoticesBody> = {}): NoticesBody => ({
  items,
  total: items.length,
  unread: items.filter(({ read }) => !read).length,
  turn: Math.max(0, ...items.map(({ turn }) => turn)),
  read_to: 0,
  handled: [],
  undoable: [],
  version: 7,
  wall: 0,
  at: 0,
  ...more,
});

describe("the notifications of a page", () => {
  let notices: Notices;
  const keys = () => notices.all.map(({ key }) => key);
  const shown = () => notices.shown.map(({ key }) => key);
  const [a, b, c] = [notice("a", 1), notice("b", 2), notice("c", 3)];

  beforeEach(() => {
    notices = new Notices();
    notices.take(body([a, b, c]), true);
  });

  it("come newest first, and are new once", () => {
    expect(keys()).toEqual(["c", "b", "a"]);
    expect(notices.take(body([a, b, c]), true)).toEqual([]);
    const again = notice("a", 4, { place: 1 });
    expect(notices.take(body([again], { total: 3 }), false)).toEqual([again]);
    expect(keys()).toEqual(["c", "b", "a"]);
  });

  it("are at once what the reader did, and stay so when the kernel is late", () => {
    notices.do("read", [seenOf(a)]);
    notices.do("dismiss", [seenOf(b)]);
    notices.do("remove", [seenOf(c)]);
    expect([keys(), shown(), notices.unread]).toEqual([["b", "a"], ["a"], 0]);
    notices.take(body([a, b, c]), true); // it has not heard yet
    expect([keys(), shown(), notices.unread]).toEqual([["b", "a"], ["a"], 0]);
    expect(notices.unconfirmed).toEqual([
      ["remove", [["c", 3]]],
      ["dismiss", [["b", 2]]],
      ["read", [["a", 1]]],
    ]);
    const heard = [notice("a", 1, { read: true }), notice("b", 2, { read: true, shown: false })];
    notices.take(body(heard, { removed: ["c"], total: 2, turn: 3 }), false);
    expect(notices.unconfirmed).toEqual([]);
    expect([keys(), shown(), notices.unread]).toEqual([["b", "a"], ["a"], 0]);
  });

  it("are unread and shown again when they come again, whatever was done to them before", () => {
    notices.do("dismiss", [seenOf(a), seenOf(b)]);
    notices.take(body([notice("a", 4, { place: 4 })], { total: 3, unread: 3, turn: 4 }), false);
    expect([shown(), notices.unread]).toEqual([["a", "c"], 2]);
    expect(notices.unconfirmed).toEqual([["dismiss", [["b", 2]]]]);
  });

  it("are counted also where the page has not been sent them", () => {
    notices.take(body([a, b], { total: 10, unread: 7, turn: 10 }), true);
    expect([notices.unread, notices.elsewhere]).toEqual([7, 8]);
    notices.do("read", [seenOf(a)]);
    expect(notices.unread).toBe(6);
    notices.readAll();
    expect(notices.unread).toBe(0);
  });

  it("come back when a clear is undone, also one that the kernel has not heard of", () => {
    expect(notices.clear("g")).toBe(3);
    expect([keys(), notices.unread, notices.clearing]).toEqual([[], 0, { turn: 3, group: "g", known: 7 }]);
    notices.undo();
    expect([keys(), notices.unread]).toEqual([["c", "b", "a"], 3]);
    expect(notices.unconfirmed).toEqual([]);
  });

  it("are what the kernel says once it has handled a clear, or its undo", () => {
    notices.do("remove", [seenOf(a)]);
    notices.clear("g");
    notices.take(body([a, b, c], { total: 9, unread: 9 }), true); // it has not heard yet
    expect([keys(), notices.unread, notices.elsewhere]).toEqual([[], 0, 0]);
    notices.take(body([a, b, c], { total: 9, unread: 9, handled: ["x", "g"] }), true); // and undone by somebody else
    expect([keys(), notices.clearing]).toEqual([["c", "b"], null]); // the first was removed for itself
  });

  it("come back with an undo as far as that clear had removed them", () => {
    notices.do("remove", [seenOf(a)]);
    notices.clear("g");
    notices.do("remove", [seenOf(a)]);
    notices.undo();
    expect(keys()).toEqual(["c", "b"]);
  });

  it("are read up to a turn until the kernel says so, also where the page has not been sent them", () => {
    notices.take(body([a, b, c], { total: 9, unread: 9 }), true);
    notices.readAll();
    notices.take(body([a, b, c], { total: 9, unread: 9 }), true);
    expect([notices.unread, notices.readTo, notices.unconfirmed]).toEqual([0, 3, []]);
    const read = [a, b, c].map((each) => ({ ...each, read: true }));
    notices.take(body(read, { total: 9, unread: 0, read_to: 3 }), true);
    expect([notices.unread, notices.readTo]).toEqual([0, 0]);
  });

  it("are hidden by the time and still unread", () => {
    notices.do("hide", [seenOf(a)]);
    expect([shown(), notices.unread, notices.unconfirmed]).toEqual([["c", "b"], 3, [["hide", [["a", 1]]]]]);
  });

  it("stand still while they are held, but for what the reader does", () => {
    expect([notices.hold(true), notices.hold(true)]).toEqual([true, false]);
    const again = notice("a", 4, { place: 1 });
    notices.take(body([again, notice("d", 5)], { total: 4, turn: 5, version: 9 }), false);
    expect([keys(), notices.unread, notices.turn, notices.latest]).toEqual([["c", "b", "a"], 3, 3, 5]);
    notices.do("read", [seenOf(a)]); // as it was seen: it has come again since
    notices.do("dismiss", [seenOf(b)]);
    notices.do("remove", [seenOf(c)]);
    expect([keys(), shown(), notices.unread]).toEqual([["b", "a"], ["a"], 0]);
    const heard = notice("b", 2, { read: true, shown: false });
    notices.take(body([heard], { removed: ["c"], total: 3, turn: 5, version: 11 }), false);
    expect([keys(), shown(), notices.unread, notices.unconfirmed]).toEqual([["b", "a"], ["a"], 0, []]);
    notices.hold(false);
    expect([keys(), shown(), notices.unread]).toEqual([["d", "b", "a"], ["d", "a"], 2]);
  });

  it("are cleared and read as far as they were seen when they are held", () => {
    notices.take(body([a, b, c], { total: 9, unread: 9 }), true);
    notices.hold(true);
    notices.take(body([notice("d", 4)], { total: 10, unread: 10, turn: 4, version: 8 }), false);
    notices.readAll();
    expect([notices.unread, notices.readTo]).toEqual([0, 3]);
    notices.clear("g");
    expect([keys(), notices.elsewhere, notices.clearing]).toEqual([[], 0, { turn: 3, group: "g", known: 7 }]);
    const gone = { removed: ["a", "b", "c"], handled: ["g"], undoable: ["g"], read_to: 3, total: 1, turn: 4 };
    notices.take(body([], gone), false);
    expect([keys(), notices.elsewhere, notices.canUndo("g")]).toEqual([[], 0, true]);
    notices.undo();
    expect([keys(), notices.elsewhere]).toEqual([["c", "b", "a"], 6]);
    notices.hold(false);
    expect(keys()).toEqual(["d"]); // until the kernel has heard of it
  });

  it("come back at once also when they were cleared before they were held", () => {
    notices.clear("g");
    const gone = { removed: ["a", "b", "c"], handled: ["g"], undoable: ["g"], turn: 3 };
    notices.take(body([], gone), false);
    notices.hold(true);
    notices.undo();
    expect(keys()).toEqual(["c", "b", "a"]);
  });

  it("ask for an undo until nothing is left to be undone", () => {
    notices.clear("g");
    notices.undo();
    const undo = { turn: 3, group: "g", known: 7 };
    expect([notices.clearing, notices.undoing]).toEqual([null, undo]);
    notices.take(body([a, b, c], { handled: ["g"], undoable: ["g"] }), true);
    expect(notices.undoing).toEqual(undo);
    notices.take(body([a, b, c], { handled: ["g"] }), true);
    expect(notices.undoing).toBeNull();
    expect(notices.canUndo("g")).toBe(false);
  });
});
