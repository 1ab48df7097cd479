// The event log: what a reader sees of its rows.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventLog } from "../src/events";
import type { LogRow } from "../src/lib/view/log";
import { find, Stage, state, text } from "./stage";

const NOW = 1_795_000_000;
const event = (seq: number): LogRow => [seq, NOW + seq, "info", "web", `event ${seq}`];
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => event(from + i));

describe("a log", () => {
  const ROW_PX = 20;
  const SEEN_PX = 100;
  let stage: Stage;
  let traits: Record<string, unknown>;
  let el: HTMLElement;
  let last: number;

  const log = () => find(el, ".rw-log");
  const messages = () => [...el.querySelectorAll(".rw-message")].map((each) => each.textContent);
  const jump = () => find(el, ".rw-jump");
  const pause = () => find(el, ".rw-tools > :last-child");
  const tool = (name: string) => find(el, `.rw-tool[aria-label^="${name}"]`);
  const aria = (on: Element, name: string) => on.getAttribute(`aria-${name}`);
  const note = () => text(el, ".rw-note");
  const chips = () => [...el.querySelectorAll(".rw-chip")].map((each) => each.textContent);

  function press(on: Element, key: string): void {
    on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
    stage.clock.draw();
  }

  /** Clicks, and has the page drawn. */
  function click(on: HTMLElement): void {
    on.click();
    stage.clock.draw();
  }

  function look(forText: string): void {
    const search = find(el, ".rw-search");
    search.value = forText;
    search.dispatchEvent(new Event("input"));
    stage.clock.draw();
  }

  /** More events, as increments of at most ten. */
  function more(to: number): void {
    while (last < to) {
      const upTo = Math.min(to, last + 10);
      stage.put("e", { rows: range(last + 1, upTo), cleared: 0 }, [last + 1, upTo, false]);
      last = upTo;
    }
  }

  function start(rows: LogRow[]): void {
    last = rows.at(-1)?.[0] ?? 0;
    stage.put("e", { rows, cleared: 0 }, [1, last, true]);
  }

  function scrollTo(px: number): void {
    log().dispatchEvent(new Event("pointerdown")); // on its scroll bar
    log().scrollTop = px;
    log().dispatchEvent(new Event("scroll"));
    stage.clock.draw();
  }

  beforeEach(() => {
    stage = new Stage({ events: EventLog });
    const proto = HTMLElement.prototype;
    vi.spyOn(proto, "scrollHeight", "get").mockImplementation(function (this: HTMLElement) {
      return this.children.length * ROW_PX;
    });
    vi.spyOn(proto, "clientHeight", "get").mockReturnValue(SEEN_PX);
    vi.spyOn(proto, "offsetHeight", "get").mockReturnValue(ROW_PX);
    vi.spyOn(proto, "offsetTop", "get").mockImplementation(function (this: HTMLElement) {
      return [...this.parentElement!.children].indexOf(this) * ROW_PX;
    });
    vi.setSystemTime(NOW * 1000);
    traits = { max_rows: 500, height: 240, level: "info", _stream: "", title: "Events" };
    el = stage.show("e", "events", traits);
  });

  afterEach(() => {
    stage.end();
    vi.useRealTimers();
  });

  it("without events says so, once and in a line", () => {
    expect([state(el), text(el, ".rw-empty")]).toEqual(["loading", "Loading"]);
    start([]);
    expect([state(el), text(el, ".rw-empty")]).toEqual(["no_data", "No events yet"]);
    expect(find(el, ".rw-status").hidden).toBe(true);
    expect(log().getAttribute("tabindex")).toBe("-1");
    more(1);
    expect(find(el, ".rw-status").hidden).toBe(false);
    expect(log().getAttribute("tabindex")).toBe("0");
    expect([state(el), find(el, ".rw-empty").hidden]).toEqual(["live", true]);
  });

  it("shows time, level, source and message, and when the newest was", () => {
    start([[1, NOW, "warning", "disk", "nearly full"]]);
    expect(text(el, ".rw-at")).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(["grade", "source", "message"].map((name) => text(el, `.rw-${name}`))).toEqual([
      "Warning",
      "disk",
      "nearly full",
    ]);
    expect(find(el, ".rw-grade svg").dataset.rwIcon).toBe("triangle");
    expect(find(el, ".rw-root").dataset.rwLastTs).toBe(String(NOW));
  });

  it("shows an unknown level in its own words, and in the look of info", () => {
    for (const level of ["audit", "constructor", "toString", "__proto__", "hasOwnProperty"]) {
      start([[1, NOW, level, level, "x"]]);
      expect([text(el, ".rw-grade"), text(el, ".rw-source")]).toEqual([level, level]);
      expect(find(el, ".rw-event").dataset.rwLevel).toBe("info");
      expect(find(el, ".rw-grade svg").dataset.rwIcon).toBe("disc");
      stage.put("e", { rows: [], cleared: 1 }, [1, 1, true]);
    }
  });

  it("says why there is nothing, where it knows", () => {
    start([]);
    stage.set("e", "_stream", "orders");
    expect(text(el, ".rw-empty")).toBe("Waiting for events of orders");
    stage.set("e", "level", "warning");
    expect(text(el, ".rw-empty")).toBe("No events yet at level “Warning” or above");
  });

  it("is named, also without a title, and as high as it may be", () => {
    const root = find(el, ".rw-root");
    expect([aria(root, "label"), aria(log(), "label")]).toEqual(["Events", "Events"]);
    stage.set("e", "title", "");
    stage.set("e", "height", 400);
    expect([aria(root, "label"), aria(pause(), "label")]).toEqual(["Event log", "Pause"]);
    expect(root.style.getPropertyValue("--rw-log-height")).toBe("400px");
  });

  describe("of several days", () => {
    const DAY = 86_400;
    const on = (seq: number, ts: number): LogRow => [seq, ts, "info", "web", `event ${seq}`];
    const lines = () => [...log().children].map((line) => line.className.replace("rw-", ""));

    it("names each, but today only where another was before it", () => {
      start([on(1, NOW)]);
      expect(lines()).toEqual(["event"]);
      stage.put("e", { rows: [], cleared: 1 }, [1, 1, true]);
      start([on(2, NOW - 2 * DAY), on(3, NOW - 2 * DAY), on(4, NOW - DAY), on(5, NOW)]);
      expect(lines()).toEqual(["day", "event", "event", "day", "event", "day", "event"]);
      expect(text(el, ".rw-day")).toContain(String(new Date((NOW - 2 * DAY) * 1000).getDate()));
    });

    it("goes on naming the first when older lines leave", () => {
      traits.max_rows = 10;
      start(Array.from({ length: 10 }, (_, i) => on(i + 1, NOW - DAY)));
      stage.put("e", { rows: [on(11, NOW)], cleared: 0 }, [11, 11, false]);
      expect(lines().filter((name) => name === "day")).toHaveLength(2);
      expect(lines()[0]).toBe("day");
      const rest = Array.from({ length: 9 }, (_, i) => on(i + 12, NOW));
      stage.put("e", { rows: rest, cleared: 0 }, [12, 20, false]);
      expect(lines().slice(0, 2)).toEqual(["day", "event"]);
      stage.put("e", { rows: [on(21, NOW)], cleared: 0 }, [21, 21, false]);
      expect(lines()).not.toContain("day");
    });
  });

  describe("that is filtered", () => {
    const rows: LogRow[] = [
      [1, NOW, "info", "web", "Started"],
      [2, NOW, "error", "DB", "no answer"],
      [3, NOW, "warning", "web", "slow"],
      [4, NOW, "audit", "db", "login"],
    ];
    const filter = () => find(el, ".rw-filter");

    beforeEach(() => {
      start(rows);
      click(tool("Filter"));
    });

    it("offers its levels with their counts, the gravest first, and has the focus in the field", () => {
      expect(chips()).toEqual(["Error1", "Warning1", "Info1", "audit1"]);
      expect([document.activeElement, note()]).toEqual([find(el, ".rw-search"), ""]);
      expect(aria(tool("Filter"), "expanded")).toBe("true");
    });

    it("shows what has the text, in any case, also in the source, and says how much that is", () => {
      look("db");
      expect([messages(), note()]).toEqual([["no answer", "login"], "2 of 4 shown"]);
      look("ＳＬＯＷ ");
      expect(messages()).toEqual(["slow"]);
      expect(text(el, ".rw-said")).toBe("1 of 4 shown");
      look("nowhere");
      expect([messages(), text(el, ".rw-empty")]).toEqual([[], "No matching events"]);
    });

    it("shows the levels that are chosen, and goes on with what comes", () => {
      const [error, warning] = [...el.querySelectorAll<HTMLElement>(".rw-chip")];
      click(error!);
      click(warning!);
      expect([messages(), aria(error!, "pressed")]).toEqual([["no answer", "slow"], "true"]);
      const kept = log().firstElementChild;
      stage.put(
        "e",
        {
          rows: [
            [5, NOW, "info", "", "x"],
            [6, NOW, "error", "", "worse"],
          ],
          cleared: 0,
        },
        [5, 6, false],
      );
      expect([messages(), note()]).toEqual([["no answer", "slow", "worse"], "3 of 6 shown"]);
      expect([log().firstElementChild, chips()[0]]).toEqual([kept, "Error2"]);
      expect(el.querySelector(".rw-chip")).toBe(error);
    });

    it("has the kernel search older events that it keeps, and says how far that is", () => {
      traits.max_rows = 10;
      last = 4;
      more(30);
      look("event 2");
      expect(note()).toBe("9 of 10 shown · Searching older events…");
      const { ask, ...question } = stage.about.at(-1) as Record<string, unknown>;
      expect([stage.asked.at(-1), question]).toEqual([
        ["e", "page"],
        { after: 0, before: 21, most: 200, newest: true, text: "event 2", levels: [] },
      ]);
      stage.pass(4);
      expect(note()).toBe("9 of 10 shown · 20 older not searched");
      const page = { ask: "another page's", after: 0, last: 20, rows: [event(2)], end: true };
      stage.put("e", { rows: [], cleared: 0, page }, [31, 30, false]);
      expect(messages()).toHaveLength(9);
      stage.put("e", { rows: [], cleared: 0, page: { ...page, ask } }, [31, 30, false]);
      expect([messages()[0], messages().length, note()]).toEqual([
        "event 2",
        10,
        "10 found in all events kept",
      ]);
      expect(text(el, ".rw-match")).toBe("event 2");
    });

    it("is searched while its picture is held, too", () => {
      click(pause());
      more(6);
      look("db");
      expect([messages(), note(), state(el)]).toEqual([["no answer", "login"], "2 of 4 shown", "paused"]);
    });

    it("is cleared with Escape, and closed with another", () => {
      look("db");
      click(find(el, ".rw-chip"));
      press(find(el, ".rw-search"), "Escape");
      expect([messages().length, find(el, ".rw-search").value, filter().hidden]).toEqual([4, "", false]);
      press(find(el, ".rw-search"), "Escape");
      expect([filter().hidden, document.activeElement]).toEqual([true, tool("Filter")]);
    });

    it("hides nothing once its filter cannot be seen", () => {
      look("db");
      click(tool("Filter"));
      expect([filter().hidden, messages().length]).toEqual([true, 4]);
    });

    it("has a button to clear it, which leaves the focus in the field", () => {
      look("db");
      click(find(el, ".rw-result .rw-button"));
      expect([messages().length, document.activeElement]).toEqual([4, find(el, ".rw-search")]);
      expect(find(el, ".rw-result .rw-button").hidden).toBe(true);
    });

    it("renames all in another language", () => {
      stage.set("e", "locale", "ja");
      expect(chips()).toEqual(["エラー1", "警告1", "情報1", "audit1"]);
    });
  });

  it("has no tools while there is nothing to use them on", () => {
    start([]);
    expect([tool("Filter").hidden, tool("Copy").hidden, tool("Follow").hidden]).toEqual([true, true, true]);
    more(3);
    expect([tool("Filter").hidden, tool("Copy").hidden, tool("Follow").hidden]).toEqual([false, false, true]);
    more(20);
    expect(tool("Follow").hidden).toBe(false);
  });

  it("is copied as text, as far as it is shown, and says so for a while", async () => {
    const written: string[] = [];
    vi.stubGlobal("navigator", {
      language: "en",
      clipboard: { writeText: async (copied: string) => written.push(copied) },
    });
    start([
      [1, NOW, "error", "db", "no answer"],
      [2, NOW, "info", "web", "fine"],
    ]);
    click(tool("Filter"));
    look("db");
    click(tool("Copy"));
    await vi.waitFor(() => expect(tool("Copy").dataset.rwTip).toBe("Copied"));
    expect(written).toHaveLength(1);
    expect(written[0]).toMatch(/^.*\d\d:\d\d:\d\d\tError\tdb\tno answer\n$/);
    expect(text(el, ".rw-said")).toBe("Copied");
    stage.clock.run(3000);
    expect([tool("Copy").dataset.rwTip, text(el, ".rw-said")]).toEqual([undefined, ""]);
    vi.unstubAllGlobals();
  });

  it("stays or follows at a click, too", () => {
    start(range(1, 40));
    click(tool("Follow"));
    expect([aria(tool("Follow"), "pressed"), jump().hidden]).toEqual(["false", false]);
    const before = log().scrollTop;
    more(45);
    expect(log().scrollTop).toBe(before);
    click(tool("Follow"));
    expect([aria(tool("Follow"), "pressed"), log().scrollTop]).toEqual(["true", log().scrollHeight]);
  });

  it("tells the day and the milliseconds of a row when asked", () => {
    start([[1, NOW + 0.25, "info", "", "x"]]);
    const year = String(new Date(NOW * 1000).getFullYear());
    expect(find(el, ".rw-at").title).toContain(year);
    expect(find(el, ".rw-at").title).toMatch(/\d\d:\d\d:\d\d\.250/);
  });

  it("lets go of rows as soon as fewer are wanted", () => {
    start(range(1, 20));
    stage.set("e", "max_rows", 10);
    expect(messages()).toEqual(range(11, 20).map((row) => row[4]));
  });

  it.each([
    [3, "trimmed", "3 messages missing: no longer in the server’s history"],
    [1, "lost", "1 message missing: lost on the way"],
    [null, "epoch_changed", "Messages missing: the server began anew"],
    [null, "unknown_source", "Messages may be missing: the connection was lost"],
    [2, "a reason of tomorrow", "2 messages missing"],
  ] as [number | null, string, string][])("says that %s never came, and why: %s", (count, reason, said) => {
    start([[1, NOW, "info", "web", "one"]]);
    stage.put("e", { rows: [[1.5, NOW + 1, null, reason, count]], cleared: 0, missing: reason }, [
      2,
      2,
      false,
    ]);
    expect(text(el, ".rw-lost")).toBe(said);
    expect([state(el), text(el, ".rw-status")]).toEqual(["stale", "Data missing"]);
    expect(find(el, ".rw-root").dataset.rwLastTs).toBe(String(NOW));
  });

  it("has no room for what no event has", () => {
    start([[1, NOW, "", "", "plain"]]);
    expect([log().hasAttribute("data-rw-levels"), log().hasAttribute("data-rw-sources")]).toEqual([
      false,
      false,
    ]);
    stage.put("e", { rows: [event(2)], cleared: 0 }, [2, 2, false]);
    expect([log().hasAttribute("data-rw-levels"), log().hasAttribute("data-rw-sources")]).toEqual([
      true,
      true,
    ]);
  });

  it("takes text as text, whatever it looks like", () => {
    start([[1, NOW, "<b>info</b>", "<script>", '<img src=x onerror="alert(1)">']]);
    expect(messages()).toEqual(['<img src=x onerror="alert(1)">']);
    expect(el.querySelectorAll("img, script, b")).toHaveLength(0);
  });

  it("says how many are left out", () => {
    traits.locale = "en";
    start([[4400, 4400], event(4401)]);
    expect(text(el, ".rw-missed")).toBe("… 4,400 older events not shown");
  });

  it("keeps to its bound, and to the newest", () => {
    traits.max_rows = 20;
    start(range(1, 5));
    more(100);
    expect(log().children).toHaveLength(20);
    expect(messages().at(-1)).toBe("event 100");
    expect(log().scrollTop).toBe(log().scrollHeight);
  });

  it("touches only the rows that come and go", () => {
    traits.max_rows = 20;
    start(range(1, 20));
    const kept = log().children[10];
    more(25);
    expect(log().children[5]).toBe(kept);
  });

  it("speaks Japanese when it is told to", () => {
    start([[1, NOW, "error", "db", "x"]]);
    stage.set("e", "locale", "ja");
    expect([text(el, ".rw-grade"), text(el, ".rw-status")]).toEqual(["エラー", ""]);
  });

  describe("whose reader has scrolled up", () => {
    beforeEach(() => {
      traits.max_rows = 40;
      start(range(1, 40));
      scrollTo(300);
    });

    const firstSeen = () => messages()[log().scrollTop / ROW_PX];

    it("stays where it is when rows come and others leave, and counts what is new", () => {
      expect(firstSeen()).toBe("event 16");
      more(50);
      expect(firstSeen()).toBe("event 16");
      expect([jump().hidden, jump().textContent]).toEqual([false, "Held · 10 new"]);
    });

    it("stays there when a keyframe fills a gap above", () => {
      stage.put("e", { rows: [[49, 9], event(50)], cleared: 0 }, [41, 50, false]);
      expect(firstSeen()).toBe("event 16");
      traits.max_rows = 60;
      stage.put("e", { rows: range(12, 50), cleared: 0 }, [1, 50, true]);
      expect(firstSeen()).toBe("event 16");
      expect([messages()[0], messages().length]).toEqual(["event 1", 50]);
    });

    it("goes to the end with a click, and stays there", () => {
      more(50);
      jump().click();
      stage.clock.draw();
      expect([jump().hidden, log().scrollTop]).toEqual([true, log().scrollHeight]);
      expect(document.activeElement).toBe(log());
      more(60);
      expect([jump().hidden, log().scrollTop]).toEqual([true, log().scrollHeight]);
    });

    it("counts anew after the reader has come back by hand", () => {
      more(50);
      scrollTo(50 * ROW_PX - SEEN_PX);
      expect(jump().hidden).toBe(true);
      scrollTo(200);
      expect(jump().textContent).toBe("Held · Jump to the newest");
      more(53);
      expect(jump().textContent).toBe("Held · 3 new");
    });
  });

  describe("that is held", () => {
    it("stands still, counts what comes, and shows it all when it is let go", () => {
      start(range(1, 5));
      pause().click();
      stage.clock.draw();
      more(12);
      expect([state(el), messages().length, text(el, ".rw-status")]).toEqual(["paused", 5, "Paused, 7 new"]);
      pause().click();
      stage.clock.draw();
      expect([state(el), messages().length]).toEqual(["live", 12]);
    });

    it("lets its reader scroll back to what the kernel keeps, as it was", () => {
      start([[20, 20], ...range(21, 60)]);
      pause().click();
      stage.clock.draw();
      last = 60;
      more(90);
      scrollTo(100);
      const { ask, before } = stage.about.at(-1) as { ask: string; before: number };
      expect([stage.asked.at(-1), before]).toEqual([["e", "page"], 21]);
      const page = { ask, after: 0, last: 20, rows: range(1, 20), end: true };
      stage.put("e", { rows: [], cleared: 0, page }, [91, 90, false]);
      expect([messages()[0], messages().at(-1), state(el)]).toEqual(["event 1", "event 60", "paused"]);
    });

    it("by the kernel asks the kernel to go on", () => {
      start(range(1, 5));
      traits.paused = true;
      stage.pass(1);
      expect([pause().title, aria(pause(), "label")]).toEqual(["Resume", "Resume Events"]);
      pause().click();
      expect(stage.asked).toEqual([["e", "resume"]]);
    });
  });

  describe("with an event that says more", () => {
    const fold = () => find(el, ".rw-fold");
    const block = () => el.querySelector(".rw-details");
    const answer = (...rows: unknown[]) =>
      stage.put("e", { rows: [], cleared: 0, details: rows }, [3, 2, false]);

    beforeEach(() => start([event(1), [2, NOW, "error", "db", "no answer", 1]]));

    it("has a button that asks for it, and shows it as text", () => {
      expect([aria(fold(), "expanded"), block()]).toEqual(["false", null]);
      click(fold());
      expect([stage.asked.at(-1), stage.about.at(-1)]).toEqual([["e", "details"], { seq: 2 }]);
      expect([aria(fold(), "expanded"), text(el, ".rw-details")]).toEqual(["true", "Loading…"]);
      answer([
        2,
        "no answer",
        [
          ["host", "<b>a1</b>"],
          ["details", "Traceback\n  x"],
        ],
      ]);
      expect([...el.querySelectorAll("dt, dd")].map((each) => each.textContent)).toEqual([
        "host",
        "<b>a1</b>",
      ]);
      expect(text(el, ".rw-whole")).toBe("Traceback\n  x");
      expect(el.querySelector(".rw-waits, b")).toBeNull();
      click(fold());
      expect([aria(fold(), "expanded"), block()]).toEqual(["false", null]);
      click(fold());
      expect([text(el, ".rw-field"), stage.asked]).toEqual(["host", [["e", "details"]]]);
    });

    it("says that no answer has come, asks again, and says what is kept no more", () => {
      click(fold());
      stage.pass(4);
      expect(text(el, ".rw-waits")).toBe("No answer yet: the kernel may be running a cell");
      stage.pass(8);
      expect(stage.asked).toHaveLength(2);
      answer([2, null, []]);
      expect(text(el, ".rw-waits")).toBe("No longer kept");
      stage.set("e", "locale", "ja");
      expect(text(el, ".rw-waits")).toBe("もう保存されていません");
    });

    it("needs no kernel for a message of several lines", () => {
      stage.put("e", { rows: [], cleared: 2 }, [3, 2, true]);
      start([[3, NOW, "info", "", "first\n  second"]]);
      expect(messages()).toEqual(["first"]);
      click(fold());
      expect([text(el, ".rw-whole"), stage.asked]).toEqual(["first\n  second", []]);
    });

    it("stays where it is and open while others come, and so does the list", () => {
      traits.max_rows = 40;
      more(40);
      click(fold());
      scrollTo(0);
      expect([jump().hidden, aria(tool("Follow"), "pressed")]).toEqual([false, "false"]);
      const place = () => find(el, "[data-rw-open]").offsetTop - log().scrollTop;
      const [before, button] = [place(), fold()];
      more(90);
      expect([place(), fold(), text(el, ".rw-waits")]).toEqual([before, button, "Loading…"]);
    });
  });

  it("holds its reader's place when older events come, and says when there are no more", () => {
    traits.max_rows = 40;
    start(range(61, 100));
    more(140);
    scrollTo(120);
    const firstSeen = () => [...log().children][log().scrollTop / ROW_PX]!.textContent;
    const before = firstSeen();
    expect(before).toContain("event 107");
    expect(text(el, ".rw-missed")).toBe("Loading older events…");
    const { ask } = stage.about.at(-1) as { ask: string };
    const page = { ask, after: 10, last: 100, rows: range(11, 100), end: true };
    stage.put("e", { rows: [], cleared: 0, page }, [141, 140, false]);
    expect([firstSeen(), messages()[0]]).toEqual([before, "event 11"]);
    scrollTo(0);
    expect(text(el, ".rw-missed")).toBe("Older events are no longer kept");
    click(jump());
    expect([messages()[0], messages().length]).toEqual(["event 101", 40]);
  });

  it("has no more lines in the page than some screens need", () => {
    traits.max_rows = 5000;
    start(range(1, 400));
    last = 400;
    more(3000);
    expect(el.querySelectorAll(".rw-event").length).toBeLessThanOrEqual(300);
    expect(messages().at(-1)).toBe("event 3000");
    expect(parseInt(find(el, ".rw-space").style.height, 10)).toBe(2920 * ROW_PX);
    click(tool("Follow"));
    expect(el.querySelectorAll(".rw-event").length).toBeLessThanOrEqual(300);
    expect(messages().at(-1)).toBe("event 3000");
  });

  it("leaves no listener behind", () => {
    stage.life.abort();
    expect(stage.models.get("e")!.listeners.size).toBe(0);
  });
});

describe("events that were left out", () => {
  it("are fetched while the log is looked at, again after ten seconds without an answer, and shown", () => {
    const stage = new Stage({ events: EventLog });
    const el = stage.show("log", "events", { max_rows: 500 });
    stage.put("log", { rows: [[8, 6], ...range(9, 10)], cleared: 0 }, [1, 10, true]);
    expect(stage.asked).toEqual([["log", "fetch"]]);
    stage.pass(8);
    expect(stage.asked).toHaveLength(1);
    stage.pass(4);
    expect(stage.asked).toHaveLength(2);
    stage.put("log", { rows: [], cleared: 0, fills: [[8, range(3, 8)]] }, [11, 10, false]);
    expect(el.querySelectorAll(".rw-event")).toHaveLength(8);
    expect(el.querySelector(".rw-missed")).toBeNull();
    stage.pass(60);
    expect(stage.asked).toHaveLength(2);
    stage.end();
  });
});

describe("events that come faster than they are sent", () => {
  it("are not fetched before a second has left out none: they would be gone before the answer", () => {
    const stage = new Stage({ events: EventLog });
    stage.show("log", "events", { max_rows: 500 });
    stage.put("log", { rows: range(1, 10), cleared: 0 }, [1, 10, true]);
    for (let seq = 20; seq <= 100; seq += 10) {
      stage.put("log", { rows: [[seq - 1, 9], event(seq)], cleared: 0 }, [seq - 9, seq, false]);
      stage.clock.run(500);
    }
    expect(stage.asked).toEqual([]);
    stage.pass(2);
    expect([stage.asked, stage.about.at(-1)]).toEqual([[["log", "fetch"]], { seq: 99, count: 9, most: 499 }]);
    stage.end();
  });
});

describe("a log whose link is lost", () => {
  it("says so after the grace, and is live again with the link", () => {
    const stage = new Stage({ events: EventLog });
    const el = stage.show("log", "events", { max_rows: 500 });
    const link = (state: string) => ({ rows: [], cleared: 0, link: { state, since_age: 0 } });
    stage.put("log", { rows: range(1, 2), cleared: 0, link: { state: "connected", since_age: 9 } }, [
      1,
      2,
      true,
    ]);
    expect(state(el)).toBe("live");
    stage.put("log", link("reconnecting"), [3, 2, false]);
    expect(state(el)).toBe("live");
    stage.pass(6);
    expect([state(el), text(el, ".rw-status")]).toEqual(["disconnected", "Disconnected"]);
    stage.put("log", link("connected"), [3, 2, false]);
    expect(state(el)).toBe("live");
    stage.end();
  });
});
