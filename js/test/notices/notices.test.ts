// Notices: what a page makes of what the kernel says and of what its reader does, in any order.

import { beforeEach, describe, expect, it } from "vitest";
import { type Notice, Notices, type NoticesBody, seenOf } from "../../src/lib/notices/notices";

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
    expect([keys(), notices.unread, notices.clearing]).toEqual([[], 0, { turn: 3, group: "g" }]);
    notices.restore("g");
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
    notices.restore("g");
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
});
