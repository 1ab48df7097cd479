import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Listing } from "../../src/lib/view/listing";
import type { Item } from "../../src/lib/view/log";

const life = new AbortController();
const item = (seq: number, level = ""): Item => ({ seq, ts: seq, level, source: "", message: `m${seq}` });
let listing: Listing;

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  listing = new Listing(() => {}, life.signal);
  document.body.append(listing.root);
});

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

const lines = () => [...listing.root.children];

it("keeps the lines of the items that stay", () => {
  const items = [item(1), item(2), item(3)];
  listing.show(items, "en", "");
  const before = lines();
  listing.show([...items.slice(1), item(4)], "en", "");
  expect(lines().slice(0, 2)).toEqual(before.slice(1));
  expect(lines().map((line) => line.querySelector(".rw-message")!.textContent)).toEqual(["m2", "m3", "m4"]);
});

it("makes lines anew in another language, and where something comes in between", () => {
  const items = [item(1), item(3)];
  listing.show(items, "en", "");
  const [first] = lines();
  listing.show([items[0]!, item(2), items[1]!], "en", "");
  expect([lines().length, lines()[0] === first]).toEqual([3, false]);
  const [again] = lines();
  listing.show(listing.shown, "ja", "");
  expect([lines().length, lines()[0] === again]).toEqual([3, false]);
});

it("can have the focus while it has lines, and tells what they have", () => {
  listing.show([], "en", "");
  expect(listing.root.getAttribute("tabindex")).toBe("-1");
  listing.show([item(1, "info")], "en", "");
  expect([listing.root.getAttribute("tabindex"), listing.root.hasAttribute("data-rw-levels")]).toEqual([
    "0",
    true,
  ]);
  expect(listing.root.hasAttribute("data-rw-sources")).toBe(false);
});
