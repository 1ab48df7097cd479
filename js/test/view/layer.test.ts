// Layer: over the page, in the theme of its view, where its anchor is, and no longer than its view.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Anchor, Layer } from "../../src/lib/view/layer";

let life: AbortController;
let el: HTMLElement;
let anchor: Anchor | null;
let asked: boolean[];

beforeEach(() => {
  life = new AbortController();
  el = document.createElement("div");
  el.dataset.rwTheme = "dark";
  document.body.append(el);
  anchor = { x: 100, y: 50 };
  asked = [];
  vi.stubGlobal("innerWidth", 1000);
  vi.stubGlobal("innerHeight", 800);
});

afterEach(() => {
  life.abort();
  document.body.replaceChildren();
});

function made(): Layer {
  return new Layer(
    el,
    "rw-test",
    (anew) => {
      asked.push(anew);
      return anchor;
    },
    life.signal,
  );
}

describe("a layer", () => {
  it("lies in the body in the theme of its view", () => {
    const layer = made();
    layer.show();
    expect([layer.root.parentNode, layer.root.dataset.rwTheme]).toEqual([document.body, "dark"]);
  });

  it("lies in the shadow root that its view lives in", () => {
    const shadow = document.createElement("div");
    document.body.append(shadow);
    const root = shadow.attachShadow({ mode: "open" });
    root.append(el);
    const layer = made();
    layer.show();
    expect(layer.root.parentNode).toBe(root);
  });

  it.each([
    [
      { x: 100, y: 50 },
      { left: "114px", right: "auto", top: "50px", bottom: "auto" },
    ],
    [
      { x: 900, y: 50 },
      { left: "auto", right: "114px", top: "50px", bottom: "auto" },
    ],
    [
      { x: 100, y: 700 },
      { left: "114px", right: "auto", top: "auto", bottom: "100px" },
    ],
  ])("at %o opens to the side that has room", (at, style) => {
    anchor = at;
    const layer = made();
    layer.show();
    expect(layer.root.style).toMatchObject(style);
  });

  it("fills a narrow window from side to side", () => {
    vi.stubGlobal("innerWidth", 320);
    const layer = made();
    layer.show();
    expect([layer.root.style.left, layer.root.style.right]).toEqual(["8px", "8px"]);
  });

  it("follows its anchor when anything scrolls, which is then read anew", () => {
    const layer = made();
    layer.show();
    anchor = { x: 100, y: 30 };
    el.dispatchEvent(new Event("scroll"));
    expect([layer.root.style.top, asked]).toEqual(["30px", [false, true]]);
  });

  it("vanishes when its anchor has left, or its view", () => {
    const layer = made();
    layer.show();
    anchor = null;
    dispatchEvent(new Event("scroll"));
    expect([layer.shown, layer.root.isConnected]).toEqual([false, false]);
    anchor = { x: 1, y: 1 };
    layer.show();
    el.remove();
    dispatchEvent(new Event("scroll"));
    expect(layer.shown).toBe(false);
  });

  it("ends with the signal, and listens no more", () => {
    const layer = made();
    layer.show();
    life.abort();
    asked.length = 0;
    dispatchEvent(new Event("scroll"));
    expect([layer.root.isConnected, asked]).toEqual([false, []]);
  });
});
