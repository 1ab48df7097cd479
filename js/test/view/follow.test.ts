// A list of rows of 20 pixels, 100 of which can be seen.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Follow } from "../../src/lib/view/follow";
import { keepKeys } from "../../src/lib/view/keys";

let life: AbortController;
let list: HTMLElement;
let rows: HTMLElement[];
let follow: Follow;
let rowPx: number;
let width: number;
let hidden: boolean;
let height: number;
let now: number;
let resize: () => void;
const changed = vi.fn();

beforeEach(() => {
  rowPx = 20;
  width = 300;
  hidden = false;
  height = 100;
  now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  life = new AbortController();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(told: () => void) {
        resize = told;
      }
      observe() {}
      disconnect() {
        resize = () => {};
      }
    },
  );
  const host = document.createElement("div");
  host.className = "rw-host";
  host.dataset.rwBuild = __BUILD__;
  list = document.createElement("div");
  rows = [];
  host.append(list);
  document.body.append(host);
  let top = 0;
  Object.defineProperties(list, {
    clientWidth: { get: () => (hidden ? 0 : width) },
    clientHeight: { get: () => (hidden ? 0 : height) },
    scrollHeight: { get: () => (hidden ? 0 : Math.max(100, rows.length * rowPx)) },
    scrollTop: {
      get: () => (hidden ? 0 : top),
      set: (px) => {
        if (!hidden) top = Math.max(0, Math.min(px, rows.length * rowPx - 100));
      },
    },
  });
  keepKeys();
  follow = new Follow(list, () => rows, changed, life.signal);
  set(40);
  now += 1_000;
  changed.mockClear();
});

afterEach(() => {
  life.abort();
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Has `count` rows, of which the first leave and the last are new. */
function set(count: number, gone = 0): void {
  const before = rows;
  const kept = rows.slice(gone);
  follow.change(
    (i) => i >= gone,
    () => {
      rows = [...kept, ...Array.from({ length: count - kept.length }, row)];
      list.replaceChildren(...rows);
    },
    (i) => before[i]!,
  );
}

function row(): HTMLElement {
  const made = document.createElement("p");
  Object.defineProperties(made, {
    offsetTop: { get: () => (hidden ? 0 : rows.indexOf(made) * rowPx) },
    offsetHeight: { get: () => (hidden ? 0 : rowPx) },
  });
  return made;
}

const scroll = (px: number) => {
  list.scrollTop = px;
  list.dispatchEvent(new Event("scroll"));
};
const press = (key: string) =>
  list.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

it("stays at the end with what comes", () => {
  expect([follow.on, list.scrollTop]).toEqual([true, 700]);
  set(50);
  expect(list.scrollTop).toBe(900);
});

it("goes on following when its size changes, whatever is told late of scrolling", () => {
  rowPx = 40;
  list.dispatchEvent(new Event("scroll")); // it has not moved, and is not at its end
  expect(follow.on).toBe(true);
  resize();
  expect(list.scrollTop).toBe(1500);
  rowPx = 20;
  scroll(700); // the browser has put it back to its end, as it is shorter now
  expect(follow.on).toBe(true);
});

it("stays where the reader went up to, also by a pixel or two, and follows again from the end", () => {
  scroll(697);
  expect([follow.on, changed.mock.calls.length]).toEqual([false, 1]);
  set(50);
  expect(list.scrollTop).toBe(697);
  scroll(895);
  expect(follow.on).toBe(true);
});

it.each(["ArrowUp", "PageUp", "Home"])("stops at once at %s, before the list has moved", (key) => {
  press(key);
  expect(follow.on).toBe(false);
  const left = press("End");
  expect([follow.on, list.scrollTop]).toEqual([true, 700]);
  expect(left).toBe(false); // to the browser, which would scroll the notebook
});

describe("a pressed mouse", () => {
  const point = (on: EventTarget, type: string, y: number, more: object = {}) =>
    on.dispatchEvent(new MouseEvent(type, { bubbles: true, button: 0, buttons: 1, clientY: y, ...more }));

  it("that is moved selects text: the list stays, also where it has left the list", () => {
    point(list, "mousedown", 50);
    point(list, "mousemove", 53);
    expect(follow.on).toBe(true); // a click of an unsteady hand
    point(document.body, "mousemove", -40);
    expect([follow.on, changed.mock.calls.length]).toEqual([false, 1]);
    set(50);
    expect(list.scrollTop).toBe(700);
  });

  it.each([
    ["let go elsewhere", { buttons: 0 }, {}],
    ["with another button", { buttons: 2 }, { button: 2, buttons: 2 }],
  ])("%s selects nothing", (_, moved, pressed) => {
    point(list, "mousedown", 50, pressed);
    point(window, "mousemove", 10, moved);
    point(window, "mousemove", 10);
    expect(follow.on).toBe(true);
  });

  it("elsewhere is of no matter, as when a text around the list is selected", () => {
    point(document.body, "mousedown", 300);
    point(list, "mousemove", 50);
    expect(follow.on).toBe(true);
  });
});

it("stays held when a late event tells of where it was put, before the reader's own scrolling begins", () => {
  press("PageUp");
  list.dispatchEvent(new Event("scroll"));
  expect(follow.on).toBe(false);
});

it("follows when told to, though a smooth scrolling up still goes on", () => {
  scroll(650);
  follow.set(true);
  scroll(600);
  expect([follow.on, list.scrollTop]).toEqual([true, 700]);
});

it("stops at once when a wheel turns up, and not when it turns down", () => {
  list.dispatchEvent(Object.assign(new Event("wheel"), { deltaY: 3 }));
  expect(follow.on).toBe(true);
  list.dispatchEvent(Object.assign(new Event("wheel"), { deltaY: -3 }));
  expect(follow.on).toBe(false);
});

it("keeps what is being read in its place while rows come and go, and when they wrap anew", () => {
  scroll(305);
  const reading = rows[15];
  set(50, 10);
  expect([rows.indexOf(reading!), list.scrollTop]).toEqual([5, 105]);
  rowPx = 40;
  resize();
  expect(list.scrollTop).toBe(205);
});

it("keeps the next row that stays where the one being read leaves", () => {
  scroll(305);
  set(50, 20);
  expect(list.scrollTop).toBe(0);
});

it("follows where everything fits, and says whether it does", () => {
  scroll(0);
  expect([follow.on, follow.scrolls]).toEqual([false, true]);
  set(3, 37);
  expect([follow.on, follow.scrolls]).toEqual([true, false]);
  press("ArrowUp");
  expect(follow.on).toBe(true);
});

it("keeps what is being read while it is hidden, as in a collapsed cell, whatever comes meanwhile", () => {
  scroll(300);
  const reading = rows[15];
  hidden = true;
  resize();
  expect([follow.on, follow.scrolls]).toEqual([false, true]);
  set(50, 10);
  hidden = false;
  resize();
  expect([follow.on, rows.indexOf(reading!), list.scrollTop]).toEqual([false, 5, 100]);
});

it("follows again when it is shown after it was hidden", () => {
  hidden = true;
  resize();
  set(50);
  hidden = false;
  resize();
  expect([follow.on, list.scrollTop]).toEqual([true, 900]);
});

it.each<[string, () => void]>([
  ["its window is resized", () => window.dispatchEvent(new Event("resize"))],
  [
    "its lines wrap anew",
    () => {
      width = 200;
      resize();
    },
  ],
  [
    "its lines wrap anew, which the observer has not seen yet",
    () => {
      width = 200;
    },
  ],
  [
    "it comes back, at its top, after it was hidden",
    () => {
      hidden = true;
      resize();
      hidden = false;
    },
  ],
])("goes on following when the layout moves it while %s, and lets go again when that is over", (_, relay) => {
  relay();
  scroll(300);
  expect([follow.on, list.scrollTop]).toEqual([true, 700]);
  now += 999;
  scroll(300);
  expect([follow.on, list.scrollTop]).toEqual([true, 700]);
  now += 1;
  scroll(300);
  expect([follow.on, list.scrollTop]).toEqual([false, 300]);
});

it("lets go at once where the reader presses it, as on its scroll bar, while the window is resized", () => {
  window.dispatchEvent(new Event("resize"));
  list.dispatchEvent(new Event("pointerdown"));
  scroll(697);
  expect(follow.on).toBe(false);
});

it("lets go at once where only its height has changed, as by the button below it", () => {
  resize();
  scroll(697);
  expect(follow.on).toBe(false);
});

it("says when more of the list is in sight", () => {
  height = 200;
  resize();
  expect([follow.height, changed.mock.calls.length]).toEqual([200, 1]);
  resize();
  expect(changed).toHaveBeenCalledTimes(1);
});
