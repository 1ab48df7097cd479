// Files in a chat: sent in pieces, shown when they have come, saved, and never gone to.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Chat } from "../src/chat";
import type { ChatBody, Item, SharedFile } from "../src/lib/chat/item";
import { PIECE } from "../src/lib/chat/uploads";
import { layOut } from "./chat/layout";
import { keyframe, message, own } from "./chat/talk";
import { find, Stage, text } from "./stage";

const bytes = (content: string) => Uint8Array.from(content, (each) => each.charCodeAt(0));
const PNG = bytes("\x89PNG\r\n\x1a\n and so on");
const SVG = bytes("<svg onload='x()'/>");

interface Told {
  id: string;
  at: number;
  text?: string;
}

describe("files in a chat", () => {
  let stage: Stage;
  let el: HTMLElement;
  let version: number;
  /** Address in the page → what is there, for as long as it is. */
  let there: Map<string, Blob>;
  let saved: { name: string; blob: Blob }[];

  beforeEach(() => {
    sessionStorage.clear();
    vi.stubGlobal("IntersectionObserver", undefined); // all can be seen
    there = new Map();
    saved = [];
    let count = 0;
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      const url = `blob:${++count}`;
      there.set(url, blob as Blob);
      return url;
    });
    vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => void there.delete(url));
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
      saved.push({ name: this.download, blob: there.get(this.href)! });
    });
    stage = new Stage({ chat: Chat });
    layOut(() => 50);
    version = 0;
    el = stage.show("c", "chat", { tz: "UTC", height: 420, placeholder: "", show_rooms: "auto" });
  });
  afterEach(() => {
    stage.end();
    vi.unstubAllGlobals();
  });

  function put(body: ChatBody, key = false): void {
    version += 1;
    stage.put("c", body, [version, version, key]);
  }
  const start = (...items: Item[]) => put(keyframe(items), true);
  const come = (...items: Item[]) => put({ items });
  const asked = <About = unknown>(word: string): About[] => {
    const words = stage.carrier.sent as unknown as { do?: string; about?: About }[];
    return words.flatMap((each) => (each.do === word ? [each.about!] : []));
  };

  /** The kernel answers with a piece of a file. */
  function piece(key: string, size: number, at: number, content: Uint8Array): void {
    version += 1;
    const buffer = new ArrayBuffer(Math.ceil(content.length / 8) * 8);
    new Uint8Array(buffer).set(content);
    const body = { up_to: version, file: { key, size, at } };
    const cols = [["file", "u1", content.length]];
    const part = { to: "c", feed: "0", first: version, last: version, key: false, body, cols };
    stage.page.frame("c1", { rw: 2, mid: 1, t: 0, parts: [part] }, [new DataView(buffer)]);
    stage.clock.draw();
  }
  const whole = (key: string, content: Uint8Array) => piece(key, content.length, 0, content);

  const picture = (place: number, more: Partial<SharedFile> = {}, about: Partial<Item> = {}): Item =>
    message(place, {
      type: "image",
      text: "",
      file: { name: "a.png", type: "image/png", size: 18, url: "/files/1", width: 840, height: 420, ...more },
      ...about,
    });
  const document_ = (place: number, more: Partial<SharedFile> = {}): Item =>
    message(place, {
      type: "file",
      text: "",
      file: { name: "run.csv", type: "text/csv", size: 2048, url: "/files/2", ...more },
    });
  const frame = () => find(el, ".rw-file-frame");
  const image = () => el.querySelector<HTMLImageElement>(".rw-file-image")!;
  const card = () => find(el, ".rw-file-card");
  const save = () => find(el, ".rw-file-save");

  function press(on: Element, key: string): void {
    on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true }));
  }

  /** What is said within some seconds. */
  function heard(seconds: number): string[] {
    const said = new Set<string>();
    for (let i = 0; i < seconds; i++) {
      stage.pass(1);
      said.add(document.querySelector('[data-rw-announcer="polite"]')?.textContent ?? "");
    }
    return [...said].filter(Boolean);
  }

  describe("that others have sent", () => {
    it("are fetched and shown in a room that was kept, where they are images", () => {
      start(picture(1, { alt: "a curve" }));
      expect([frame().style.width, frame().style.aspectRatio, image().hasAttribute("src")]).toEqual([
        "420px",
        "420 / 210",
        false,
      ]);
      expect([image().alt, frame().getAttribute("aria-disabled"), card().hidden]).toEqual([
        "a curve",
        "true",
        true,
      ]);
      expect(asked("file")).toEqual([{ key: "m1", at: 0 }]);
      piece("m1", PNG.length, 0, PNG.subarray(0, 10));
      expect(asked("file").at(-1)).toEqual({ key: "m1", at: 10 });
      const before = frame();
      piece("m1", PNG.length, 10, PNG.subarray(10));
      const blob = there.get(image().src)!;
      expect([blob.type, blob.size, frame() === before, frame().style.aspectRatio]).toEqual([
        "image/png",
        PNG.length,
        true,
        "420 / 210",
      ]);
      expect(frame().getAttribute("aria-disabled")).toBe("false");
    });

    it.each([
      [{ width: 100, height: 3200 }, "40px", "40 / 320"],
      [{ width: 16, height: 16 }, "40px", "40 / 40"],
      [{ width: 0, height: 0 }, "240px", "240 / 180"],
      [{ width: 1e12, height: 1 }, "420px", "420 / 40"],
    ])("have some room whatever is said of their size: %j", (sides, width, ratio) => {
      start(picture(1, sides));
      expect([frame().style.width, frame().style.aspectRatio]).toEqual([width, ratio]);
    });

    it("are no image of another type, whatever they say that they are", () => {
      start(picture(1));
      whole("m1", SVG);
      expect([frame().hidden, card().hidden, there.size]).toEqual([true, false, 0]);
      save().click();
      whole("m1", SVG);
      expect(saved.map(({ name, blob }) => [name, blob.type])).toEqual([
        ["a.png", "application/octet-stream"],
      ]);
    });

    it.each(["image/svg+xml", "text/html", "image/bmp", ""])("are cards where they are %j", (type) => {
      start(picture(1, { type }));
      expect([frame().hidden, card().hidden, asked("file")]).toEqual([true, false, []]);
    });

    it("are cards where the browser cannot show them", () => {
      start(picture(1));
      whole("m1", PNG);
      frame().focus();
      image().dispatchEvent(new Event("error"));
      stage.clock.draw();
      expect([frame().hidden, card().hidden, there.size]).toEqual([true, false, 0]);
      expect(document.activeElement).toBe(save());
    });

    it("are not fetched before they are anywhere, nor where they are huge, nor more than three at a time", () => {
      start(
        picture(1, { url: "" }),
        picture(2, { size: 1e9 }),
        ...[3, 4, 5, 6].map((place) => picture(place)),
      );
      expect(asked<{ key: string }>("file").map(({ key }) => key)).toEqual(["m3", "m4", "m5"]);
    });

    it("are asked for again when no answer comes", () => {
      start(picture(1));
      stage.pass(6);
      expect(asked("file").length).toBe(2);
      stage.pass(10);
      expect(asked("file").length).toBe(3);
    });

    it("say in a card why they cannot be had, and are tried again when somebody wants them", () => {
      start(picture(1));
      put({ file: { key: "m1", error: "the file is kept no more" } });
      expect([card().hidden, text(el, ".rw-file-error")]).toEqual([false, "the file is kept no more"]);
      stage.pass(120);
      expect(asked("file").length).toBe(1);
      save().click();
      stage.clock.draw();
      whole("m1", PNG);
      expect([saved.length, frame().hidden, image().src in Object.fromEntries(there)]).toEqual([
        1,
        false,
        true,
      ]);
    });

    it("stay the same when the message changes, and go with it", () => {
      start(picture(1));
      whole("m1", PNG);
      const { src } = image();
      come(picture(1, {}, { reactions: [["👍", 1, false, "Ken"]] }));
      expect(image().src).toBe(src);
      come({ ...picture(1), deleted: true });
      expect(find(el, ".rw-file").hidden).toBe(true);
    });

    it("are a card with a name, what they are, and how large", () => {
      start(document_(1, { name: "report\u202efdp.exe" }));
      expect([text(el, ".rw-file-name"), text(el, ".rw-file-facts")]).toEqual([
        "reportfdp.exe",
        "EXE file · 2.0 KiB",
      ]);
      expect(find(el, ".rw-file-name").dir).toBe("auto");
      expect(save().getAttribute("aria-label")).toBe("Download reportfdp.exe");
      expect([asked("file"), el.querySelector(".rw-file a, .rw-file [href]")]).toEqual([[], null]);
    });

    it.each([
      ["a.mp3", "audio/mpeg", "en", "MP3 audio"],
      ["clip", "video/mp4", "en", "Video"],
      ["Makefile", "text/plain", "en", "File"],
      ["a.svg", "image/svg+xml", "en", "SVG image"],
      ["a.tar.gz", "application/gzip", "ja", "GZ ファイル"],
    ])("say in words what %s is", (name, type, locale, words) => {
      stage.set("c", "locale", locale);
      start(document_(1, { name, type, size: null }));
      expect(text(el, ".rw-file-facts")).toBe(words);
    });

    it("are saved under a clean name, as bytes, when they are all here", async () => {
      start(document_(1, { name: "../a\u202e.html", type: "text/html", size: 4 }));
      save().click();
      stage.clock.draw();
      expect(asked("file")).toEqual([{ key: "m1", at: 0 }]);
      piece("m1", 4, 0, bytes("<b"));
      expect([text(el, ".rw-file-facts"), saved]).toEqual(["Loading… 50%", []]);
      piece("m1", 4, 2, bytes("r>"));
      expect([saved[0]!.name, saved[0]!.blob.type, await saved[0]!.blob.text()]).toEqual([
        "a.html",
        "application/octet-stream",
        "<br>",
      ]);
      expect(heard(4)).toEqual(["Chat: ../a.html downloaded"]);
      stage.pass(60);
      expect(there.size).toBe(0);
    });

    it("are let go of with the view", () => {
      start(picture(1));
      whole("m1", PNG);
      expect(there.size).toBe(1);
      stage.life.abort();
      expect(there.size).toBe(0);
    });
  });

  describe("that come near and go", () => {
    let told: Map<Element, ((near: boolean) => void)[]>;

    /** An element is on screen, or far from it. */
    function see(root: Element, on: boolean): void {
      for (const tell of told.get(root) ?? []) tell(on);
      stage.clock.draw();
    }

    beforeEach(() => {
      told = new Map();
      vi.stubGlobal(
        "IntersectionObserver",
        class {
          constructor(readonly look: (entries: object[]) => void) {}
          observe(target: Element) {
            const tell = (on: boolean) =>
              this.look([
                { target, isIntersecting: on, intersectionRatio: Number(on), intersectionRect: {} },
              ]);
            told.set(target, [...(told.get(target) ?? []), tell]);
          }
          unobserve() {}
          disconnect() {}
        },
      );
      el = stage.show("d", "chat", { tz: "UTC", height: 420, placeholder: "", show_rooms: "auto" });
      see(el, true);
    });

    it("are fetched only while they are near", () => {
      stage.put("d", keyframe([picture(1), picture(2)]), [1, 1, true]);
      const [one, two] = [...el.querySelectorAll(".rw-file")];
      expect(asked("file")).toEqual([]);
      see(one!, true);
      expect(asked("file")).toEqual([{ key: "m1", at: 0 }]);
      see(one!, false);
      see(one!, false); // and farther off
      see(two!, true);
      expect(asked("file").at(-1)).toEqual({ key: "m2", at: 0 });
      stage.pass(20);
      expect(asked<{ key: string }>("file").filter(({ key }) => key === "m1").length).toBe(1);
    });
  });

  describe("seen large", () => {
    const large = () => document.querySelector<HTMLElement>(".rw-large");
    const tools = () => [...large()!.querySelectorAll<HTMLElement>(".rw-large-tool")];

    function open(): void {
      start(picture(1, { name: "../a\u202e.png", alt: "a curve" }));
      whole("m1", PNG);
      frame().focus();
      frame().click();
    }

    it("are a dialog over the page, with what saves them", () => {
      open();
      const [link, close] = tools() as [HTMLAnchorElement, HTMLButtonElement];
      expect([large()!.getAttribute("role"), large()!.getAttribute("aria-label")]).toEqual([
        "dialog",
        "a curve",
      ]);
      const shown = large()!.querySelector("img")!;
      expect([shown.src, shown.alt, link.href, link.download]).toEqual([
        image().src,
        "a curve",
        image().src,
        "a.png",
      ]);
      expect([text(large()!, ".rw-large-name"), document.activeElement]).toEqual(["../a.png", close]);
    });

    it("are put away by Escape, their button and a click beside them, and the focus goes back", () => {
      open();
      const ways = [
        () => press(document.activeElement!, "Escape"),
        () => tools()[1]!.click(),
        () => large()!.querySelector<HTMLElement>(".rw-large-place")!.click(),
      ];
      for (const way of ways) {
        expect(large()).not.toBeNull();
        way();
        expect([large(), document.activeElement]).toEqual([null, frame()]);
        frame().click();
      }
      large()!.querySelector("img")!.click();
      expect(large()).not.toBeNull();
    });

    it("keep the focus", () => {
      open();
      const [link, close] = tools();
      press(close!, "Tab");
      expect(document.activeElement).toBe(link);
      press(link!, "Tab");
      expect(document.activeElement).toBe(close);
    });

    it("cannot be, before they are here; and end with the view", () => {
      start(picture(1));
      frame().click();
      expect(large()).toBeNull();
      whole("m1", PNG);
      frame().click();
      stage.life.abort();
      expect(large()).toBeNull();
    });
  });

  describe("that the reader sends", () => {
    const named = (name: string, content: Uint8Array<ArrayBuffer>) => new File([content], name);
    const rows = () => [...el.querySelectorAll<HTMLElement>(".rw-msg")];
    const said = (row: HTMLElement) => row.querySelector(".rw-msg-state")!.textContent;
    const deeds = (row: HTMLElement) =>
      [...row.querySelectorAll<HTMLElement>(".rw-msg-deed")].filter((each) => !each.hidden);

    function drop(...files: File[]): void {
      const event = new Event("drop", { bubbles: true, cancelable: true });
      Object.assign(event, { dataTransfer: { files, types: ["Files"], dropEffect: "none" } });
      find(el, ".rw-chat-list").dispatchEvent(event);
      stage.clock.draw();
    }

    /** Chooses files, and sends them with a text when it is known what they are. */
    async function send(caption: string, ...files: File[]): Promise<void> {
      drop(...files);
      const field = el.querySelector("textarea")!;
      const images = files.filter(({ name }) => name.endsWith(".png")).length;
      await vi.waitFor(() => expect(el.querySelectorAll(".rw-pick img[src]").length).toBe(images));
      field.value = caption;
      field.dispatchEvent(new Event("input"));
      press(field, "Enter");
      stage.clock.draw();
    }

    const soon = () => new Promise((go) => setTimeout(go));
    let heardPieces: number;
    beforeEach(() => {
      heardPieces = 0;
    });

    /** The kernel has heard so many pieces in all, and the pause before each has passed. */
    async function pieces(count: number): Promise<Told[]> {
      for (; heardPieces < count; heardPieces++) {
        if (asked("attach").length === heardPieces) stage.clock.run(30);
        await vi.waitFor(() => expect(asked("attach").length).toBeGreaterThan(heardPieces), { interval: 1 });
        await soon();
        stage.clock.draw();
      }
      expect(asked("attach").length).toBe(count);
      return asked<Told>("attach");
    }

    it("are there at once, with what is said of the first", async () => {
      start(message(1));
      await send("look", named("a.png", PNG), named("b.csv", bytes("1,2")));
      const [, first, second] = rows();
      expect(rows().length).toBe(3);
      expect([
        first!.dataset.rwState,
        text(first!, ".rw-md"),
        find(first!, "img").hasAttribute("src"),
      ]).toEqual(["waiting", "look", true]);
      expect([text(second!, ".rw-file-name"), find(second!, ".rw-file-save").hidden]).toEqual([
        "b.csv",
        true,
      ]);
      const told = await pieces(2);
      expect(told.map(({ text }) => text)).toEqual(["look", ""]);
      expect([asked("send"), el.querySelectorAll(".rw-pick").length]).toEqual([[], 0]);
    });

    it("say how far they are, and what they wait for", async () => {
      start(message(1));
      await send("", named("big", new Uint8Array(2 * PIECE)));
      expect([said(rows()[1]!), deeds(rows()[1]!).map((each) => each.textContent)]).toEqual([
        "Sending… 0%",
        ["Discard"],
      ]);
      await pieces(1);
      expect(said(rows()[1]!)).toBe("Sending… 50%");
      stage.pass(3); // what is on its way may take longer than a word
      await pieces(2);
      expect(said(rows()[1]!)).toBe("Sending… 100%");
      stage.pass(2);
      expect(said(rows()[1]!)).toBe("Waiting: a cell is running");
    });

    it("become the messages of the kernel in their place, of which those who listen hear the end", async () => {
      start(message(1));
      await send("", named("a.png", PNG), named("run.csv", bytes("1,2")));
      const [{ id }] = (await pieces(1)) as [Told];
      const [, row] = rows();
      const { src } = find(row!, "img") as unknown as HTMLImageElement;
      const item = picture(2, { url: "" }, { key: id, own: true, state: "sending" });
      come(item);
      expect([rows()[1] === row, row!.dataset.rwState]).toEqual([true, "sending"]);
      come({ ...item, state: "sent", file: { ...item.file!, url: "/files/9" } });
      expect([rows()[1] === row, image().src, asked("file")]).toEqual([true, src, []]);
      const [second] = (await pieces(2)).slice(1) as [Told];
      come({ ...document_(3), key: second.id, own: true });
      expect(heard(4)).toEqual(["Chat: a.png sent, run.csv sent"]);
      stage.pass(60);
      expect(asked("attach").length).toBe(2);
    });

    it("are begun anew when the kernel has not heard them", async () => {
      start(message(1));
      await send("", named("a", bytes("x")));
      await pieces(1);
      stage.pass(31);
      await pieces(2);
      expect(asked<Told>("attach").map(({ at }) => at)).toEqual([0, 0]);
    });

    it("are told no more when they are discarded, and are deleted where it was too late", async () => {
      start(message(1));
      await send("", named("a.png", PNG));
      const [{ id }] = (await pieces(1)) as [Told];
      expect(said(rows()[1]!)).toBe("Sending… 100%");
      deeds(rows()[1]!)[0]!.click();
      stage.clock.draw();
      expect([rows().length, there.size]).toEqual([1, 0]);
      come(own(2, { key: id, type: "image", state: "sending" }));
      expect(asked("delete")).toEqual([{ key: id }]);
    });

    it("say that they cannot be read any more, and are tried again from what is here", async () => {
      start(message(1));
      const file = named("a", bytes("x"));
      drop(file);
      const field = el.querySelector("textarea")!;
      const slice = file.slice.bind(file);
      await Promise.resolve();
      file.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }) as unknown as Blob;
      press(field, "Enter");
      await vi.waitFor(() => {
        stage.clock.draw();
        expect(rows()[1]!.dataset.rwState).toBe("failed");
      });
      expect([said(rows()[1]!), deeds(rows()[1]!).map((each) => each.textContent)]).toEqual([
        "Not sent: The file cannot be read any more",
        ["Retry", "Discard"],
      ]);
      file.slice = slice;
      deeds(rows()[1]!)[0]!.click();
      await pieces(1);
      expect(asked("retry")).toEqual([]);
    });

    it("are tried again by the kernel, once it has them", async () => {
      start(message(1), own(2, { key: "abcdefgh", type: "file", state: "failed", file: document_(2).file! }));
      deeds(rows()[1]!)[0]!.click();
      expect(asked("retry")).toEqual([{ key: "abcdefgh" }]);
    });

    it("have the size that the kernel takes, or ten megabytes", () => {
      start(message(1));
      drop(named("a", new Uint8Array(3000)));
      expect(el.querySelectorAll(".rw-pick").length).toBe(1);
      stage.set("c", "max_file_bytes", 2048);
      drop(named("b", new Uint8Array(3000)));
      expect(text(el, ".rw-composer-note").replaceAll(/[\u2068\u2069]/g, "")).toBe(
        "b has 2.9 KiB, and 2.0 KiB is the most.",
      );
      stage.set("c", "max_file_bytes", undefined);
      const large = named("c", bytes("x"));
      Object.defineProperty(large, "size", { value: 11 * 2 ** 20 });
      drop(large);
      expect(text(el, ".rw-composer-note")).toContain("11.0 MiB, and 10.0 MiB");
    });

    it("wait while the kernel does not respond", async () => {
      start(message(1));
      await send("", named("a", bytes("x")));
      await pieces(1);
      stage.clock.run(14_000);
      stage.clock.draw();
      expect(said(rows()[1]!)).toBe("Waiting: the kernel does not respond");
    });
  });
});
