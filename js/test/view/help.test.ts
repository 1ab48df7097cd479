// Help, with a clock turned by hand.

import { afterEach, beforeEach, expect, it } from "vitest";
import { Help } from "../../src/lib/view/help";
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
  root.className = "rw-root";
  root.tabIndex = -1;
  root.lang = "ja";
  help = new Help(el, clock, life.signal);
  root.append(help.button);
  write("The share of <b>time</b>");
});

afterEach(() => {
  life.abort();
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

it("stays with the focus when the pointer leaves, and is put away by Escape, which nobody else hears", () => {
  const heard: string[] = [];
  el.addEventListener("keydown", ({ key }) => heard.push(key));
  help.button.focus();
  point(help.button, "pointerleave");
  clock.run(1000);
  expect(layer()).not.toBeNull();
  const press = () =>
    help.button.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  press();
  expect([layer(), heard]).toEqual([null, []]);
  press();
  expect(heard).toEqual(["Escape"]);
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
