import { describe, expect, it } from "vitest";
import { Conversation } from "../../src/lib/chat/conversation";
import { PENDING } from "../../src/lib/chat/order";
import { answer, keyframe, message, messages, own, row } from "./talk";

const places = (talk: Conversation, room = "general") => talk.items(room).map(({ place }) => place);
const keys = (talk: Conversation, room = "general") => talk.items(room).map(({ key }) => key);

describe("a conversation", () => {
  it("has messages in the order of their places, however they come", () => {
    const talk = new Conversation();
    talk.take(keyframe([message(3), message(1)], { from: 1 }), true);
    talk.take({ items: [message(5), message(2), message(4.5)] }, false);
    expect(places(talk)).toEqual([1, 2, 3, 4.5, 5]);
  });

  it("orders those of one place by their keys", () => {
    const talk = new Conversation();
    talk.take(keyframe([message(1, { key: "b" }), message(1, { key: "a" })]), true);
    talk.take({ items: [message(1, { key: "c" }), message(1, { key: "0" })] }, false);
    expect(keys(talk)).toEqual(["0", "a", "b", "c"]);
  });

  it("moves a message whose place has become known, and has it once", () => {
    const talk = new Conversation();
    talk.take(keyframe([message(1), own(9, { key: "x", state: "queued" })]), true);
    talk.take({ items: [message(2), own(1.5, { key: "x" })] }, false);
    expect(keys(talk)).toEqual(["m1", "x", "m2"]);
    expect(talk.item("x")?.state).toBe("sent");
  });

  it("adds to a message that is being written, where it has what was there before", () => {
    const talk = new Conversation();
    talk.take(keyframe([message(1, { key: "g", text: "One 😀", state: "growing" }), message(2)]), true);
    const before = talk.items("general");
    expect(talk.take({ grown: { g: [6, " two"] } }, false)).toEqual([]);
    expect(talk.item("g")?.text).toBe("One 😀 two");
    expect(talk.items("general")).not.toBe(before);
    talk.take({ grown: { g: [6, " again"], m2: [7, "!"], "never was": [0, "x"] } }, false);
    expect([talk.item("g")?.text, talk.item("m2")?.text]).toEqual(["One 😀 two", "text 2"]);
    expect(talk.take({ items: [message(1, { key: "g", text: "Whole" })] }, false)).toHaveLength(1);
    talk.take({ grown: { g: [5, "?"] } }, false);
    expect(talk.item("g")?.text).toBe("Whole");
  });

  it("puts nothing over another message, whatever it has heard of their keys", () => {
    const talk = new Conversation();
    const line = (room: string, place: number) => message(place, { key: "same", kind: "joined", room });
    talk.take(
      keyframe([message(6), message(7), message(8)], { more: true, from: 6 }, [row("other", { from: 5 })]),
      true,
    );
    talk.take({ items: [line("other", 5)] }, false);
    talk.take({ answers: [answer(6, [message(4), line("general", 5)], true)] }, false);
    expect(places(talk)).toEqual([4, 5, 6, 7, 8]);
    talk.take({ items: [line("other", 7)] }, false);
    expect(keys(talk)).toEqual(["m4", "same", "m6", "m7", "m8"]);
  });

  it("takes away what is gone", () => {
    const talk = new Conversation();
    talk.take(keyframe(messages(1, 4)), true);
    talk.take({ removed: ["m2", "never was"] }, false);
    expect(places(talk)).toEqual([1, 3]);
    expect(talk.has("m2")).toBe(false);
  });

  it("gives another list when something has changed, and the same when nothing has", () => {
    const talk = new Conversation();
    talk.take(keyframe(messages(1, 4), {}, [row("other")]), true);
    const before = talk.items("general");
    talk.take({ items: [message(1, { room: "other", key: "o" })], typing: {} }, false);
    expect(talk.items("general")).toBe(before);
    talk.take({ items: [message(2, { text: "other" })] }, false);
    expect(talk.items("general")).not.toBe(before);
    expect(before[1]!.text).toBe("text 2");
  });

  it("keeps what it knows where the kernel says nothing of it", () => {
    const talk = new Conversation();
    talk.take({ ...keyframe(messages(1, 3)), typing: { general: ["Ken"] }, trouble: "offline" }, true);
    talk.take({ items: [] }, false);
    expect([talk.room, talk.rooms.length, talk.typing("general"), talk.trouble]).toEqual([
      "general",
      1,
      ["Ken"],
      "offline",
    ]);
    talk.take({ typing: {}, trouble: "", room: "" }, false);
    expect([talk.room, talk.typing("general"), talk.trouble]).toEqual(["", [], ""]);
  });
});

describe("a keyframe", () => {
  it("has the last word on all that it reaches back to", () => {
    const talk = new Conversation();
    talk.take(keyframe(messages(1, 6), { from: 1 }), true);
    talk.take(keyframe([message(3), message(5, { text: "changed" })], { from: 3 }), true);
    expect(places(talk)).toEqual([1, 2, 3, 5]);
    expect(talk.item("m5")?.text).toBe("changed");
    expect(talk.has("m4")).toBe(false);
  });

  it("forgets older messages when some may be missing in between", () => {
    const talk = new Conversation();
    talk.take(keyframe(messages(1, 6)), true);
    talk.take(keyframe(messages(20, 22), { more: true }), true);
    expect(places(talk)).toEqual([20, 21]);
    expect(talk.has("m1")).toBe(false);
  });

  it("forgets rooms that are gone", () => {
    const talk = new Conversation();
    talk.take(
      keyframe([message(1), message(1, { room: "b", key: "b1" })], {}, [row("b", { from: 1 })]),
      true,
    );
    expect(keys(talk, "b")).toEqual(["b1"]);
    talk.take(keyframe([message(1)]), true);
    expect([keys(talk, "b"), talk.has("b1")]).toEqual([[], false]);
  });
});

describe("what is new", () => {
  it("is what others have said since, once, and when it is complete", () => {
    const talk = new Conversation();
    expect(talk.take(keyframe(messages(1, 3)), true)).toEqual([]);
    const fresh = talk.take(
      {
        items: [
          message(3),
          own(4),
          message(5, { state: "growing" }),
          message(6, { kind: "joined" }),
          message(2),
        ],
      },
      false,
    );
    expect(fresh.map(({ key }) => key)).toEqual(["m3"]);
    expect(talk.take({ items: [message(3, { edited: 1 })] }, false)).toEqual([]);
    expect(talk.take({ items: [message(5, { state: "growing", text: "more" })] }, false)).toEqual([]);
    expect(talk.take({ items: [message(5)] }, false).map(({ key }) => key)).toEqual(["m5"]);
  });

  it("is also what a keyframe brings while a message is on its way", () => {
    const talk = new Conversation();
    const waits = own(PENDING + 1, { key: "o", state: "queued" });
    talk.take(keyframe([...messages(1, 3), waits]), true);
    expect(talk.take(keyframe([...messages(1, 5), waits]), true).map(({ key }) => key)).toEqual(["m3", "m4"]);
    talk.take(keyframe([...messages(20, 22), waits], { more: true }), true);
    expect(places(talk)).toEqual([20, 21, PENDING + 1]); // it joins nothing
  });

  it("is also what a later keyframe brings", () => {
    const talk = new Conversation();
    talk.take(keyframe(messages(1, 3)), true);
    expect(talk.take(keyframe(messages(1, 5)), true).map(({ key }) => key)).toEqual(["m3", "m4"]);
  });

  it("is nothing of what was older and was asked for", () => {
    const talk = new Conversation();
    talk.take(keyframe(messages(10, 12), { more: true }), true);
    expect(talk.take({ answers: [answer(10, messages(5, 10), true)] }, false)).toEqual([]);
  });
});

describe("older messages", () => {
  it("are asked for when a reader is as far back as some are missing", () => {
    const talk = new Conversation();
    talk.take(keyframe(messages(10, 40), { more: true }), true);
    expect(talk.needs("general", 20)).toBeUndefined();
    expect(talk.needs("general", 10)).toBe(10);
    expect(talk.needs("general", Number.NEGATIVE_INFINITY)).toBe(10);
    talk.take({ answers: [answer(10, messages(4, 10), true)] }, false);
    expect(places(talk)[0]).toBe(4);
    expect(talk.needs("general", 10)).toBeUndefined();
    expect(talk.needs("general", 4)).toBe(4);
    talk.take({ answers: [answer(4, messages(1, 4), false)] }, false);
    expect([talk.needs("general", Number.NEGATIVE_INFINITY), talk.more("general")]).toEqual([
      undefined,
      false,
    ]);
    expect(places(talk)).toEqual(Array.from({ length: 39 }, (_, i) => i + 1));
  });

  it("are asked for from the newest on where the kernel has sent none", () => {
    const talk = new Conversation();
    talk.take(keyframe([], { more: true }), true);
    expect(talk.needs("general", Number.NEGATIVE_INFINITY)).toBeNull();
    talk.take({ answers: [answer(null, messages(7, 9), true)] }, false);
    expect([places(talk), talk.needs("general", 7)]).toEqual([[7, 8], 7]);
  });

  it("are none where there is nothing older, until the kernel finds some", () => {
    const talk = new Conversation();
    talk.take(keyframe(messages(5, 8)), true);
    expect(talk.needs("general", Number.NEGATIVE_INFINITY)).toBeUndefined();
    talk.take({ rooms: [row("general", { from: 5, more: true })] }, false);
    expect(talk.needs("general", Number.NEGATIVE_INFINITY)).toBe(5);
  });

  it("that another page has asked for are taken only where none are missing before them", () => {
    const talk = new Conversation();
    talk.take(keyframe(messages(10, 12), { more: true }), true);
    talk.take({ answers: [answer(5, messages(1, 5), true)] }, false);
    expect(places(talk)).toEqual([10, 11]);
    talk.take({ answers: [answer(11, messages(8, 11), true)] }, false);
    expect(places(talk)).toEqual([8, 9, 10, 11]);
  });

  it("that were here before a keyframe are looked at anew when a reader comes there", () => {
    const talk = new Conversation();
    talk.take(keyframe(messages(1, 12), { from: 1, more: true }), true);
    talk.take(keyframe(messages(10, 14), { more: true }), true);
    expect([places(talk)[0], talk.needs("general", 9)]).toEqual([1, 10]);
    talk.take({ answers: [answer(10, [message(6), message(7, { deleted: true, text: "" })], true)] }, false);
    expect(places(talk)).toEqual([1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13]);
    expect([talk.item("m7")?.deleted, talk.has("m8"), talk.needs("general", 6)]).toEqual([true, false, 6]);
  });

  it("are asked for once more when there were too many to keep", () => {
    const talk = new Conversation();
    talk.take(keyframe(messages(0, 20_000)), true);
    talk.take({ items: messages(20_000, 20_005) }, false);
    expect([talk.items("general").length, places(talk)[0], talk.has("m0")]).toEqual([20_000, 5, false]);
    expect(talk.needs("general", 5)).toBe(5);
  });
});

describe("what was read", () => {
  const unread = (read: number | null, count: number) => {
    const talk = new Conversation();
    talk.take(
      keyframe([message(1), own(2), ...messages(3, 6)], { read, unread: count }, [row("b", { unread: 7 })]),
      true,
    );
    return talk;
  };

  it("is counted by the kernel, until the reader has read more", () => {
    const talk = unread(1, 3);
    expect([talk.unread("general"), talk.unread("b"), talk.unread("nowhere")]).toEqual([3, 7, 0]);
    expect(talk.read("general", 4)).toBe(true);
    expect([talk.unread("general"), talk.readTo("general")]).toEqual([1, 4]);
    expect(talk.read("general", 5)).toBe(true);
    expect(talk.unread("general")).toBe(0);
  });

  it("is never less than it was", () => {
    const talk = unread(4, 1);
    expect(talk.read("general", 3)).toBe(false);
    talk.read("general", 5);
    talk.take({ rooms: [row("general", { read: 4, unread: 1 })] }, false);
    expect([talk.readTo("general"), talk.unread("general")]).toEqual([5, 0]);
    talk.take({ rooms: [row("general", { read: 5, unread: 2 })] }, false);
    expect(talk.unread("general")).toBe(2);
  });

  it("by others is known up to their places", () => {
    const talk = new Conversation();
    talk.take(
      keyframe(messages(1, 5), {
        reads: [
          ["Aya", 4],
          ["Ken", 2],
        ],
      }),
      true,
    );
    expect([2, 3, 5].map((place) => talk.readers("general", place))).toEqual([["Aya", "Ken"], ["Aya"], []]);
  });
});
