// What looks at an image keeps it, however many others come: what waits, what is near, and what is seen large.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Attachment, type FileDoings } from "../../src/lib/chat/attachment";
import { Enlarged } from "../../src/lib/chat/enlarged";
import { Files } from "../../src/lib/chat/files";
import type { Item } from "../../src/lib/chat/item";
import { HandClock } from "../hand";
import { message } from "./talk";

let life: AbortController;
let files: Files;
let told: string[];

beforeEach(() => {
  vi.stubGlobal("IntersectionObserver", undefined);
  life = new AbortController();
  told = [];
  const ask = (what: string, about: object) => told.push(`${what} ${(about as { key?: string }).key}`);
  files = new Files({ clock: new HandClock(), ask, changed() {}, done() {} }, life.signal);
});
afterEach(() => {
  life.abort();
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

const file = { name: "a.png", type: "image/png", size: 3, url: "/files/1", width: 40, height: 40 };
const item = message(1, { type: "image", text: "", file }) as Item & { file: typeof file };
const chosen = { id: "m1", file: new File(["x"], "a.png"), type: "image/png", width: 0, height: 0 };

it("keeps an image from when it is sent until the kernel has it, or it is discarded", () => {
  files.send("general", [chosen], "", 0);
  expect(files.pictures.held("m1")).toBe(true);
  files.settle([item]);
  expect(files.pictures.held("m1")).toBe(false);
  files.send("general", [chosen], "", 0);
  expect(files.wish("discard", "m1")).toBe(true);
  expect([files.pictures.held("m1"), files.wish("discard", "m1")]).toEqual([false, false]);
});

it("keeps an image while it is seen large, which is over with the view", () => {
  const el = document.createElement("div");
  const from = document.createElement("button");
  el.append(from);
  document.body.append(el);
  files.pictures.put("m1", new Blob(["x"]));
  const view = new AbortController();
  const enlarged = new Enlarged(el, files, view.signal);
  enlarged.open(item, "en", from);
  expect(files.pictures.held("m1")).toBe(true);
  enlarged.close();
  expect(files.pictures.held("m1")).toBe(false);
  enlarged.open(item, "ja", from);
  expect(document.querySelector(".rw-large-tool[type]")!.getAttribute("aria-label")).toBe("閉じる");
  view.abort();
  expect([files.pictures.held("m1"), document.querySelector(".rw-large")]).toEqual([false, null]);
});

it("fetches an image again that was let go of, once it is there to be seen", () => {
  const doings: FileDoings = {
    look: (of) => files.look(of),
    want: (of) => files.want(of),
    hold: (key, on) => files.hold(key, on),
    spoil() {},
    save() {},
    enlarge() {},
  };
  const row = new AbortController();
  const attachment = new Attachment(doings, row.signal);
  const draw = (of: typeof item) => attachment.draw(of, files.look(of), "en");
  draw({ ...item, file: { ...file, url: "" } });
  expect(told).toEqual([]);
  draw(item); // it has a place by now
  expect([told, files.pictures.held("m1")]).toEqual([["file m1"], true]);
  const bytes = Uint8Array.from("\x89PNG\r\n\x1a\n", (each) => each.charCodeAt(0));
  files.take({ key: "m1", size: 8, at: 0 }, bytes);
  draw(item);
  const image = attachment.root.querySelector("img")!;
  expect(image.getAttribute("src")).toMatch(/^blob:/);
  files.pictures.drop("m1");
  draw(item);
  expect([image.hasAttribute("src"), told]).toEqual([false, ["file m1", "file m1"]]);
  row.abort();
  expect([files.pictures.held("m1"), files.moves]).toEqual([false, false]);
});
