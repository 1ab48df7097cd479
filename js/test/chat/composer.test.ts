import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Composer, MAX_TEXT } from "../../src/lib/chat/composer";
import { composerWords, TABLES } from "../../src/lib/chat/composer_words";
import { Drafts } from "../../src/lib/chat/drafts";
import { Pictures } from "../../src/lib/chat/pictures";
import { HandClock } from "../hand";

let life: AbortController;
let clock: HandClock;
let said: { sent: string[]; typing: boolean[]; files: string[][] };
let pictures: Pictures;
let around: HTMLElement | undefined;
let accepts: boolean;
let ends: (() => boolean) | undefined;

beforeEach(() => {
  life = new AbortController();
  clock = new HandClock();
  said = { sent: [], typing: [], files: [] };
  accepts = true;
  pictures = new Pictures();
  around = undefined;
  ends = undefined;
  sessionStorage.clear();
});
afterEach(() => {
  life.abort();
  document.body.replaceChildren();
});

function composer() {
  const made = new Composer({
    signal: life.signal,
    clock,
    drafts: new Drafts(sessionStorage, "chat"),
    pictures,
    ...(around && { around }),
    most: () => 2048,
    onSend: (text, files) => {
      if (accepts) {
        said.sent.push(text);
        if (files.length) said.files.push(files.map((each) => each.file.name));
      }
      return accepts;
    },
    onTyping: (on) => said.typing.push(on),
    ...(ends && { onEscape: () => ends!() }),
  });
  made.room = "r";
  const host = document.createElement("div");
  host.className = "rw-host";
  host.dataset.rwBuild = "test";
  const root = document.createElement("div");
  root.className = "rw-root";
  root.tabIndex = -1;
  root.append(made.root);
  host.append(root);
  document.body.append(host);
  const find = <E extends HTMLElement>(what: string) => made.root.querySelector<E>(what)!;
  const field = find<HTMLTextAreaElement>("textarea");
  return {
    made,
    root,
    field,
    send: find<HTMLButtonElement>(".rw-composer-send"),
    attach: find<HTMLButtonElement>(".rw-composer-attach"),
    files: find<HTMLInputElement>("input"),
    note: find("[role=status]"),
    list: find(".rw-picks"),
    chips: () => [...made.root.querySelectorAll(".rw-pick .rw-file-name")].map((each) => each.textContent),
    remove: (i: number) => made.root.querySelectorAll<HTMLButtonElement>(".rw-pick-remove")[i]!,
    type(text: string) {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
  };
}

type Press = KeyboardEventInit & { keyCode?: number };

/** Tells whether the browser would do what it does of itself. */
function press(
  el: Element,
  key: string,
  { keyCode = key === "Enter" ? 13 : 27, ...more }: Press = {},
): boolean {
  const event = new KeyboardEvent("keydown", {
    key,
    bubbles: true,
    cancelable: true,
    composed: true,
    ...more,
  });
  Object.defineProperty(event, "keyCode", { value: keyCode });
  return el.dispatchEvent(event);
}

const fire = (el: Element, type: string) => el.dispatchEvent(new Event(type, { bubbles: true }));

it("sends with Enter what was written, trimmed, and is empty then", () => {
  const { field, type } = composer();
  type(" \n a\n  b \n\u3000");
  expect(press(field, "Enter")).toBe(false);
  expect(said.sent).toEqual(["a\n  b"]);
  expect(field.value).toBe("");
});

it("breaks a line with Shift+Enter, and sends with Ctrl+Enter, of which the notebook hears nothing", () => {
  const { field, type } = composer();
  const heard = vi.fn();
  document.body.addEventListener("keydown", heard);
  type("a");
  expect(press(field, "Enter", { shiftKey: true })).toBe(true);
  expect(said.sent).toEqual([]);
  expect(press(field, "Enter", { ctrlKey: true })).toBe(false);
  expect(said.sent).toEqual(["a"]);
  expect(heard).not.toHaveBeenCalled();
  document.body.removeEventListener("keydown", heard);
});

it("sends once however long Enter is held", () => {
  const { field, made, type } = composer();
  type("a");
  press(field, "Enter");
  made.text = "b";
  press(field, "Enter", { repeat: true });
  expect(said.sent).toEqual(["a"]);
});

it("keeps keys from the notebook, and says so to JupyterLab", () => {
  const { made, field } = composer();
  const heard = vi.fn();
  document.addEventListener("keydown", heard, true);
  for (const key of ["a", "x", "Escape", "ArrowUp", "Enter"]) press(field, key);
  expect(heard).not.toHaveBeenCalled();
  document.removeEventListener("keydown", heard, true);
  expect(made.root.dataset.lmSuppressShortcuts).toBe("true");
});

// What browsers tell when an input method's conversion is confirmed by Enter.
const ORDERS: Record<string, (field: Element) => void> = {
  "Chrome, Japanese and Chinese": (field) => {
    press(field, "Process", { keyCode: 229, isComposing: false });
    fire(field, "compositionstart");
    press(field, "Enter", { keyCode: 229, isComposing: true });
    fire(field, "compositionend");
  },
  "Firefox, Japanese and Chinese": (field) => {
    press(field, "Process", { keyCode: 229, isComposing: false });
    fire(field, "compositionstart");
    press(field, "Enter", { keyCode: 229, isComposing: true });
    fire(field, "compositionend");
    fire(field, "input");
  },
  "Safari, Japanese and Chinese": (field) => {
    fire(field, "compositionstart");
    press(field, "ん", { keyCode: 229, isComposing: true });
    fire(field, "compositionend");
    press(field, "Enter", { keyCode: 229, isComposing: false });
  },
  "Korean, with an ordinary key behind the end": (field) => {
    fire(field, "compositionstart");
    press(field, "Enter", { keyCode: 229, isComposing: true });
    fire(field, "compositionend");
    expect(press(field, "Enter")).toBe(false); // no line is broken either
  },
  "a browser that marks no key": (field) => {
    fire(field, "compositionstart");
    press(field, "Enter");
    fire(field, "compositionend");
  },
};

it.each(Object.keys(ORDERS))("does not send with the Enter that confirms a conversion: %s", (order) => {
  const { field, type } = composer();
  type("日本語");
  ORDERS[order]!(field);
  expect(said.sent).toEqual([]);
  expect(field.value).toBe("日本語");
  clock.run(1);
  press(field, "Enter");
  expect(said.sent).toEqual(["日本語"]);
});

it("does not leave with the Escape that gives up a conversion, in either order", () => {
  const { field } = composer();
  field.focus();
  fire(field, "compositionstart");
  press(field, "Escape", { keyCode: 229, isComposing: true });
  fire(field, "compositionend");
  press(field, "Escape", { keyCode: 229 });
  expect(document.activeElement).toBe(field);
});

it("leaves with Escape, to the widget, when there is nothing else to end", () => {
  const open = [true];
  ends = () => open.pop() ?? false;
  const { field, root } = composer();
  field.focus();
  press(field, "Escape");
  expect(document.activeElement).toBe(field);
  press(field, "Escape");
  expect(document.activeElement).toBe(root);
});

it.each(["", " \n\u3000", "\u200b\u2060"])("sends nothing when there is only %j", (text) => {
  const { field, send, type } = composer();
  type(text);
  expect(send.getAttribute("aria-disabled")).toBe("true");
  press(field, "Enter");
  send.click();
  expect(said.sent).toEqual([]);
});

it("sends with the button, and goes back to the field", () => {
  const { field, send, type } = composer();
  type("a");
  expect(send.getAttribute("aria-disabled")).toBe("false");
  send.focus();
  send.click();
  expect(said.sent).toEqual(["a"]);
  expect(document.activeElement).toBe(field);
  expect(send.getAttribute("aria-disabled")).toBe("true");
});

it("keeps what could not be taken, and says why, until it is changed", () => {
  const { field, note, type } = composer();
  accepts = false;
  type("a ");
  press(field, "Enter");
  expect(field.value).toBe("a ");
  expect(note.textContent).toBe(composerWords("en")("not_sent"));
  type("a b");
  expect(note.textContent).toBe("");
});

it("says when a message is as long as it may be, and sends none that is longer", () => {
  const { field, note, type } = composer();
  type("a".repeat(MAX_TEXT - 1));
  expect(note.textContent).toBe("");
  type("a".repeat(MAX_TEXT));
  expect(note.textContent).toBe("The longest message has 20,000 characters");
  type("a".repeat(MAX_TEXT + 12));
  expect(note.textContent).toBe("12 characters too many");
  press(field, "Enter");
  expect(said.sent).toEqual([]);
  expect(field.value.length).toBe(MAX_TEXT + 12);
  type("a".repeat(MAX_TEXT));
  press(field, "Enter");
  expect(said.sent.length).toBe(1);
});

it("tells that somebody types, and stops when all is sent, deleted or left", () => {
  const { field, made, type } = composer();
  const steps = [
    () => press(field, "Enter"),
    () => type(" "),
    () => fire(field, "blur"),
    () => {
      made.room = made.room === "r" ? "s" : "r";
    },
    () => {
      made.disabled = "x";
      made.disabled = null;
    },
    () => clock.run(3_000),
  ];
  for (const step of steps) {
    said.typing = [];
    type("a");
    type("ab");
    step();
    expect(said.typing).toEqual([true, false]);
  }
  said.typing = [];
  type("a");
  life.abort();
  expect(said.typing).toEqual([true, false]);
});

it("tells nothing of a text that is put into it", () => {
  const { made, field } = composer();
  made.text = "again";
  expect(field.value).toBe("again");
  expect(said.typing).toEqual([]);
});

it("keeps a draft for each room, over changes of rooms and a reload", () => {
  const { made, field, type } = composer();
  type("one");
  made.room = "s";
  expect(field.value).toBe("");
  type("two");
  made.room = "r";
  expect(field.value).toBe("one");
  made.room = "r";
  expect(field.value).toBe("one");
  const again = composer();
  expect(again.field.value).toBe("one");
  press(again.field, "Enter");
  again.made.room = "s";
  expect(again.field.value).toBe("two");
  again.made.room = "r";
  expect(again.field.value).toBe("");
});

it("says why nothing can be sent now, and keeps what is written", () => {
  const { made, field, send, attach, note, type } = composer();
  type("a");
  made.disabled = "No right to write";
  expect(note.textContent).toBe("No right to write");
  expect(field.readOnly).toBe(true);
  for (const each of [field, send, attach]) expect(each.getAttribute("aria-disabled")).toBe("true");
  press(field, "Enter");
  send.click();
  expect(said.sent).toEqual([]);
  made.disabled = null;
  expect([field.value, field.readOnly, note.textContent]).toEqual(["a", false, ""]);
  press(field, "Enter");
  expect(said.sent).toEqual(["a"]);
});

it("is as high as its text: what lies under it has the same", () => {
  const { made, type } = composer();
  type("a\nb\n");
  expect(made.root.querySelector(".rw-composer-mirror")!.textContent).toBe("a\nb\n\u200b");
  expect(made.root.querySelector(".rw-composer-mirror")!.getAttribute("aria-hidden")).toBe("true");
});

const file = (name: string) => new File(["x"], name, { type: "image/png" });

/** An event with files as browsers make them; tells whether the browser would do what it does of itself. */
function bring(el: Element, type: string, files: File[], types: string[]): boolean {
  const event = new Event(type, { bubbles: true, cancelable: true });
  const data = { files, types, dropEffect: "none" };
  Object.assign(event, type === "paste" ? { clipboardData: data } : { dataTransfer: data });
  return el.dispatchEvent(event);
}

it("takes files that are dropped on it, and never goes to them", () => {
  const { made, field, chips } = composer();
  expect(bring(field, "dragover", [], ["Files"])).toBe(false);
  expect(made.root.hasAttribute("data-rw-dropping")).toBe(true);
  expect(bring(field, "drop", [file("a.png"), file("b.png")], ["Files"])).toBe(false);
  expect(made.root.hasAttribute("data-rw-dropping")).toBe(false);
  expect(chips()).toEqual(["a.png", "b.png"]);
  expect(document.activeElement).toBe(field);
  made.disabled = "x";
  expect(bring(field, "drop", [file("c.png")], ["Files"])).toBe(false);
  expect(chips()).toEqual(["a.png", "b.png"]);
});

it("leaves a text that is dropped or pasted to the field", () => {
  const { field, chips } = composer();
  expect(bring(field, "dragover", [], ["text/plain"])).toBe(true);
  expect(bring(field, "drop", [], ["text/plain"])).toBe(true);
  expect(bring(field, "paste", [], ["text/plain"])).toBe(true);
  expect(bring(field, "paste", [file("cells.png")], ["text/plain", "Files"])).toBe(true);
  expect(chips()).toEqual([]);
});

it("takes images that are pasted", () => {
  const { field, chips } = composer();
  expect(bring(field, "paste", [file("image.png")], ["Files"])).toBe(false);
  expect(chips()).toEqual(["image.png"]);
});

it("takes files that are chosen", () => {
  const { made, attach, files, chips } = composer();
  const opened = vi.spyOn(files, "click").mockImplementation(() => {});
  attach.click();
  expect(opened).toHaveBeenCalledTimes(1);
  Object.defineProperty(files, "files", { value: [file("a.png")] });
  fire(files, "change");
  expect(chips()).toEqual(["a.png"]);
  made.disabled = "x";
  attach.click();
  expect(opened).toHaveBeenCalledTimes(1);
});

it("takes what is dropped or pasted around it, where it is told to", () => {
  around = document.createElement("div");
  const { made, chips } = composer();
  bring(around, "dragenter", [], ["Files"]);
  expect([around, made.root].map((each) => each.hasAttribute("data-rw-dropping"))).toEqual([true, false]);
  bring(around, "drop", [file("a.png")], ["Files"]);
  bring(around, "paste", [file("b.png")], ["Files"]);
  expect(chips()).toEqual(["a.png", "b.png"]);
});

const drop = (el: Element, ...files: File[]) => bring(el, "drop", files, ["Files"]);

it("sends files with the text, or with none", () => {
  const { field, send, chips, list, type } = composer();
  expect(send.getAttribute("aria-disabled")).toBe("true");
  drop(field, file("a.png"), file("b.png"));
  expect([send.getAttribute("aria-disabled"), list.hidden, list.getAttribute("aria-label")]).toEqual([
    "false",
    false,
    "Attached files",
  ]);
  type("  look ");
  press(field, "Enter");
  expect([said.sent, said.files, chips(), field.value, list.hidden]).toEqual([
    ["look"],
    [["a.png", "b.png"]],
    [],
    "",
    true,
  ]);
  drop(field, file("c.png"));
  type(" \u3000\u200b");
  press(field, "Enter");
  expect([said.sent, said.files]).toEqual([
    ["look", ""],
    [["a.png", "b.png"], ["c.png"]],
  ]);
});

it("keeps files that could not be taken", () => {
  const { field, chips, note } = composer();
  accepts = false;
  drop(field, file("a.png"));
  press(field, "Enter");
  expect([chips(), note.textContent]).toEqual([["a.png"], "Not sent: too many messages are waiting"]);
});

it("does not send files with the Enter that confirms a conversion", () => {
  const { field, type } = composer();
  drop(field, file("a.png"));
  type("日本語");
  press(field, "Enter", { keyCode: 229, isComposing: true });
  expect(said.files).toEqual([]);
});

it("refuses a file that is too large, or empty, at once, and says so until something is done", () => {
  const { field, chips, note, type } = composer();
  const named = (name: string, size: number) => new File(["x".repeat(size)], name);
  drop(field, named("big.bin", 5000), named("a", 2048), named("none.txt", 0), named("near", 2049));
  expect(chips()).toEqual(["a"]);
  expect(note.textContent.replaceAll(/[\u2068\u2069]/g, "")).toBe(
    "big.bin has 4.9 KiB, and 2.0 KiB is the most. none.txt is empty. near has 2,049 B, and 2,048 B is the most.",
  );
  type("x");
  expect(note.textContent).toBe("");
});

it("takes ten files at a time", () => {
  const { field, chips, note } = composer();
  drop(field, ...Array.from({ length: 12 }, (_, i) => file(`${i}.png`)));
  expect([chips().length, note.textContent]).toEqual([10, "10 files at a time are the most."]);
});

it("takes a file away again, and the focus goes on", () => {
  const { field, chips, remove, note } = composer();
  drop(field, file("a.png"), file("b.png"), new File([], "c"));
  expect(remove(0).getAttribute("aria-label")).toBe("Remove \u2068a.png\u2069");
  remove(0).focus();
  remove(0).click();
  expect([chips(), document.activeElement, note.textContent]).toEqual([["b.png"], remove(0), ""]);
  remove(0).click();
  expect([chips(), document.activeElement]).toEqual([[], field]);
});

it("keeps the files of each room", () => {
  const { made, field, chips } = composer();
  drop(field, file("a.png"));
  made.room = "other";
  expect(chips()).toEqual([]);
  made.room = "r";
  expect(chips()).toEqual(["a.png"]);
});

const PNG = "\x89PNG\r\n\x1a\n";
const bytes = (text: string) => Uint8Array.from(text, (each) => each.charCodeAt(0));

it("shows what an image is by its bytes, whatever it says that it is", async () => {
  const { field, remove, made } = composer();
  const evil = new File(["<svg onload='x'/>"], "evil.png", { type: "image/png" });
  const real = new File([bytes(PNG)], "real.txt", { type: "text/html" });
  drop(field, evil, real);
  const images = [...made.root.querySelectorAll<HTMLImageElement>(".rw-pick img")];
  await vi.waitFor(() => expect(images[1]!.src).toMatch(/^blob:/));
  expect(images.map((each) => each.hasAttribute("src"))).toEqual([false, true]);
  images[1]!.dispatchEvent(new Event("load"));
  expect(images.map((each) => each.hidden)).toEqual([true, false]);
  const revoked = vi.spyOn(URL, "revokeObjectURL");
  remove(1).click();
  expect(revoked).toHaveBeenCalledWith(images[1]!.src);
});

it("looks no more at an image that was taken away at once", async () => {
  const { field, remove, made } = composer();
  const kept = vi.spyOn(URL, "createObjectURL");
  drop(field, new File([bytes(PNG)], "a.png"), new File([bytes(PNG)], "b.png"));
  remove(0).click();
  await vi.waitFor(() => expect(made.root.querySelector(".rw-pick img[src]")).not.toBeNull());
  expect(kept).toHaveBeenCalledTimes(1);
});

it("says of a file that cannot be read, such as a folder, that it cannot", async () => {
  const { field, chips, note } = composer();
  const folder = file("folder");
  folder.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }) as unknown as Blob;
  drop(field, folder, file("a.png"));
  await vi.waitFor(() => expect(chips()).toEqual(["a.png"]));
  expect(note.textContent).toBe("\u2068folder\u2069 cannot be read.");
});

it("has names for what can be used, in the reader's language", () => {
  const { made, field, send, attach, note } = composer();
  made.draw("ja");
  expect(field.getAttribute("aria-label")).toBe("メッセージ");
  expect(field.getAttribute("aria-describedby")).toBe(note.id);
  expect(send.textContent).toBe("送信");
  expect(attach.getAttribute("aria-label")).toBe("ファイルを添付");
  made.draw("en");
  expect(send.textContent).toBe("Send");
});

it("does not take the focus by itself, but when it is told to", () => {
  const { made, field } = composer();
  made.draw("en");
  expect(document.activeElement).not.toBe(field);
  made.focus();
  expect(document.activeElement).toBe(field);
});

it("hears nothing after its end", () => {
  const { field, send, type, chips } = composer();
  type("a");
  life.abort();
  press(field, "Enter");
  send.click();
  bring(field, "drop", [file("a.png")], ["Files"]);
  expect([said.sent, chips()]).toEqual([[], []]);
});

it("has the same words in both languages, with the same places for details", () => {
  const places = (table: Record<string, string>) =>
    Object.entries(table).map(([word, text]) => [word, text.match(/\{\d\}/g)]);
  expect(places(TABLES.ja)).toEqual(places(TABLES.en));
  for (const text of Object.values(TABLES.ja))
    expect(text).toMatch(/[\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Han}]/u);
});
