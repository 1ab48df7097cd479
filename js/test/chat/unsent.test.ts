import { expect, it } from "vitest";
import { unsentItems } from "../../src/lib/chat/unsent";
import type { Upload } from "../../src/lib/chat/uploads";

const writer = { me: { id: "me", name: "Me" }, room: "general", unreadable: "it is gone" };

function upload(id: string, at: number, type: string, failed = false): Upload {
  const file = new File(["xyz"], `${id}.x`, { type: "text/plain" });
  const chosen = { id, file, type, width: 4, height: 3 };
  return { chosen, room: "general", text: `of ${id}`, at, told: 0, since: null, failed, pause: 1 };
}

it("makes messages of what waits, in the order in which it was written", () => {
  const texts = [
    { id: "t1", room: "general", text: "one", at: 1000 },
    { id: "t2", room: "general", text: "two", at: 3000 },
  ];
  const items = unsentItems(texts, [upload("f1", 2000, "image/png"), upload("f2", 4000, "", true)], writer);
  expect(items.map(({ key, type, text, ts, state, error }) => [key, type, text, ts, state, error])).toEqual([
    ["t1", "text", "one", 1, "waiting", undefined],
    ["f1", "image", "of f1", 2, "waiting", undefined],
    ["t2", "text", "two", 3, "waiting", undefined],
    ["f2", "file", "of f2", 4, "failed", "it is gone"],
  ]);
  expect(items.every(({ own, place }) => own && place === Number.POSITIVE_INFINITY)).toBe(true);
  expect(items[1]!.file).toEqual({ name: "f1.x", type: "image/png", size: 3, width: 4, height: 3 });
  expect(items[3]!.file!.type).toBe("text/plain");
});
