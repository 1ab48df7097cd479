import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Head } from "../../src/lib/view/head";

const life = new AbortController();
const widget = {
  locale: "en",
  paused: false,
  title: "Load",
  get: <T>() => widget.title as T,
  togglePause: vi.fn(),
};
let head: Head;

beforeEach(() => {
  Object.assign(widget, { locale: "en", paused: false, title: "Load" });
  widget.togglePause.mockClear();
  head = new Head(widget, life.signal);
  document.body.append(head.root);
});

afterEach(() => document.body.replaceChildren());

const called = (button: HTMLElement) => [button.title, button.getAttribute("aria-label")];
const shown = () => head.pause.querySelector("svg")!.dataset.rwIcon;

it("has a button of an icon, named by what it holds", () => {
  head.draw();
  expect([shown(), head.pause.textContent, ...called(head.pause)]).toEqual([
    "pause",
    "",
    "Pause",
    "Pause Load",
  ]);
  expect(head.pause.hasAttribute("data-rw-on")).toBe(false);
  head.pause.click();
  expect(widget.togglePause).toHaveBeenCalledOnce();
});

it("says by name and icon that the picture is held, and then stays in sight", () => {
  widget.paused = true;
  head.draw();
  expect([shown(), ...called(head.pause)]).toEqual(["play", "Resume", "Resume Load"]);
  expect(head.pause.hasAttribute("data-rw-on")).toBe(true);
});

it("names it in short where there is no title", () => {
  widget.title = "";
  head.draw();
  expect(called(head.pause)).toEqual(["Pause", "Pause"]);
});

it("says something else in the place of the title, where it is told to", () => {
  const named = new Head(widget, life.signal, () => "Chat");
  widget.title = "";
  named.draw();
  const written = named.title.firstChild;
  named.draw();
  expect([named.title.textContent, ...called(named.pause)]).toEqual(["Chat", "Pause", "Pause"]);
  expect(named.title.firstChild).toBe(written);
});

it("writes a pause of all beside the icon, always", () => {
  head.draw("pause_all", "resume_all");
  head.draw("pause_all", "resume_all");
  expect([head.pause.textContent, ...called(head.pause)]).toEqual([
    "Pause all",
    "Pause all",
    "Pause all: Load",
  ]);
  expect(head.pause.hasAttribute("data-rw-on")).toBe(true);
});

it("takes further buttons, before its own, named in the reader's language", () => {
  const clicked = vi.fn();
  const button = head.addButton("copy", "table", clicked);
  head.draw();
  expect([button.nextElementSibling, ...called(button)]).toEqual([
    head.pause,
    "Table of values",
    "Table of values: Load",
  ]);
  button.click();
  expect(clicked).toHaveBeenCalledOnce();
  widget.locale = "ja";
  head.draw();
  expect(called(button)).toEqual(["値の表", "値の表：Load"]);
});

it("leaves the button alone that has the focus", () => {
  head.draw();
  head.pause.focus();
  widget.paused = true;
  head.draw();
  expect(document.activeElement).toBe(head.pause);
});
