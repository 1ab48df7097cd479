import { afterEach, expect, it, vi } from "vitest";
import { keepKeys, onKeys } from "../../src/lib/view/keys";

const life = new AbortController();
afterEach(() => document.body.replaceChildren());

function widget(): { el: HTMLElement; button: HTMLButtonElement } {
  const el = document.createElement("div");
  el.className = "rw-host";
  el.dataset.rwBuild = "test";
  const button = document.createElement("button");
  el.append(button);
  document.body.append(el);
  keepKeys();
  return { el, button };
}

const press = (el: Element, key: string, more: KeyboardEventInit = {}) =>
  el.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));

function hostHears(act: () => void): number {
  const heard = vi.fn();
  document.addEventListener("keydown", heard, true);
  act();
  document.removeEventListener("keydown", heard, true);
  return heard.mock.calls.length;
}

it("keeps what is typed in a widget from the host", () => {
  const { button } = widget();
  expect(hostHears(() => ["x", "d", "Escape", "ArrowDown"].map((key) => press(button, key)))).toBe(0);
  expect(hostHears(() => press(button, "A", { shiftKey: true }))).toBe(0);
});

it("leaves the host its own: with Ctrl, Meta or Alt, and outside of widgets", () => {
  const { button } = widget();
  for (const held of ["ctrlKey", "metaKey", "altKey"])
    expect(hostHears(() => press(button, "s", { [held]: true }))).toBe(1);
  expect(hostHears(() => press(document.body, "x"))).toBe(1);
});

it("keeps keys that edit a text, also with Ctrl: JupyterLab merges and moves cells by them", () => {
  const { button } = widget();
  for (const key of ["Backspace", "Delete", "ArrowUp", "Home", "PageDown"])
    expect(hostHears(() => press(button, key, { ctrlKey: true, shiftKey: true }))).toBe(0);
});

it("leaves the widgets of another build to the copy that draws them", () => {
  const { el, button } = widget();
  el.dataset.rwBuild = "another";
  expect(hostHears(() => press(button, "x"))).toBe(1);
});

it("keeps what is typed within a shadow root", () => {
  const { el } = widget();
  const input = document.createElement("input");
  const shadow = el.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
  shadow.append(input);
  expect(hostHears(() => press(input, "x", { composed: true }))).toBe(0);
});

it("hands keys to the handlers of the elements that have the focus within, the innermost first", () => {
  const { el, button } = widget();
  const order: string[] = [];
  onKeys(el, () => order.push("outer"), life.signal);
  onKeys(button, ({ key }) => order.push(key), life.signal);
  press(button, "ArrowLeft");
  expect(order).toEqual(["ArrowLeft", "outer"]);
});

it("calls no handler whose signal was aborted", () => {
  const { el } = widget();
  const ended = new AbortController();
  const handle = vi.fn();
  onKeys(el, handle, ended.signal);
  ended.abort();
  press(el, "x");
  expect(handle).not.toHaveBeenCalled();
});

it("leaves what the browser does of its own", () => {
  const { button } = widget();
  expect(press(button, "Tab")).toBe(true); // not prevented
});
