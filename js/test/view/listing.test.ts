import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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

it("has one stop of the Tab key: the newest, until its reader has gone to another", () => {
  const items = [1, 2, 3, 4].map((seq) => ({ ...item(seq), more: true }) as Item);
  const stops = () =>
    [...listing.root.querySelectorAll<HTMLElement>('.rw-fold[tabindex="0"]')].map(
      (each) => each.dataset.rwSeq,
    );
  const button = (seq: number) => listing.root.querySelector<HTMLElement>(`[data-rw-seq="${seq}"]`)!;
  listing.show(items.slice(0, 1), "en", "");
  listing.show(items.slice(0, 2), "en", "");
  expect(stops()).toEqual(["2"]);
  button(2).focus();
  listing.show(items.slice(0, 3), "en", "");
  expect(stops()).toEqual(["2"]);
  button(2).blur();
  button(1).click();
  listing.show(items, "en", "");
  expect(stops()).toEqual(["1"]);
  listing.show(items.slice(1), "en", "");
  expect(stops()).toEqual(["4"]);
});

describe("of which none stays", () => {
  const texts = () => lines().map((line) => line.querySelector(".rw-message")?.textContent ?? line.className);
  const more = (seq: number): Item => ({ ...item(seq), more: true }) as Item;

  it("has the lines that are there say what is new", () => {
    listing.show([item(1, "info"), item(2), item(3)], "en", "");
    const before = lines();
    listing.show([item(4), item(5, "error"), item(6), item(7)], "en", "");
    expect(lines().slice(0, 3)).toEqual(before);
    expect(texts()).toEqual(["m4", "m5", "m6", "m7"]);
    listing.show([item(8), item(9)], "en", "");
    expect([lines(), texts()]).toEqual([before.slice(0, 2), ["m8", "m9"]]);
  });

  it("makes a line anew for what is no event, and in place of one that is open", () => {
    listing.show([more(1), item(2), item(3)], "en", "");
    const [first, , third] = lines();
    listing.toggle(1);
    listing.follow.set(true);
    listing.show([item(4), { seq: 5, count: 2 }, item(6)], "en", "");
    expect(texts()).toEqual(["m4", "rw-missed", "m6"]);
    expect([lines()[0] === first, lines()[2] === third]).toEqual([false, true]);
  });

  it("has the focus of a button go to the list: it is another event's now", () => {
    listing.show([more(1)], "en", "");
    listing.root.querySelector<HTMLElement>(".rw-fold")!.focus();
    listing.show([more(2)], "en", "");
    expect(document.activeElement).toBe(listing.root);
    expect(listing.root.querySelector<HTMLElement>(".rw-fold")!.dataset.rwSeq).toBe("2");
  });

  it("keeps the lines of a reader who does not follow as they are", () => {
    listing.show([item(1), item(2)], "en", "");
    const before = lines();
    listing.follow.set(false);
    listing.show([item(3), item(4)], "en", "");
    expect([texts(), lines()[0] === before[0]]).toEqual([["m3", "m4"], false]);
  });
});
