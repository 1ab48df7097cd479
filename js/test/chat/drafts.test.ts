import { expect, it, vi } from "vitest";
import { Drafts, tabStorage } from "../../src/lib/chat/drafts";

function forbidden(): Storage {
  const fail = () => {
    throw new DOMException("forbidden", "SecurityError");
  };
  return { getItem: fail, setItem: fail, removeItem: fail, clear: fail, key: fail, length: 0 };
}

it("keeps a draft for each room, over a reload", () => {
  sessionStorage.clear();
  const drafts = new Drafts(sessionStorage, "chat");
  drafts.keep("a", "one\ud800");
  drafts.keep("b", "two");
  drafts.keep("b", "");
  const again = new Drafts(sessionStorage, "chat");
  expect(["a", "b", "c"].map((room) => again.of(room))).toEqual(["one\ud800", "", ""]);
  expect(new Drafts(sessionStorage, "other").of("a")).toBe("");
  expect(sessionStorage.length).toBe(1);
});

it.each([
  ["none", null],
  ["a forbidden one", forbidden()],
] as const)("keeps drafts in the page with %s", (_, storage) => {
  const drafts = new Drafts(storage, "chat");
  expect(drafts.of("a")).toBe("");
  drafts.keep("a", "one");
  expect(drafts.of("a")).toBe("one");
});

it("leaves no older draft where there is no room for the new one", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, text: string) => {
      if (text.length > 3) throw new DOMException("full", "QuotaExceededError");
      kept.set(name, text);
    },
    removeItem: (name: string) => kept.delete(name),
  } as unknown as Storage;
  const drafts = new Drafts(storage, "chat");
  drafts.keep("a", "old");
  expect(new Drafts(storage, "chat").of("a")).toBe("old");
  drafts.keep("a", "longer");
  expect(drafts.of("a")).toBe("longer");
  expect(new Drafts(storage, "chat").of("a")).toBe("");
});

it("has the storage of the tab, or none where it is forbidden", () => {
  expect(tabStorage()).toBe(sessionStorage);
  vi.stubGlobal("sessionStorage", undefined);
  expect(tabStorage()).toBeNull();
  vi.unstubAllGlobals();
  const own = Object.getOwnPropertyDescriptor(globalThis, "sessionStorage")!;
  Object.defineProperty(globalThis, "sessionStorage", {
    configurable: true,
    get: () => {
      throw new DOMException("forbidden", "SecurityError");
    },
  });
  expect(tabStorage()).toBeNull();
  Object.defineProperty(globalThis, "sessionStorage", own);
});
