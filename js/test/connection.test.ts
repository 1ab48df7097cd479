// The connection indicator: what is shown, said and asked.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectionIndicator } from "../src/connection";
import { KERNEL_GONE_MS } from "../src/lib/hop/route";
import { find, Stage, state, text } from "./stage";

let stage: Stage;
let el: HTMLElement;
let first: AbortController;
let traits: Record<string, unknown>;
let version = 0;

function put(state: string, more: object = {}): void {
  version += 1;
  const body = { state, attempts: 0, since_age: 0, label: "ws://host/ws", ...more };
  stage.put("c", body, [version, version, true]);
}

const words = (where = el) => text(where, ".rw-link-word");
/** What those who listen hear of it, a moment later. */
function said(): string[] {
  stage.clock.run(400);
  return [...document.querySelectorAll("[data-rw-announcer] p")].map(({ textContent }) => textContent);
}
const button = () => find(el, ".rw-action");
const shape = () => find(el, ".rw-glyph").dataset.rwIcon;

beforeEach(() => {
  stage = new Stage({ connection: ConnectionIndicator });
  traits = { grace: 5 };
  first = new AbortController();
  el = stage.show("c", "connection", traits, first.signal);
});

afterEach(() => stage.end());

describe("a state", () => {
  it.each([
    ["connecting", "Connecting…", "half", null],
    ["connected", "Connected", "disc", null],
    ["disconnected", "Disconnected", "ring", "Connect"],
    ["error", "Connection failed", "cross", "Retry"],
  ])("%s has its word, its shape and what can be done", (name, word, icon, action) => {
    put(name);
    expect([state(el), words(), shape()]).toEqual([name, word, icon]);
    expect(button().hidden ? null : button().textContent).toBe(action);
  });

  it("in which nothing can be read is not shown as well, and is said with the reason", () => {
    put("connecting");
    put("connected", { unreadable: true, reason: "decode() raised KeyError", reason_age: 100 });
    expect([state(el), words(), shape()]).toEqual(["unreadable", "Connected, data unreadable", "cross"]);
    expect(button().hidden).toBe(true);
    expect(said()).toEqual(["ws://host/ws: Connected, data unreadable: decode() raised KeyError"]);
    put("connected");
    expect([state(el), words(), shape()]).toEqual(["connected", "Connected", "disc"]);
  });

  it("is said in Japanese", () => {
    traits.locale = "ja";
    put("reconnecting", { since_age: 9, attempts: 2, retry_in: 4 });
    expect(words()).toBe("再接続（2回目）まで4秒");
    expect(button().textContent).toBe("今すぐ再試行");
  });

  it("shows the address beside the words where there is room, and always on request", () => {
    put("connected");
    expect(text(el, ".rw-link-label")).toBe("ws://host/ws");
    expect(find(el, ".rw-link-label").hidden).toBe(false);
    stage.width = 180;
    const narrow = stage.show("c", "connection", traits);
    expect(find(narrow, ".rw-link-label").hidden).toBe(true);
    expect(find(narrow, ".rw-root").title).toBe("ws://host/ws");
  });

  it("of a kernel that is gone offers nothing that nobody would hear", () => {
    put("disconnected");
    stage.clock.run(KERNEL_GONE_MS + 2000);
    stage.clock.draw();
    expect([state(el), words(), shape()]).toEqual(["kernel_gone", "Kernel not responding", "slashed"]);
    expect(button().hidden).toBe(true);
  });
});

describe("a lost link", () => {
  const refused = { attempts: 3, retry_in: 9.5, reason: "refused by the host", reason_age: 0 };

  beforeEach(() => {
    put("connected", { since_age: 60 });
    put("reconnecting", refused);
  });

  it("is calm within the grace", () => {
    expect(find(el, ".rw-root").hasAttribute("data-rw-calm")).toBe(true);
    expect([state(el), words()]).toEqual(["reconnecting", "Reconnecting…"]);
    expect([button().hidden, find(el, ".rw-error").hidden]).toEqual([true, true]);
  });

  it("shows the attempt, the reason and a way to hurry after it", () => {
    stage.pass(6);
    expect(find(el, ".rw-root").hasAttribute("data-rw-calm")).toBe(false);
    expect(words()).toBe("Reconnecting (3) in 4 s");
    expect(text(el, ".rw-error")).toBe("refused by the host");
    expect(button().textContent).toBe("Retry now");
  });

  it("counts down without another word from the kernel", () => {
    const seen = [];
    stage.pass(6);
    for (let i = 0; i < 4; i++) {
      stage.pass(1);
      seen.push(words());
    }
    expect(seen).toEqual([
      "Reconnecting (3) in 3 s",
      "Reconnecting (3) in 2 s",
      "Reconnecting (3) in 1 s",
      "Reconnecting (3)…",
    ]);
  });

  it("is announced once it is an alarm; the countdown never", () => {
    expect(said()).toEqual([]);
    stage.pass(6);
    expect(said()).toEqual(["ws://host/ws: Reconnecting…"]);
    stage.pass(9);
    expect(said()).toEqual([]);
    put("connected");
    expect(said()).toEqual(["ws://host/ws: Connected"]);
  });

  it("that is back within the grace was never announced", () => {
    stage.pass(3);
    put("connected");
    for (let i = 0; i < 20; i++) expect(said()).toEqual([]);
  });
});

describe("a failure", () => {
  it("is announced with its reason, at once, and again when another try fails", () => {
    put("connecting");
    put("error", { reason: "401" });
    expect(said()).toEqual(["ws://host/ws: Connection failed: 401"]);
    stage.pass(5);
    put("connecting");
    put("error", { reason: "403" });
    expect(said()).toEqual(["ws://host/ws: Connection failed: 403"]);
  });

  it("of one message is shown while connected, and goes", () => {
    put("connected", { since_age: 60, reason: "no JSON", reason_age: 0 });
    expect(text(el, ".rw-error")).toBe("no JSON");
    stage.pass(31);
    expect(find(el, ".rw-error").hidden).toBe(true);
  });
});

describe("a click", () => {
  it.each([
    ["disconnected", "connect"],
    ["error", "retry"],
  ])("on the button of %s asks the kernel to %s", (state, intent) => {
    put(state);
    button().click();
    expect(stage.asked).toEqual([["c", intent]]);
  });

  it("is not taken twice while the answer is on its way", () => {
    put("disconnected");
    button().click();
    stage.clock.draw();
    expect(button().getAttribute("aria-disabled")).toBe("true");
    put("connecting");
    put("disconnected");
    expect(button().getAttribute("aria-disabled")).toBe("false");
  });

  it("keeps the focus while it waits, and leaves it in the indicator when the button goes", () => {
    put("disconnected");
    button().focus();
    button().click();
    button().click();
    stage.clock.draw();
    expect(stage.asked).toHaveLength(1);
    expect(document.activeElement).toBe(button());
    put("connecting");
    expect(button().hidden).toBe(true);
    expect(document.activeElement).toBe(find(el, ".rw-root"));
  });

  it("may be made again when no answer comes", () => {
    put("disconnected");
    button().click();
    stage.clock.draw();
    put("disconnected"); // nothing has changed
    expect(button().getAttribute("aria-disabled")).toBe("true");
    stage.pass(4);
    expect(button().getAttribute("aria-disabled")).toBe("false");
  });
});

describe("two places", () => {
  it("show the same, and it is announced once", () => {
    const other = stage.show("c", "connection", traits);
    put("connecting");
    put("connected");
    expect([words(), words(other)]).toEqual(["Connected", "Connected"]);
    expect(said()).toEqual(["ws://host/ws: Connected"]);
  });

  it("go on to be announced when one of them goes", () => {
    put("connected");
    stage.show("c", "connection", traits);
    first.abort();
    put("disconnected");
    expect([said(), el.children.length]).toEqual([["ws://host/ws: Disconnected"], 0]);
  });
});

it("leaves no listener behind", () => {
  const model = stage.models.get("c")!;
  expect(model.listeners.size).toBeGreaterThan(0);
  first.abort();
  stage.life.abort();
  expect(model.listeners.size).toBe(0);
  expect(el.children).toHaveLength(0);
});
