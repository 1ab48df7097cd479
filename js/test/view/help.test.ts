// Help, with a clock turned by hand.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Help } from "../../src/lib/view/help";
import { keepKeys } from "../../src/lib/view/keys";
import { markBuild } from "../../src/lib/view/theme";
import { HandClock } from "../hand";

let life: AbortController;
let clock: HandClock;
let el: HTMLElement;
let help: Help;

beforeEach(() => {
  life = new AbortController();
  clock = new HandClock();
  el = document.body.appendChild(document.createElement("div"));
  const root = el.appendChild(document.createElement("div"));
  el.className = "rw-host";
  markBuild(el);
  keepKeys();
  root.className = "rw-root";
  root.tabIndex = -1;
  root.lang = "ja";
  help = new Help(el, clock, life.signal);
  root.append(help.button);
  write("The share of <b>time</b>");
});

afterEach(() => {
  life.abort();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

const write = (text: string) => help.write(text, "CPU", "en", el.querySelector<HTMLElement>(".rw-root")!);
const layer = () => document.querySelector<HTMLElement>(".rw-help-text");
const point = (on: Element, name: string) => on.dispatchEvent(new Event(name));

it("is a named button that is described by its text, which is no markup", () => {
  const { button } = help;
  expect([button.type, button.getAttribute("aria-label")]).toEqual(["button", "About CPU"]);
  const said = document.getElementById(button.getAttribute("aria-describedby")!)!;
  expect([said.textContent, said.children.length]).toEqual(["The share of <b>time</b>", 0]);
  const other = new Help(el, clock, life.signal);
  expect(other.button.getAttribute("aria-describedby")).not.toBe(said.id);
});

it("shows beside the widget, not in it, for as long as it has the focus", () => {
  expect(layer()).toBeNull();
  help.button.focus();
  expect([layer()!.textContent, layer()!.parentElement, layer()!.lang]).toEqual([
    "The share of <b>time</b>",
    document.body,
    "ja",
  ]);
  expect(layer()!.getAttribute("aria-hidden")).toBe("true");
  help.button.blur();
  expect(layer()).toBeNull();
});

it("stays while the pointer goes on to the text, and leaves soon after it", () => {
  point(help.button, "pointerenter");
  point(help.button, "pointerleave");
  clock.run(100);
  point(layer()!, "pointerenter");
  clock.run(10_000);
  expect(layer()).not.toBeNull();
  point(layer()!, "pointerleave");
  clock.run(100);
  expect(layer()).not.toBeNull();
  clock.run(200);
  expect(layer()).toBeNull();
});

it("stays with the focus when the pointer leaves, and is put away by Escape", () => {
  help.button.focus();
  point(help.button, "pointerleave");
  clock.run(1000);
  expect(layer()).not.toBeNull();
  const press = (key: string) =>
    help.button.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true }));
  press("a");
  expect(layer()).not.toBeNull();
  press("Escape");
  expect(layer()).toBeNull();
});

it.each([
  ["above", "right", [400, 700, 20, 20], ["", "68px", "auto", "200px"]],
  ["below", "left", [100, 50, 20, 20], ["100px", "auto", "70px", "auto"]],
])("stands %s its button, along its edge, where there is more room: %s", (_, side, rect, places) => {
  const [x, y, width, height] = rect as [number, number, number, number];
  vi.stubGlobal("innerWidth", side === "right" ? 488 : 1000);
  vi.stubGlobal("innerHeight", 900);
  vi.spyOn(help.button, "getBoundingClientRect").mockReturnValue(new DOMRect(x, y, width, height));
  help.button.focus();
  const { left, right, top, bottom } = layer()!.style;
  expect([left.replace("auto", ""), right, top, bottom]).toEqual(places);
});

it("has no button without a text, and leaves its focus to the widget", () => {
  help.button.focus();
  write("");
  expect([help.button.hidden, layer()]).toEqual([true, null]);
  expect(document.activeElement).toBe(el.querySelector(".rw-root"));
  write("Again");
  expect(help.button.hidden).toBe(false);
});

it("ends with its view", () => {
  point(help.button, "pointerenter");
  life.abort();
  expect(layer()).toBeNull();
  point(help.button, "pointerenter");
  expect(layer()).toBeNull();
});
