// The panel of notifications: what a reader sees, does and is told.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Notice } from "../src/lib/notices/notice";
import { PanelView } from "../src/lib/notices/panel";
import { Notifications } from "../src/notifications";
import { find, Stage, text } from "./stage";

const WALL = 1_795_000_000;

describe("a panel", () => {
  let stage: Stage;
  let traits: Record<string, unknown>;
  let el: HTMLElement;
  /** What the kernel has. */
  let kept: Map<string, Notice>;
  let version: number;
  let turn: number;
  let at: number;
  /** Clears that the kernel has handled. */
  let handled: string[];
  /** Those that it could undo. */
  let undoable: string[];

  const titles = () => [...el.querySelectorAll(".rw-notice-title")].map((each) => each.textContent);
  const tool = (name: string) => find(el, `.rw-tool[aria-label^="${name}"]`);
  const badge = () => find(el, ".rw-badge");
  const regions = () =>
    ["polite", "assertive"].map(
      (manner) => document.querySelector(`[data-rw-announcer="${manner}"]`)?.textContent,
    );
  const asked = () => {
    const words = stage.carrier.sent as unknown as { do?: string; about?: unknown }[];
    return words.flatMap((word) => (word.do ? [[word.do, word.about]] : []));
  };

  function put(items: Notice[], key = false): void {
    for (const item of items) kept.set(item.key, item);
    version += 1;
    const all = [...kept.values()];
    const unread = all.filter(({ read }) => !read).length;
    const clocks = { wall: WALL + stage.clock.now() / 1000, at: stage.clock.now() / 1000 };
    const body = {
      items: key ? all : items,
      total: all.length,
      unread,
      turn,
      read_to: 0,
      handled,
      undoable,
      version,
      ...clocks,
    };
    stage.put("n", body, [version, version, key]);
  }

  /** Something has come. */
  function come(title: string, more: Partial<Notice> = {}): Notice {
    turn += 1;
    const basics = { type: "info", duration: 5, count: 1, read: false, shown: true, message: "" } as const;
    const made: Notice = {
      ...basics,
      key: title,
      place: turn,
      title,
      ts: WALL + at / 1000,
      turn,
      at: at / 1000,
      ...more,
    };
    if (made.type === "error" || made.type === "warning") delete made.duration;
    return made;
  }

  const arrive = (...items: Notice[]) => put(items);

  beforeEach(() => {
    vi.stubGlobal("IntersectionObserver", undefined); // all can be seen
    stage = new Stage({ notifications: Notifications });
    kept = new Map();
    version = turn = 0;
    handled = [];
    undoable = [];
    at = stage.clock.now();
    traits = { max_visible: 5, auto_read: 3, do_not_disturb: false };
    el = stage.show("n", "notifications", traits);
    put([], true);
  });
  afterEach(() => {
    stage.end();
    vi.unstubAllGlobals();
  });

  function pass(seconds: number): void {
    stage.pass(seconds);
    at = stage.clock.now();
  }

  function click(on: HTMLElement): void {
    on.click();
    stage.clock.draw();
  }

  /** The page is shown, or hidden. */
  function look(visible: boolean): void {
    stage.clock.show(visible);
    document.dispatchEvent(new Event("visibilitychange"));
  }

  function hide(): void {
    look(false);
    pass(1);
  }

  function back(): void {
    look(true);
    pass(1);
  }

  it("says that there is nothing, and has no buttons for it", () => {
    expect(text(el, ".rw-title")).toBe("Notifications");
    expect(text(el, ".rw-empty")).toBe("No notifications");
    expect(badge().hidden).toBe(true);
    expect(tool("Clear all").hidden).toBe(true);
    expect(tool("Do not disturb").hidden).toBe(false);
  });

  it("shows the newest first, at most five, and counts the others and the unread", () => {
    arrive(...["a", "b", "c", "d", "e", "f", "g"].map((each) => come(each)));
    expect(titles()).toEqual(["g", "f", "e", "d", "c"]);
    expect([badge().textContent, badge().getAttribute("aria-label")]).toEqual(["7", "7 unread"]);
    click(find(el, ".rw-notice-more"));
    expect(titles()).toEqual(["g", "f", "e", "d", "c", "b", "a"]);
    expect(text(el, ".rw-notice-more")).toBe("Show fewer");
  });

  it("reads what was seen for three seconds, and hides it only when its time is over", () => {
    arrive(come("a"), come("b", { type: "warning" }));
    pass(3);
    expect(badge().hidden).toBe(true);
    expect(titles()).toEqual(["b", "a"]);
    expect(el.querySelectorAll("[data-rw-read]")).toHaveLength(2);
    pass(2);
    expect(titles()).toEqual(["b"]);
    expect(asked()).toEqual([
      [
        "read",
        {
          seen: [
            ["b", 2],
            ["a", 1],
          ],
        },
      ],
      ["hide", { seen: [["a", 1]] }],
    ]); // prettier-ignore
    pass(60);
    expect(titles()).toEqual(["b"]);
  });

  it("stops its time while the page is hidden, the pointer is on it, or it is paused", () => {
    arrive(come("a"));
    pass(2);
    hide();
    pass(60);
    back();
    find(el, ".rw-notices").dispatchEvent(new Event("pointerenter"));
    pass(60);
    expect(titles()).toEqual(["a"]);
    find(el, ".rw-notices").dispatchEvent(new Event("pointerleave"));
    stage.set("n", "paused", true);
    pass(60);
    stage.set("n", "paused", false);
    expect(titles()).toEqual(["a"]);
    pass(5);
    expect(titles()).toEqual([]);
    expect(text(el, ".rw-empty")).toBe("Nothing new · 1 in the history");
  });

  it("never reads by itself where nobody wants that", () => {
    stage.set("n", "auto_read", null);
    arrive(come("a", { type: "error" }));
    pass(60);
    expect(badge().textContent).toBe("1");
    click(tool("Mark all as read"));
    expect(badge().hidden).toBe(true);
    expect(asked()).toEqual([["read_all", { turn: 1 }]]);
  });

  it("makes one line of what came while nobody looked, and counts all of it as unread", () => {
    pass(2);
    hide();
    pass(30);
    const items = Array.from({ length: 50 }, (_, i) => come(`n${i}`));
    items[3] = { ...items[3]!, type: "error" };
    delete items[3].duration;
    pass(30);
    look(true);
    arrive(...items);
    expect(titles()).toEqual(["n49", "n48", "n47", "n46", "n45"]);
    expect(text(el, ".rw-notice-line:not([hidden]) span")).toBe("50 came while you were away");
    expect(badge().textContent).toBe("50");
    expect(text(el, ".rw-notice-more")).toBe("+1 more"); // the error, which stays
    pass(6);
    expect(titles()).toEqual(["n3"]);
    expect(badge().textContent).toBe("45"); // but for five that were seen for three seconds
    click(find(el, ".rw-notice-line:not([hidden]) button"));
    expect(titles()).toHaveLength(50);
    expect(find(el, ".rw-notice-lines").hidden).toBe(true);
  });

  it("makes one line of them also when they came one by one", () => {
    pass(2);
    hide();
    for (let i = 0; i < 9; i++) arrive(come(`n${i}`));
    back();
    expect(titles()).toHaveLength(5);
    expect(find(el, ".rw-notice-more").hidden).toBe(true);
    expect(text(el, ".rw-notice-line:not([hidden]) span")).toBe("9 came while you were away");
  });

  it("takes a few that came while nobody looked as any others", () => {
    pass(2);
    hide();
    arrive(come("a"), come("b"));
    back();
    expect(titles()).toEqual(["b", "a"]);
    expect(find(el, ".rw-notice-lines").hidden).toBe(true);
  });

  it("puts what is dismissed into the history, and takes it out of there", () => {
    arrive(come("a", { type: "error" }), come("b", { type: "error" }));
    const first = find(el, ".rw-notice-close");
    expect(first.getAttribute("aria-label")).toBe("Dismiss: b");
    first.focus();
    click(first);
    expect(titles()).toEqual(["a"]);
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Dismiss: a"); // the focus goes on
    expect(badge().textContent).toBe("1");
    click(tool("History"));
    expect(titles()).toEqual(["b", "a"]);
    click(find(el, ".rw-notice-close"));
    expect(titles()).toEqual(["a"]);
    expect(asked()).toEqual([
      ["dismiss", { seen: [["b", 2]] }],
      ["remove", { seen: [["b", 2]] }],
    ]); // prettier-ignore
  });

  it("filters the history by type", () => {
    arrive(come("a", { type: "error" }), come("b"), come("c", { type: "success" }));
    click(tool("History"));
    const chips = [...el.querySelectorAll<HTMLElement>(".rw-chip")];
    expect(chips.map((each) => each.textContent)).toEqual(["Error1", "Warning0", "Success1", "Info1"]);
    click(chips[0]!);
    expect(titles()).toEqual(["a"]);
    click(chips[3]!);
    expect(titles()).toEqual(["b", "a"]);
    click(chips[0]!);
    click(chips[3]!);
    click(chips[1]!);
    expect(text(el, ".rw-empty")).toBe("None of these");
  });

  it("clears all, and brings them back", () => {
    arrive(come("a"), come("b", { type: "error" }));
    click(tool("Clear all"));
    expect([titles(), badge().hidden]).toEqual([[], true]);
    expect(text(el, ".rw-notice-line:not([hidden]) span")).toBe("2 cleared");
    click(find(el, ".rw-notice-line:not([hidden]) button"));
    expect([titles(), badge().textContent]).toEqual([["b", "a"], "2"]);
    const [[clear, what], undo] = asked() as [[string, { turn: number; group: string }], unknown];
    expect([clear, what.turn]).toEqual(["clear", 2]);
    expect(undo).toEqual(["undo", what]);
    handled = undoable = [what.group]; // the undo was lost
    arrive();
    pass(20);
    expect(asked().filter(([word]) => word === "undo")).toHaveLength(2);
  });

  it("offers no undo of what another page has brought back", () => {
    const line = find(el, ".rw-notice-lines");
    arrive(come("a"));
    click(tool("Clear all"));
    const [[, what]] = asked() as [[string, { group: string }]];
    handled = undoable = [what.group];
    kept.clear();
    put([], true);
    stage.clock.draw();
    expect([titles(), line.hidden]).toEqual([[], false]);
    undoable = [];
    arrive(come("a"));
    stage.clock.draw();
    expect([titles(), line.hidden]).toEqual([["a"], true]);
  });

  it("shows what the reader does also while it is paused, and what has come when it goes on", () => {
    arrive(come("a", { type: "error" }), come("b", { type: "error" }), come("c", { type: "error" }));
    stage.set("n", "paused", true);
    arrive(come("d", { type: "error" }), { ...kept.get("a")!, message: "more" });
    expect([titles(), badge().textContent]).toEqual([["c", "b", "a"], "3"]);
    click(find(el, ".rw-notice-close"));
    expect([titles(), badge().textContent]).toEqual([["b", "a"], "2"]);
    click(tool("Mark all as read"));
    expect(badge().hidden).toBe(true);
    click(tool("History"));
    expect(titles()).toEqual(["c", "b", "a"]);
    click(tool("Clear all"));
    expect(titles()).toEqual([]);
    click(find(el, ".rw-notice-line:not([hidden]) button"));
    expect(titles()).toEqual(["b", "a"]); // one was dismissed
    const deeds = asked().map(([word, about]) => [word, (about as { turn?: number }).turn]);
    expect(deeds).toEqual([
      ["dismiss", undefined],
      ["read_all", 3],
      ["clear", 3],
      ["undo", 3],
    ]);
    stage.set("n", "paused", false);
    expect(titles()).toEqual(["d", "b", "a"]);
    expect(text(el, ".rw-notice:last-child .rw-notice-text")).toBe("more");
    expect(badge().textContent).toBe("1");
  });

  it("offers to bring them back for ten seconds on screen", () => {
    arrive(come("a"));
    click(tool("Clear all"));
    hide();
    pass(60);
    back();
    pass(8);
    expect(find(el, ".rw-notice-lines").hidden).toBe(false);
    pass(2);
    expect(find(el, ".rw-notice-lines").hidden).toBe(true);
  });

  it("shows and announces nothing to who is not to be disturbed", () => {
    click(tool("Do not disturb"));
    expect(asked()).toEqual([["quiet", true]]);
    expect(tool("Do not disturb").getAttribute("aria-pressed")).toBe("true");
    arrive(come("a", { type: "error" }));
    pass(3);
    expect([titles(), badge().textContent]).toEqual([[], "1"]);
    expect(regions()).toEqual(["", ""]);
    stage.set("n", "do_not_disturb", true);
    stage.set("n", "do_not_disturb", false);
    arrive(come("b"));
    expect(titles()).toEqual(["b"]);
  });

  it("tells the kernel once more what it has not confirmed", () => {
    arrive(come("a", { type: "error" }));
    click(find(el, ".rw-notice-close"));
    pass(9);
    expect(asked()).toHaveLength(1);
    pass(2);
    expect(asked()).toHaveLength(2);
    arrive({ ...kept.get("a")!, shown: false, read: true });
    pass(30);
    expect(asked()).toHaveLength(2);
  });

  it("has its regions before the first one comes, and announces errors at once and others politely", () => {
    expect(regions()).toEqual(["", ""]);
    arrive(come("Disk", { message: "91 %" }));
    arrive(come("Loader", { type: "error" }));
    pass(1);
    expect(regions()).toEqual(["Notifications: Info: Disk – 91 %", "Notifications: Error: Loader"]);
    pass(10);
    arrive(...["a", "b", "c", "d"].map((each) => come(each)));
    pass(1);
    expect(regions()).toEqual(["Notifications: 4 new notifications", ""]);
  });

  it("says nothing of what was there before it was shown", () => {
    const other = new Stage({ notifications: Notifications });
    other.show("n", "notifications", { ...traits });
    const old = [come("a", { type: "error" })];
    other.put("n", { items: old, total: 1, unread: 1, turn: 1, read_to: 0, handled: [], wall: WALL, at: 0 });
    other.pass(10);
    expect(regions()).toEqual(["", ""]);
    other.end();
  });

  it("shows any text as text, and addresses that could do harm as well", () => {
    const hostile = "<img src=x onerror=alert(1)>";
    arrive(
      come(hostile, {
        message: hostile,
        action_url: "javascript:alert(1)",
        action_label: hostile,
        type: "error",
      }),
    );
    const row = find(el, ".rw-notice");
    expect(row.querySelectorAll("img, a, script")).toHaveLength(0);
    expect(text(el, ".rw-notice-title")).toBe(hostile);
    expect(text(el, ".rw-notice-action")).toBe(`${hostile}: javascript:alert(1)`);
  });

  it("has a link, or a button that the kernel is told of", () => {
    arrive(come("a", { action_url: "https://x.test/" }), come("b", { action_label: "Retry" }));
    const link = el.querySelector("a")!;
    expect([link.textContent, link.href, link.target, link.rel]).toEqual([
      "Details",
      "https://x.test/",
      "_blank",
      "noopener noreferrer",
    ]); // prettier-ignore
    click(find(el, ".rw-notice-button"));
    expect(asked()).toEqual([
      ["act", { key: "b" }],
      ["read", { seen: [["b", 2]] }],
    ]);
  });

  it("says of an address that was too long to be sent that it is, and leads nowhere", () => {
    arrive(come("a", { too_long: true, action_label: "Report" }), come("b", { too_long: true }));
    expect([...el.querySelectorAll(".rw-notice-action")].map((each) => each.textContent)).toEqual([
      "The address is too long for a link",
      "Report: The address is too long for a link",
    ]);
    expect(el.querySelector("a, .rw-notice-button")).toBeNull();
  });

  it("counts how often one came, and how far another is", () => {
    arrive(come("a", { count: 3 }), come("b", { progress: 0.4 }), come("c", { progress: null }));
    expect([...el.querySelectorAll(".rw-notice-count")].map((each) => each.textContent)).toEqual([
      "",
      "",
      "×3",
    ]);
    const bars = [...el.querySelectorAll<HTMLElement>(".rw-notice-bar")];
    expect(bars.map((bar) => [bar.hidden, bar.getAttribute("aria-valuenow")])).toEqual([
      [false, null],
      [false, "40"],
      [true, null],
    ]);
  });

  it("makes one line of what came for a page that was told nothing, whatever its age seems to be", () => {
    pass(2);
    hide();
    pass(30);
    look(true);
    at = stage.clock.now(); // the kernel reads its streams now
    arrive(...Array.from({ length: 20 }, (_, i) => come(`n${i}`)));
    expect(text(el, ".rw-notice-line:not([hidden]) span")).toBe("20 came while you were away");
    pass(3);
    arrive(...Array.from({ length: 6 }, (_, i) => come(`m${i}`))); // before the reader's eyes
    expect(text(el, ".rw-notice-line:not([hidden]) span")).toBe("20 came while you were away");
  });

  it("keeps only as many waiting as will be seen before long", () => {
    arrive(...Array.from({ length: 40 }, (_, i) => come(`n${i}`)), come("grave", { type: "error" }));
    expect(text(el, ".rw-notice-more")).toBe("+6 more");
    expect(badge().textContent).toBe("41");
    pass(5);
    expect(titles()).toEqual(["grave", "n35", "n34", "n33", "n32"]);
  });

  it("does not let time count for what stands behind the others", () => {
    arrive(...["a", "b", "c", "d", "e", "f"].map((each) => come(each)));
    pass(5);
    expect(titles()).toEqual(["a"]);
  });

  it("shows under “do not disturb” what was shown before, also after a reload", () => {
    stage.set("n", "do_not_disturb", true);
    arrive(come("a", { type: "error" }));
    expect(titles()).toEqual(["a"]); // the kernel knows of it, and shows it
    expect(asked()).toEqual([]);
  });

  it("says so when it may disturb again, until the kernel has heard it", () => {
    stage.set("n", "do_not_disturb", true);
    click(tool("Do not disturb"));
    pass(11);
    expect(asked()).toEqual([
      ["quiet", false],
      ["quiet", false],
    ]);
    stage.set("n", "do_not_disturb", false);
    pass(60);
    expect(asked()).toHaveLength(2);
  });

  it("does not clear again what has come back meanwhile", () => {
    arrive(come("a"));
    click(tool("Clear all"));
    const [[, what]] = asked() as [[string, { group: string }]];
    pass(11);
    expect(asked()).toHaveLength(2);
    handled = [what.group];
    arrive(kept.get("a")!); // cleared, and brought back in Python
    expect(titles()).toEqual(["a"]);
    pass(60);
    expect(asked().filter(([word]) => word === "clear")).toHaveLength(2);
  });

  it("gives the focus to the undo of a clear, and then to where a press does nothing", () => {
    arrive(come("a", { type: "error" }));
    tool("Clear all").focus();
    click(tool("Clear all"));
    expect(document.activeElement?.textContent).toBe("Undo");
    click(document.activeElement as HTMLElement);
    expect(document.activeElement?.textContent).toBe("Notifications");
    find(el, ".rw-notice-close").focus();
    click(find(el, ".rw-notice-close"));
    expect(document.activeElement?.textContent).toBe("Notifications");
  });

  it("forgets who was away when all of it was cleared", () => {
    pass(2);
    hide();
    arrive(...Array.from({ length: 9 }, (_, i) => come(`n${i}`)));
    back();
    expect(find(el, ".rw-notice-lines").hidden).toBe(false);
    kept.clear();
    put([], true);
    expect(find(el, ".rw-notice-lines").hidden).toBe(true);
  });

  it("draws a time anew only when it is another", () => {
    arrive(come("a", { type: "error" }), come("b", { type: "warning" }));
    pass(130);
    expect(text(el, ".rw-notice-at")).toMatch(/^2\Wmin\Wago$/);
    const drawn = vi.spyOn(PanelView.prototype, "draw");
    pass(40);
    expect(drawn).not.toHaveBeenCalled();
    pass(20);
    expect(drawn).toHaveBeenCalledTimes(1);
    expect(text(el, ".rw-notice-at")).toMatch(/^3\Wmin\Wago$/);
    drawn.mockRestore();
  });

  it("says when it was by the clock of the kernel, and speaks Japanese", () => {
    stage.set("n", "locale", "ja");
    arrive(come("a", { type: "warning" }));
    expect([text(el, ".rw-title"), text(el, ".rw-notice-word"), text(el, ".rw-notice-at")]).toEqual([
      "通知",
      "警告",
      "たった今",
    ]); // prettier-ignore
    pass(120);
    expect(text(el, ".rw-notice-at")).toBe("2 分前");
  });
});
