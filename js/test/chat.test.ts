// A chat: what a reader sees, does and is told, and what the kernel is asked.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Chat } from "../src/chat";
import type { ChatBody, Item } from "../src/lib/chat/item";
import { PENDING } from "../src/lib/chat/order";
import { layOut, scrollTo, topOf } from "./chat/layout";
import { answer, keyframe, message, messages, own, row, WALL } from "./chat/talk";
import { find, Stage, state, text } from "./stage";

describe("a chat", () => {
  let stage: Stage;
  let el: HTMLElement;
  let version: number;

  const list = () => find(el, ".rw-chat-list");
  const texts = () => [...el.querySelectorAll(".rw-msg .rw-md")].map((each) => each.textContent);
  const bubble = (said: string) =>
    [...el.querySelectorAll<HTMLElement>(".rw-msg")].find(
      (each) => each.querySelector(".rw-md")?.textContent === said,
    )!;
  const asked = (word?: string) => {
    const words = stage.carrier.sent as unknown as { do?: string; about?: unknown }[];
    const all = words.flatMap((each) => (each.do ? [[each.do, each.about]] : []));
    return word ? all.filter(([what]) => what === word).map(([, about]) => about) : all;
  };
  /** What is said within some seconds. */
  function heard(seconds: number): string[] {
    const said = new Set<string>();
    for (let i = 0; i < seconds; i++) {
      stage.pass(1);
      said.add(document.querySelector('[data-rw-announcer="polite"]')?.textContent ?? "");
    }
    return [...said].filter(Boolean);
  }

  function put(body: ChatBody, key = false): void {
    version += 1;
    stage.put("c", body, [version, version, key]);
  }
  const start = (body: ChatBody) => put(body, true);
  const come = (...items: Item[]) => put({ items });

  function show(traits: Record<string, unknown> = {}): void {
    el = stage.show("c", "chat", { tz: "UTC", height: 420, placeholder: "", show_rooms: "auto", ...traits });
  }

  function write(said: string): void {
    const field = el.querySelector("textarea")!;
    field.value = said;
    field.dispatchEvent(new Event("input"));
    press(field, "Enter");
    stage.clock.draw();
  }

  function press(on: Element, key: string): void {
    on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true }));
  }

  /** The page is shown, or hidden. */
  async function look(visible: boolean): Promise<void> {
    stage.clock.show(visible);
    document.dispatchEvent(new Event("visibilitychange"));
    await Promise.resolve();
    await Promise.resolve();
    stage.clock.draw();
  }

  function click(on: HTMLElement): void {
    on.click();
    stage.clock.draw();
  }

  function point(at: Element): void {
    at.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  }
  const tool = (name: string) => find(el, `.rw-msg-tools [aria-label="${name}"]`);

  beforeEach(() => {
    sessionStorage.clear();
    vi.stubGlobal("IntersectionObserver", undefined); // all can be seen
    stage = new Stage({ chat: Chat });
    layOut((each) => (each.classList.contains("rw-msg") ? 50 : 20));
    version = 0;
    show();
  });
  afterEach(() => {
    stage.end();
    vi.unstubAllGlobals();
  });

  describe("as it is seen", () => {
    it("says what it is, and that nothing was said yet", () => {
      expect(text(el, ".rw-chat-empty")).toBe("Loading");
      start(keyframe([]));
      expect([text(el, ".rw-title"), text(el, ".rw-chat-empty"), state(el)]).toEqual([
        "Chat",
        "No messages yet",
        "live",
      ]);
      expect(list().getAttribute("role")).toBe("log");
      expect(list().getAttribute("aria-label")).toBe("Chat");
      expect(list().getAttribute("aria-live")).toBe("off");
    });

    it("touches nothing above and around its messages when one comes", () => {
      start(keyframe([message(1)]));
      const observer = new MutationObserver(() => {});
      const changes = { childList: true, characterData: true, subtree: true };
      for (const each of el.querySelectorAll(".rw-head, .rw-composer")) observer.observe(each, changes);
      come(message(2));
      expect(texts()).toHaveLength(2);
      expect(observer.takeRecords().map(({ target }) => target.textContent)).toEqual([]);
      observer.disconnect();
    });

    it("has nobody write where no room is chosen", () => {
      start({ ...keyframe([]), room: "" });
      expect(text(el, ".rw-chat-empty")).toBe("Choose a room");
      write("hello");
      expect(asked("send")).toEqual([]);
    });

    it("shows others with their names, and the reader without", () => {
      start(keyframe([message(1), message(2), own(3), message(4, { user: "ken", name: "Ken", bot: true })]));
      const heads = [...el.querySelectorAll<HTMLElement>(".rw-msg-head")].map((each) =>
        each.hidden
          ? ""
          : [...each.children]
              .filter((part) => !(part as HTMLElement).hidden)
              .map((part) => part.textContent)
              .join(" "),
      );
      expect(heads).toEqual(["Aya 10:01", "", "10:03", "Ken bot 10:04"]);
      expect([...el.querySelectorAll(".rw-msg")].map((each) => each.getAttribute("aria-label"))).toEqual([
        "Aya, 10:01",
        "Aya, 10:02",
        "You, 10:03",
        "Ken, 10:04",
      ]);
      expect(find(el, "time").title).toBe("Nov 19, 2026, 10:01:00");
    });

    it("puts lines between messages", () => {
      start(
        keyframe([
          message(1, { kind: "joined" }),
          message(2, { kind: "joined", user: "ken", name: "Ken" }),
          message(3, { kind: "system", text: "topic" }),
          message(4, { kind: "gap", text: "" }),
          message(5, { kind: "error", text: "it failed", details: "Traceback" }),
        ]),
      );
      const lines = [...el.querySelectorAll<HTMLElement>(".rw-chat-line")];
      expect(
        lines.map((line) => [line.dataset.rwLine, line.querySelector(".rw-chat-said")!.textContent]),
      ).toEqual([
        ["day", "Today"],
        ["crowd", "Aya and Ken joined"],
        ["system", "topic"],
        ["gap", "Messages missing"],
        ["error", "it failed"],
      ]);
      expect(text(el, ".rw-chat-whole")).toBe("Traceback");
    });

    it("leaves an error open that the reader has opened", () => {
      const error = message(1, { kind: "error", text: "it failed", details: "Traceback" });
      start(keyframe([error]));
      const details = find(el, "details") as unknown as HTMLDetailsElement;
      details.open = true;
      details.dispatchEvent(new Event("toggle"));
      put({ removed: [error.key] });
      come(error);
      expect((find(el, "details") as unknown as HTMLDetailsElement).open).toBe(true);
    });

    it("says what was changed and what is gone", () => {
      start(keyframe([message(1, { edited: WALL + 90 }), message(2, { deleted: true, text: "" })]));
      expect([...el.querySelectorAll<HTMLElement>(".rw-msg-edited")].map(({ hidden }) => hidden)).toEqual([
        false,
        true,
      ]);
      expect(
        [...el.querySelectorAll<HTMLElement>(".rw-msg-gone")].map((each) => !each.hidden && each.textContent),
      ).toEqual([false, "Message deleted"]);
    });

    it("shows names, rooms, files and texts as text", () => {
      const evil = "<img src=x onerror=alert(1)><b>\u202e";
      const file = { name: evil, type: evil, size: 3, url: "javascript:alert(1)" };
      start({
        ...keyframe(
          [
            message(1, { name: evil, text: evil, reactions: [[evil, 1, false, evil]], file, type: "file" }),
            message(2, { kind: "system", text: evil }),
            message(3, { kind: "joined", name: evil }),
            message(4, { kind: "error", text: evil, details: evil }),
            own(5, { state: "failed", error: evil, text: evil }),
          ],
          { name: evil, last: { name: evil, own: false, type: "text", text: evil, ts: WALL } },
          [row("b", { name: evil })],
        ),
        typing: { general: [evil] },
        trouble: evil,
      });
      expect(el.querySelectorAll("b, script, [onerror]")).toHaveLength(0);
      expect([...el.querySelectorAll("img")].map((each) => each.getAttribute("src"))).toEqual(
        [...el.querySelectorAll("img")].map(() => null),
      );
      expect([...el.querySelectorAll("a")].filter((each) => each.hasAttribute("href"))).toEqual([]);
      expect(text(el, ".rw-msg-name")).toBe(evil);
      expect(text(el, ".rw-file-name")).toBe(evil.replace("\u202e", ""));
      expect(text(el, ".rw-room-name")).toBe(evil);
    });

    it("says who types, and where the link does not carry", () => {
      start({ ...keyframe([message(1)]), typing: { general: ["Aya", "Ken"] }, trouble: "Offline" });
      expect([text(el, ".rw-chat-typing"), text(el, ".rw-chat-trouble")]).toEqual([
        "Aya and Ken are typing…",
        "Offline",
      ]);
      expect(find(el, ".rw-chat-typing").getAttribute("role")).toBe("status");
      put({ typing: {}, trouble: "" });
      expect([text(el, ".rw-chat-typing"), find(el, ".rw-chat-trouble").hidden]).toEqual(["", true]);
    });

    it("takes nothing, and offers nothing again, once its client was closed", () => {
      start(keyframe([message(1), own(2, { state: "failed", error: "too loud" })]));
      const field = find(el, ".rw-composer-field");
      const shown = (): string[] =>
        [...el.querySelectorAll<HTMLElement>(".rw-msg-deed")]
          .filter(({ hidden }) => !hidden)
          .map(({ textContent }) => textContent);
      expect([field.getAttribute("aria-disabled"), shown()]).toEqual(["false", ["Retry", "Discard"]]);
      put({ trouble: "the client was closed", over: true });
      expect([field.getAttribute("aria-disabled"), shown()]).toEqual(["true", ["Discard"]]);
      expect(text(el, ".rw-chat-trouble")).toBe("the client was closed");
    });

    it("speaks Japanese", () => {
      stage.set("c", "locale", "ja");
      start({ ...keyframe([message(1), own(2, { state: "failed" })]), typing: { general: ["彩"] } });
      expect([text(el, ".rw-title"), text(el, ".rw-chat-said"), text(el, ".rw-chat-typing")]).toEqual([
        "チャット",
        "今日",
        "彩 さんが入力中…",
      ]);
      expect([...el.querySelectorAll(".rw-msg-deed")].slice(-2).map((each) => each.textContent)).toEqual([
        "再送信",
        "破棄",
      ]);
      expect(find(el, ".rw-root").lang).toBe("ja");
    });

    it("has its own words in an empty field where the widget wants them", () => {
      start(keyframe([]));
      expect(el.querySelector("textarea")!.placeholder).toBe("Write a message");
      stage.set("c", "placeholder", "Ask the helper");
      expect(el.querySelector("textarea")!.placeholder).toBe("Ask the helper");
    });

    it("holds still while it is paused, but for what the reader says", () => {
      start(keyframe([message(1)]));
      stage.set("c", "paused", true);
      come(message(2), own(3));
      expect([texts(), text(el, ".rw-status")]).toEqual([["text 1", "text 3"], "Paused, 1 new"]);
      stage.set("c", "paused", false);
      expect(texts()).toEqual(["text 1", "text 2", "text 3"]);
    });
  });

  describe("the rooms", () => {
    const three = () => [row("b", { unread: 3 }), row("c", { unread: 214 })];
    const names = () => [...el.querySelectorAll(".rw-room-name")].map((each) => each.textContent);

    it("are a list where there are several", () => {
      start(keyframe([], {}, three()));
      expect(names()).toEqual(["general", "b", "c"]);
      const badges = [...el.querySelectorAll<HTMLElement>(".rw-room .rw-unread")];
      const parts = badges.map((each) => [
        each.hidden,
        ...[...each.children].map((part) => part.textContent),
      ]);
      expect(parts).toEqual([
        [true, "", ""],
        [false, "3", "3 unread"],
        [false, "99+", "99+ unread"],
      ]);
      expect(text(el, ".rw-rooms-menu")).toBe("Rooms: general99+99+ unread");
    });

    it("are absent where there is one, or as the widget wants", () => {
      start(keyframe([]));
      expect(find(el, ".rw-rooms").hidden).toBe(true);
      stage.set("c", "show_rooms", true);
      expect(find(el, ".rw-rooms").hidden).toBe(false);
      put({ rooms: [row("general"), ...three()] });
      stage.set("c", "show_rooms", false);
      expect(find(el, ".rw-rooms").hidden).toBe(true);
    });

    it("say who said what last, without its form", () => {
      const last = { name: "Aya", own: false, type: "text", text: "**bold** and `code`", ts: WALL };
      start(
        keyframe([], { last }, [
          row("b", { last: { ...last, own: true, type: "image", text: "" } }),
          row("c", { last: { ...last, type: "system", text: "topic" } }),
          row("d"),
        ]),
      );
      expect([...el.querySelectorAll(".rw-room-last")].map((each) => each.textContent)).toEqual([
        "Aya: bold and code",
        "You: Image",
        "topic",
        "No messages yet",
      ]);
      expect(text(el, ".rw-room-at")).toBe("10:00");
    });

    it("show another one at once, and the kernel is told until it has it", () => {
      start(
        keyframe([message(1), message(1, { room: "b", key: "b1", text: "in b" })], {}, [
          row("b", { from: 1 }),
        ]),
      );
      click(find(el, ".rw-room:nth-child(2) button"));
      expect([texts(), asked("room")]).toEqual([["in b"], [{ room: "b" }]]);
      expect(find(el, '[aria-current="true"] .rw-room-name').textContent).toBe("b");
      put({ items: [] });
      expect(texts()).toEqual(["in b"]);
      stage.pass(11);
      expect(asked("room")).toHaveLength(2);
      put({ room: "b" });
      stage.pass(60);
      expect(asked("room")).toHaveLength(2);
    });

    it("show what the kernel has when the one that was chosen is gone", () => {
      start(keyframe([message(1)], {}, [row("b")]));
      click(find(el, ".rw-room:nth-child(2) button"));
      put({ rooms: [row("general"), row("c")] });
      expect(texts()).toEqual(["text 1"]);
    });

    it("are gone through by keys", () => {
      start(keyframe([], {}, three()));
      const buttons = [...el.querySelectorAll<HTMLElement>(".rw-room-button")];
      expect(buttons.map(({ tabIndex }) => tabIndex)).toEqual([0, -1, -1]);
      buttons[0]!.focus();
      const at = () => buttons.indexOf(document.activeElement as HTMLElement);
      const way = ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Home", "End"].map((key) => {
        press(document.activeElement!, key);
        return at();
      });
      expect(way).toEqual([1, 2, 2, 1, 0, 2]);
      expect(buttons.map(({ tabIndex }) => tabIndex)).toEqual([-1, -1, 0]);
      expect(asked("room")).toEqual([]);
    });

    it("are a menu that Escape closes", () => {
      start(keyframe([], {}, three()));
      const menu = find(el, ".rw-rooms-menu");
      click(menu);
      expect([menu.getAttribute("aria-expanded"), document.activeElement?.textContent]).toEqual([
        "true",
        "generalNo messages yet",
      ]);
      press(document.activeElement!, "Escape");
      expect([menu.getAttribute("aria-expanded"), document.activeElement]).toEqual(["false", menu]);
      click(menu);
      click(find(el, ".rw-room:nth-child(2) button"));
      expect([menu.getAttribute("aria-expanded"), document.activeElement]).toEqual(["false", menu]);
    });
  });

  describe("what the reader says", () => {
    const marks = () =>
      [...el.querySelectorAll<HTMLElement>(".rw-msg-mark")].map((each) =>
        each.hidden ? "" : each.getAttribute("aria-label"),
      );

    it("is there at once, is told, and is replaced in its place by what the kernel makes of it", () => {
      start(keyframe([message(1)]));
      write("  hello ");
      const [{ id }] = asked("send") as [{ id: string }];
      expect(asked("send")).toEqual([{ id, room: "general", text: "hello" }]);
      expect([texts(), marks()]).toEqual([
        ["text 1", "hello"],
        ["", "Sending"],
      ]);
      const node = bubble("hello");
      come(own(2, { key: id, text: "hello", state: "sending" }));
      come(own(2, { key: id, text: "hello" }), message(3));
      expect([texts(), marks()]).toEqual([
        ["text 1", "hello", "text 3"],
        ["", "Sent", ""],
      ]);
      expect(bubble("hello")).toBe(node);
    });

    it("says after a second what it waits for, and is told again until the kernel has it", () => {
      start(keyframe([]));
      write("hello");
      expect(find(el, ".rw-msg-foot").hidden).toBe(true);
      stage.pass(2);
      expect(text(el, ".rw-msg-state")).toBe("Waiting: a cell is running");
      stage.pass(9);
      expect(asked("send")).toHaveLength(2);
      const [{ id }] = asked("send") as [{ id: string }];
      come(own(1, { key: id, text: "hello" }));
      stage.pass(60);
      expect([asked("send").length, find(el, ".rw-msg-foot").hidden]).toEqual([2, true]);
    });

    it("says so when the kernel has ended", () => {
      start(keyframe([]));
      write("hello");
      stage.carrier.fire("comm_live_update");
      stage.clock.run(2000);
      stage.clock.draw();
      expect(text(el, ".rw-msg-state")).toBe("Not sent: the kernel has stopped");
      expect(text(el, ".rw-composer-note")).toBe("The kernel has stopped");
    });

    it("waits in the room where it was said", () => {
      start(keyframe([], {}, [row("b")]));
      write("hello");
      click(find(el, ".rw-room:nth-child(2) button"));
      expect(texts()).toEqual([]);
      click(find(el, ".rw-room button"));
      expect(texts()).toEqual(["hello"]);
    });

    it("is sent again or let go where it has failed", () => {
      start(keyframe([own(1, { state: "failed", error: "too large" }), own(2, { state: "failed" })]));
      expect(text(el, ".rw-msg-foot")).toContain("Not sent: too large");
      const deed = (said: string, word: string) =>
        [...bubble(said).querySelectorAll<HTMLElement>(".rw-msg-deed")].find(
          (each) => each.textContent === word,
        )!;
      click(deed("text 1", "Retry"));
      expect([asked("retry"), marks()]).toEqual([[{ key: "m1" }], ["Sending", "Not sent"]]);
      click(deed("text 2", "Discard"));
      expect([asked("discard"), texts()]).toEqual([[{ key: "m2" }], ["text 1"]]);
      put({ removed: ["m2"], items: [own(1, { state: "failed", error: "again" })] });
      expect(marks()).toEqual(["Sending"]);
    });

    it("shows who has read it", () => {
      start(
        keyframe([own(1), own(2)], {
          reads: [
            ["Aya", 1],
            ["Ken", 2],
          ],
        }),
      );
      expect(marks()).toEqual(["Read by Aya, Ken", "Read by Ken"]);
    });

    it("tells others that the reader types", () => {
      start(keyframe([]));
      const field = el.querySelector("textarea")!;
      field.value = "h";
      field.dispatchEvent(new Event("input"));
      expect(asked("typing")).toEqual([{ room: "general", on: true }]);
      stage.pass(5);
      expect(asked("typing")).toEqual([
        { room: "general", on: true },
        { room: "general", on: false },
      ]);
    });
  });

  describe("what is done with messages", () => {
    it("is offered where the pointer is: to all what can be done, to the reader what is theirs", () => {
      start(
        keyframe([
          message(1),
          own(2),
          message(2.5, { state: "growing" }),
          message(3, { deleted: true, text: "" }),
        ]),
      );
      const offered = (said: string) => {
        point(bubble(said));
        return [...el.querySelectorAll(".rw-msg-tools button")].map((each) =>
          each.getAttribute("aria-label"),
        );
      };
      expect(offered("text 1")).toEqual(["React", "Copy"]);
      expect(offered("text 2")).toEqual(["React", "Edit", "Copy", "Delete"]);
      expect(bubble("text 2").querySelector(".rw-msg-tools")).not.toBeNull();
      expect(offered("text 2.5")).toEqual(["Copy"]);
      point(find(el, ".rw-msg:last-child"));
      expect(el.querySelector(".rw-msg-tools")).toBeNull();
    });

    it("is reached by keys, one message after the other", () => {
      start(keyframe([message(1), own(2)]));
      list().focus();
      press(list(), "ArrowUp");
      expect(document.activeElement).toBe(bubble("text 2"));
      press(document.activeElement!, "ArrowUp");
      expect(document.activeElement).toBe(bubble("text 1"));
      press(document.activeElement!, "Enter");
      expect(document.activeElement?.getAttribute("aria-label")).toBe("React");
      press(document.activeElement!, "ArrowRight");
      expect(document.activeElement?.getAttribute("aria-label")).toBe("Copy");
      press(document.activeElement!, "Escape");
      expect(document.activeElement).toBe(bubble("text 1"));
      press(document.activeElement!, "Escape");
      expect(document.activeElement).toBe(list());
    });

    it("are reactions, and those that are words look like words", () => {
      const own: [string, string][] = [
        ["👍", "rw-emoji"],
        ["❤️", "rw-emoji"],
        ["🦊", "rw-emoji"],
        ["+1", "rw-reaction-text"],
        ["well done", "rw-reaction-text"],
      ];
      start(keyframe([message(1, { reactions: own.map(([emoji]) => [emoji, 1, false, ""]) })]));
      const seen = [...el.querySelectorAll(".rw-reaction > :first-child")];
      expect(seen.map((each) => [each.textContent, each.className])).toEqual(own);
      point(bubble("text 1"));
      click(tool("React"));
      const offered = [...el.querySelectorAll(".rw-msg-tools button")];
      const plain = offered.filter((each) => !each.classList.contains("rw-emoji"));
      expect(plain.map((each) => each.textContent)).toEqual(["+1", "well done"]);
    });

    it("are reactions, chosen from some, joined and left by their chips", () => {
      start(keyframe([message(1, { reactions: [["🦊", 2, false, "Aya, Ken"]] })]));
      const chips = () => [...el.querySelectorAll<HTMLElement>(".rw-reaction")];
      const seen = () => chips().map((each) => [each.textContent, each.getAttribute("aria-pressed")]);
      expect([seen(), chips()[0]!.title]).toEqual([[["🦊 2", "false"]], "Aya, Ken"]);
      click(chips()[0]!);
      expect([seen(), asked("react")]).toEqual([
        [["🦊 3", "true"]],
        [{ key: "m1", reaction: "🦊", on: true }],
      ]);
      click(chips()[0]!);
      expect([seen(), asked("react").at(-1)]).toEqual([
        [["🦊 2", "false"]],
        { key: "m1", reaction: "🦊", on: false },
      ]);
      point(bubble("text 1"));
      click(tool("React"));
      expect([...el.querySelectorAll(".rw-msg-tools button")].map((each) => each.textContent)).toEqual([
        "👍",
        "❤️",
        "😄",
        "🎉",
        "👀",
        "🦊",
      ]);
      click(tool("React with 👀"));
      expect(seen()).toEqual([
        ["🦊 2", "false"],
        ["👀 1", "true"],
      ]);
    });

    it("is a change of the text, in its place", () => {
      start(keyframe([own(1)]));
      point(bubble("text 1"));
      click(tool("Edit"));
      const field = find(el, ".rw-edit") as unknown as HTMLTextAreaElement;
      expect([field.value, document.activeElement]).toEqual(["text 1", field]);
      field.value = " better ";
      press(field, "Enter");
      stage.clock.draw();
      expect([asked("edit"), texts(), el.querySelector(".rw-edit")]).toEqual([
        [{ key: "m1", text: "better" }],
        ["better"],
        null,
      ]);
    });

    it("is no change after Escape, while characters are converted, or of the same text", () => {
      start(keyframe([own(1)]));
      const edit = () => {
        point(find(el, ".rw-chat-list"));
        point(find(el, ".rw-msg"));
        click(tool("Edit"));
        return find(el, ".rw-edit") as unknown as HTMLTextAreaElement;
      };
      const field = edit();
      field.value = "other";
      field.dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, composed: true }),
      );
      expect(el.querySelector(".rw-edit")).toBe(field);
      press(field, "Escape");
      stage.clock.draw();
      expect(el.querySelector(".rw-edit")).toBeNull();
      press(edit(), "Enter");
      stage.clock.draw();
      expect([asked("edit"), texts()]).toEqual([[], ["text 1"]]);
    });

    it("keeps what is being changed while others speak", () => {
      start(keyframe([own(1)]));
      point(bubble("text 1"));
      click(tool("Edit"));
      const field = find(el, ".rw-edit") as unknown as HTMLTextAreaElement;
      field.value = "half";
      come(message(2), own(1, { reactions: [["👍", 1, false, "Aya"]] }));
      expect([find(el, ".rw-edit"), field.value, document.activeElement]).toEqual([field, "half", field]);
    });

    it("is to delete it, once that is sure", () => {
      start(keyframe([own(1)]));
      point(bubble("text 1"));
      click(tool("Delete"));
      expect(text(el, ".rw-msg-tools")).toBe("Delete this message?DeleteCancel");
      click(find(el, ".rw-msg-tools .rw-danger"));
      expect([asked("delete"), find(el, ".rw-msg-gone").hidden]).toEqual([[{ key: "m1" }], false]);
    });

    it("is to stop one that grows, which is busy meanwhile", () => {
      const grows = (said: string, more: Partial<Item> = {}) =>
        message(1, { bot: true, state: "growing", text: said, ...more });
      start(keyframe([]));
      come(grows("one"));
      const node = find(el, ".rw-msg");
      come(grows("one two"));
      expect([node.getAttribute("aria-busy"), texts(), find(el, ".rw-msg")]).toEqual([
        "true",
        ["one two"],
        node,
      ]);
      click(find(el, ".rw-msg-stop"));
      expect(asked("stop")).toEqual([{ key: "m1" }]);
      come(grows("one two", { state: "stopped" }));
      expect([
        node.hasAttribute("aria-busy"),
        text(el, ".rw-msg-state"),
        find(el, ".rw-msg-stop").hidden,
      ]).toEqual([false, "Stopped", true]);
    });
  });

  describe("where the reader is", () => {
    const atEnd = () => list().scrollHeight - list().scrollTop - list().clientHeight;
    const jump = () => find(el, ".rw-chat-jump");

    it("stays at the newest while the reader is there", () => {
      start(keyframe(messages(0, 40)));
      expect(atEnd()).toBe(0);
      scrollTo(list(), list().scrollTop - 90);
      come(message(40));
      expect([atEnd(), jump().hidden]).toEqual([0, true]);
    });

    it("holds still elsewhere, and counts what is new", () => {
      start(keyframe(messages(0, 40)));
      scrollTo(list(), 500);
      const [seen] = [...el.querySelectorAll(".rw-msg")].filter((each) => topOf(each) >= 0);
      const top = topOf(seen!);
      come(message(40), own(41), message(42), message(43, { kind: "joined" }));
      expect([topOf(seen!), list().scrollTop]).toEqual([top, 500]);
      expect([jump().hidden, jump().textContent]).toEqual([false, "2 new"]);
      click(jump());
      stage.clock.draw();
      expect([atEnd(), jump().hidden]).toEqual([0, true]);
      scrollTo(list(), 500);
      stage.clock.draw();
      expect(jump().textContent).toBe("");
    });

    it("counts what is new also after a message that had no place yet when it was seen", () => {
      start(keyframe(messages(0, 40)));
      come(own(PENDING + 1, { key: "o", state: "sending" }));
      expect(atEnd()).toBe(0);
      come(own(40, { key: "o" }));
      scrollTo(list(), 500);
      come(message(41), message(42));
      expect(jump().textContent).toBe("2 new");
    });

    it("goes to the newest when the reader says something", () => {
      start(keyframe(messages(0, 40)));
      scrollTo(list(), 500);
      write("hello");
      expect([atEnd(), texts().at(-1)]).toEqual([0, "hello"]);
    });

    it("keeps what is being read when something above it gets another height", () => {
      start(keyframe(messages(0, 40)));
      scrollTo(list(), 1000);
      stage.clock.draw();
      const seen = [...el.querySelectorAll(".rw-msg")].find((each) => topOf(each) >= 0)!;
      const top = topOf(seen);
      find(el, ".rw-chat-content").prepend(document.createElement("p")); // something that we did not put there
      expect(topOf(seen)).toBe(top + 20);
      stage.resized(find(el, ".rw-chat-content"));
      expect(topOf(seen)).toBe(top);
    });

    it("asks for older messages near the top, once, and puts them above what is being read", () => {
      start(keyframe(messages(100, 240), { more: true }));
      expect(asked("older")).toEqual([]);
      scrollTo(list(), 700);
      stage.clock.draw();
      expect([asked("older"), text(el, ".rw-chat-edge")]).toEqual([
        [{ room: "general", before: 100 }],
        "Loading older messages…",
      ]);
      const seen = [...el.querySelectorAll(".rw-msg")].find((each) => topOf(each) >= 0)!;
      const top = topOf(seen);
      stage.pass(3);
      expect(asked("older")).toHaveLength(1);
      put({ answers: [answer(100, messages(50, 100), false)] });
      expect([topOf(seen), texts()[0]]).toEqual([top, "text 50"]);
      expect(text(el, ".rw-chat-edge")).toBe("The beginning of general");
      scrollTo(list(), 0);
      stage.clock.draw();
      expect(asked("older")).toHaveLength(1);
    });

    it("asks again for older messages that have not come", () => {
      start(keyframe(messages(100, 110), { more: true }));
      expect(asked("older")).toHaveLength(1); // they do not fill it
      stage.pass(12);
      expect(asked("older")).toHaveLength(2);
    });

    it("has at most 400 rows in the page, whatever the history, and keeps its place among them", () => {
      start(keyframe(messages(0, 10_000)));
      let most = 0;
      let off = 0;
      const look = () => {
        most = Math.max(most, el.querySelectorAll(".rw-chat-content > *").length);
        const seen = [...el.querySelectorAll(".rw-msg")].find((each) => topOf(each) >= 0)!;
        const top = topOf(seen);
        stage.clock.draw();
        stage.clock.draw();
        if (seen.isConnected) off = Math.max(off, Math.abs(topOf(seen) - top));
        else off = Number.POSITIVE_INFINITY;
      };
      const first = () => Number(texts()[0]!.slice(5));
      for (let i = 0; i < 12; i++) {
        scrollTo(list(), Math.max(0, list().scrollTop - 3000));
        look();
      }
      expect(first()).toBeLessThan(9_300);
      come(...messages(10_000, 10_500));
      look();
      for (let i = 0; i < 12; i++) {
        scrollTo(list(), list().scrollTop + 3000);
        look();
      }
      click(jump());
      come(...messages(10_500, 11_000));
      look();
      expect(texts().at(-1)).toBe("text 10999");
      expect(most).toBeLessThanOrEqual(400);
      expect(off).toBeLessThanOrEqual(1);
    });

    it("has a line above what was unread when the room was opened", () => {
      start(keyframe(messages(0, 10), { read: 6, unread: 3 }));
      const line = find(el, '[data-rw-line="unread"]');
      expect([line.textContent, line.getAttribute("role"), line.nextElementSibling]).toEqual([
        "New",
        "separator",
        bubble("text 7"),
      ]);
      come(message(10));
      expect(el.querySelectorAll('[data-rw-line="unread"]')).toHaveLength(1);
      write("hello");
      expect(el.querySelector('[data-rw-line="unread"]')).toBeNull();
    });

    it("has a line above what came while nobody looked", async () => {
      start(keyframe(messages(0, 3), { read: 2 }));
      await look(false);
      await look(true);
      put({ items: [message(3)], rooms: [row("general", { read: 2, unread: 1 })] }); // a hidden page is told nothing
      expect(find(el, '[data-rw-line="unread"]').nextElementSibling).toBe(bubble("text 3"));
      come(message(4));
      expect(find(el, '[data-rw-line="unread"]').nextElementSibling).toBe(bubble("text 3"));
      await look(false);
      await look(true);
      put({ typing: {} });
      come(message(5));
      expect(find(el, '[data-rw-line="unread"]').nextElementSibling).toBe(bubble("text 3"));
      await look(false);
      await look(true);
      come(message(6));
      expect(find(el, '[data-rw-line="unread"]').nextElementSibling).toBe(bubble("text 6"));
    });
  });

  describe("what was read", () => {
    it("is told when the newest is seen, at most once a second", () => {
      start(keyframe(messages(0, 3), { read: 0, unread: 2 }));
      expect(asked("read")).toEqual([{ room: "general", place: 2 }]);
      come(message(3));
      come(message(4));
      expect(asked("read")).toHaveLength(1);
      stage.clock.run(1000);
      expect(asked("read")).toEqual([
        { room: "general", place: 2 },
        { room: "general", place: 4 },
      ]);
      stage.pass(5);
      expect(asked("read")).toHaveLength(2);
    });

    it("goes no further than what has its place: what has failed or is on its way is at the end for long", () => {
      start(keyframe(messages(0, 3), { read: 0, unread: 2 }, [row("b")]));
      come(own(PENDING + 1, { key: "o", state: "failed" }));
      stage.pass(2);
      expect(asked("read")).toEqual([{ room: "general", place: 2 }]);
      put({ room: "b", items: [message(3)], rooms: [row("general", { read: 2, unread: 1 }), row("b")] });
      const badge = find(el, ".rw-room .rw-unread");
      expect([badge.hidden, badge.textContent]).toEqual([false, "11 unread"]);
    });

    it("is nothing while the page is hidden or the picture is held", () => {
      stage.clock.show(false);
      start(keyframe(messages(0, 3)));
      stage.pass(2);
      expect(asked("read")).toEqual([]);
      stage.clock.show(true);
      stage.set("c", "paused", true);
      stage.pass(2);
      expect(asked("read")).toEqual([]);
      stage.set("c", "paused", false);
      expect(asked("read")).toEqual([{ room: "general", place: 2 }]);
    });

    it("has no number beside it any more, before the kernel knows", () => {
      start(keyframe(messages(0, 3), { read: 0, unread: 2 }, [row("b")]));
      stage.clock.draw();
      expect(find(el, ".rw-room .rw-unread").hidden).toBe(true);
    });

    it("is only what can be seen", () => {
      const watched = new Map<Element, (entries: object[]) => void>();
      vi.stubGlobal(
        "IntersectionObserver",
        class {
          constructor(readonly told: (entries: object[]) => void) {}
          observe = (each: Element) => watched.set(each, this.told);
          unobserve = (each: Element) => watched.delete(each);
          disconnect() {}
        },
      );
      const see = (each: Element, isIntersecting: boolean) =>
        watched.get(each)!([
          {
            target: each,
            isIntersecting,
            intersectionRatio: isIntersecting ? 1 : 0,
            intersectionRect: { height: 50 },
            rootBounds: null,
          },
        ]);
      stage.end();
      stage = new Stage({ chat: Chat });
      version = 0;
      show();
      start(keyframe(messages(0, 3)));
      see(find(el, ".rw-chat-place"), true);
      see(el, true);
      stage.clock.draw();
      expect(asked("read")).toEqual([]);
      see(bubble("text 2"), true);
      expect(asked("read")).toEqual([{ room: "general", place: 2 }]);
      come(message(3));
      stage.pass(2);
      expect(asked("read")).toHaveLength(1);
      see(bubble("text 3"), true);
      expect(asked("read")).toHaveLength(2);
    });
  });

  describe("those who listen", () => {
    it("are told what others say, once, and of those that grow when they end", () => {
      start(keyframe([message(1)]));
      come(
        message(2, { text: "**hello** there" }),
        own(3),
        message(4, { name: "Helper", state: "growing", text: "I" }),
      );
      expect(heard(10)).toEqual(["Chat: Aya: hello there"]);
      come(message(4, { name: "Helper", state: "growing", text: "I think" }));
      expect(heard(10)).toEqual([]);
      come(message(4, { name: "Helper", text: "I think so" }));
      expect(heard(10)).toEqual(["Chat: Helper: I think so"]);
    });

    it("are told how many there are when there are many, and of no other room", () => {
      start(keyframe([message(1)], {}, [row("b")]));
      come(message(2, { room: "b", key: "b2" }));
      expect(heard(10)).toEqual([]);
      come(...messages(3, 9));
      expect(heard(10)).toEqual(["Chat: 6 new messages"]);
    });
  });

  it("takes no focus by itself", () => {
    start(keyframe(messages(0, 5)));
    come(message(6), own(7, { state: "failed" }));
    stage.pass(2);
    expect(document.activeElement).toBe(document.body);
  });

  it("lets go of all that it listens to", () => {
    let proto = Object.getPrototypeOf(document.body) as EventTarget;
    while (!Object.hasOwn(proto, "addEventListener")) proto = Object.getPrototypeOf(proto);
    const listens = proto.addEventListener;
    const held: [string, AbortSignal | undefined][] = [];
    vi.spyOn(proto, "addEventListener").mockImplementation(function (this: EventTarget, ...args) {
      if (this instanceof Node)
        held.push([args[0], (args[2] as AddEventListenerOptions | undefined)?.signal]);
      listens.apply(this, args);
    });
    show();
    start(keyframe(messages(0, 5)));
    come(message(6), own(7, { state: "failed" }));
    point(find(el, ".rw-msg"));
    put({ removed: ["m0"] });
    expect(held.length).toBeGreaterThan(50);
    stage.life.abort();
    expect(held.filter(([, signal]) => !signal?.aborted).map(([type]) => type)).toEqual([]);
  });
});
