// The announcer: what is said, when, and what is not.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Announcer, announcerOf } from "../../src/lib/view/announcer";
import { HandClock } from "../hand";

let clock: HandClock;
let announcer: Announcer;
/** What stood in the regions when they were looked at last. */
let before: string;

beforeEach(() => {
  before = "";
  clock = new HandClock();
  announcer = new Announcer(clock);
});
afterEach(() => document.body.replaceChildren());

const speaker = (name: string, locale = "en") => ({ name, locale, views: 1 });
const cpu = speaker("CPU");

function tell(who: ReturnType<typeof speaker>, what: string, urgent = false): void {
  announcer.tell(who, "state", what, () => what, urgent);
}

/** What is said in the next so many seconds, and after how many. */
function heard(seconds: number, manner = "polite"): [number, string][] {
  const out: [number, string][] = [];
  for (let ms = 100; ms <= seconds * 1000; ms += 100) {
    clock.run(100);
    const now = [...document.querySelectorAll(`[data-rw-announcer=${manner}] p`)].map((p) => p.textContent);
    if (now.length && now.join(" | ") !== before) out.push([ms / 1000, now.join(" | ")]);
    before = now.join(" | ");
  }
  return out;
}

describe("what a speaker tells", () => {
  it("first is only noted", () => {
    tell(cpu, "Live");
    expect(heard(10)).toEqual([]);
  });

  it("later is said with its name, and does not stay", () => {
    tell(cpu, "Live");
    tell(cpu, "Disconnected");
    expect(heard(10)).toEqual([[0.3, "CPU: Disconnected"]]);
    expect(document.querySelectorAll("[data-rw-announcer] p")).toHaveLength(0);
  });

  it("is not said twice in a row", () => {
    tell(cpu, "Live");
    for (let i = 0; i < 5; i++) tell(cpu, "Disconnected");
    expect(heard(5)).toHaveLength(1);
    tell(cpu, "Disconnected");
    expect(heard(10)).toEqual([]);
  });

  it("and takes back in the same moment is not said", () => {
    tell(cpu, "Live");
    tell(cpu, "Disconnected");
    clock.run(200);
    tell(cpu, "Live");
    expect(heard(10)).toEqual([]);
  });

  it("again and again is said at most every six seconds, as it is then", () => {
    tell(cpu, "Normal");
    const said: [number, string][] = [];
    for (let i = 0; i < 20; i++) {
      tell(cpu, i % 2 ? "Normal" : "Warning");
      for (const [, text] of heard(1)) said.push([i, text]);
    }
    expect(said).toEqual([
      [0, "CPU: Warning"],
      [7, "CPU: Normal"],
      [14, "CPU: Warning"],
    ]);
  });

  it("that is urgent interrupts, also soon after another", () => {
    tell(cpu, "Normal");
    tell(cpu, "Warning");
    expect(heard(1)).toHaveLength(1);
    tell(cpu, "Error", true);
    expect(heard(3, "assertive")).toEqual([[1.3, "CPU: Error"]]); // two seconds after the last
  });

  it("is put into words when it is said: a value is the one of that moment", () => {
    let value = 90;
    const text = () => `Warning, ${value}`;
    announcer.tell(cpu, "level", "normal", text);
    announcer.tell(cpu, "level", "warning", text);
    value = 93;
    expect(heard(1)).toEqual([[0.3, "CPU: Warning, 93"]]);
  });

  it("is not said when nobody sees it, nor later", () => {
    const hidden = { ...cpu, views: 0 };
    tell(hidden, "Live");
    tell(hidden, "Disconnected");
    expect(heard(3)).toEqual([]);
    hidden.views = 1;
    expect(heard(10)).toEqual([]);
    tell(hidden, "Live");
    expect(heard(3)).toEqual([[0.3, "CPU: Live"]]);
  });

  it("is not said once it is closed", () => {
    tell(cpu, "Live");
    tell(cpu, "Disconnected");
    announcer.forget(cpu);
    expect(heard(3)).toEqual([]);
  });
});

describe("what several tell at once", () => {
  const names = ["CPU", "Memory", "Disk", "Load", "Swap"];

  it("is one sentence, with the first names and how many others", () => {
    for (const what of ["Live", "Disconnected"]) for (const name of names) tell(given(name), what);
    expect(heard(10)).toEqual([[0.3, "CPU, Memory, Disk, and 2 others: Disconnected"]]);
  });

  it("and is not the same has a sentence each, in one go", () => {
    const [cpu, disk] = [given("CPU"), given("Disk")];
    for (const each of [cpu, disk]) tell(each, "Live");
    tell(cpu, "Disconnected");
    tell(disk, "No new data");
    expect(heard(10)).toEqual([[0.3, "CPU: Disconnected | Disk: No new data"]]);
  });

  it("in two moments has two seconds in between", () => {
    const [cpu, disk] = [given("CPU"), given("Disk")];
    for (const each of [cpu, disk]) tell(each, "Live");
    tell(cpu, "Disconnected");
    expect(heard(0.4)).toEqual([[0.3, "CPU: Disconnected"]]);
    tell(disk, "Disconnected");
    expect(heard(5)).toEqual([[1.9, "Disk: Disconnected"]]);
  });

  it("is in the language of each", () => {
    const [cpu, disk] = [given("CPU"), speaker("ディスク", "ja-JP")];
    for (const each of [cpu, disk]) tell(each, "Live");
    for (const each of [cpu, disk]) tell(each, "x");
    clock.run(400);
    const said = [...document.querySelectorAll<HTMLElement>("[data-rw-announcer] p")];
    expect(said.map(({ lang, textContent }) => [lang, textContent])).toEqual([
      ["en", "CPU: x"],
      ["ja", "ディスク：x"],
    ]);
  });

  const known = new Map<string, ReturnType<typeof speaker>>();
  function given(name: string): ReturnType<typeof speaker> {
    if (!known.has(name)) known.set(name, speaker(name));
    return known.get(name)!;
  }
});

describe("the regions", () => {
  it("are there before anything is said, empty, for ears only", () => {
    const regions = [...document.querySelectorAll<HTMLElement>("[data-rw-announcer]")];
    expect(regions.map((each) => each.getAttribute("aria-live"))).toEqual(["polite", "assertive"]);
    expect(regions.map(({ textContent }) => textContent)).toEqual(["", ""]);
  });

  it("are shared by all announcers of a document", () => {
    new Announcer(new HandClock());
    expect(document.querySelectorAll("[data-rw-announcer]")).toHaveLength(2);
  });

  it("are those of the page: one announcer for a clock", () => {
    expect(announcerOf(clock)).toBe(announcerOf(clock));
    expect(announcerOf(clock)).not.toBe(announcerOf(new HandClock()));
  });
});
