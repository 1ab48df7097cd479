import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Told } from "../../src/lib/view/details";
import { Listing } from "../../src/lib/view/listing";
import type { Item } from "../../src/lib/view/log";

const life = new AbortController();
const item = (seq: number, level = ""): Item => ({ seq, ts: seq, level, source: "", message: `m${seq}` });
const wanted: number[] = [];
let listing: Listing;
let told: Told;

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  wanted.length = 0;
  told = { state: "asked", message: "", fields: [] };
  listing = new Listing(() => {}, life.signal, {
    of: () => told,
    want: (seq) => wanted.push(seq),
    drop: () => {},
  });
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

it("makes lines anew in another language, and only that which comes in between", () => {
  const items = [item(1), item(3)];
  listing.show(items, "en", "");
  const [first, last] = lines();
  listing.show([items[0]!, item(2), items[1]!], "en", "");
  expect([lines().length, lines()[0] === first, lines()[2] === last]).toEqual([3, true, true]);
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
