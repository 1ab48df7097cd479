// The theme: whose colours a widget has; and the sheet, which is for the elements of this build only.

import { afterEach, expect, it, vi } from "vitest";
import { adoptStyles, followTheme } from "../../src/lib/view/theme";
import styles from "../../src/style.css";
import { model } from "../hand";

let life = new AbortController();
afterEach(() => {
  life.abort();
  life = new AbortController();
  document.body.replaceChildren();
  delete document.body.dataset.jpThemeLight;
});

/** What the system prefers. */
function system(...queries: string[]): void {
  vi.spyOn(globalThis, "matchMedia").mockImplementation(
    (query) => ({ matches: queries.some((each) => query.includes(each)), addEventListener() {} }) as never,
  );
}

function host(theme: string): HTMLElement {
  const el = document.createElement("div");
  document.body.append(el);
  followTheme(el, model({ theme }), life.signal, () => {});
  return el;
}

it.each([
  ["auto", "false", [], "dark"],
  ["auto", "true", ["dark"], "light"],
  ["auto", undefined, ["dark"], "dark"],
  ["light", "false", ["dark"], "light"],
  ["auto", "false", ["forced-colors"], "forced-light"],
  ["light", "true", ["forced-colors", "dark"], "forced-dark"],
])("%s with a host of %s and a system of %s is %s", (wanted, light, queries, theme) => {
  if (light) document.body.dataset.jpThemeLight = light;
  system(...queries);
  expect(host(wanted).dataset.rwTheme).toBe(theme);
});

it("marks the element that it adopts styles for, and the board around it", () => {
  const [board, el] = [document.createElement("div"), document.createElement("div")];
  board.className = "rw-board";
  board.append(el);
  document.body.append(board);
  adoptStyles(el);
  expect([board.dataset.rwBuild, el.dataset.rwBuild]).toEqual(["test", "test"]);
});

it("puts the sheet of a kind behind that of all, once, so that it has the last word", () => {
  const [one, another] = [document.createElement("div"), document.createElement("div")];
  document.body.append(one, another);
  adoptStyles(one);
  adoptStyles(one, ".rw-one {}");
  adoptStyles(another, ".rw-one {}");
  const sheets = [...document.querySelectorAll(`style[data-rw]`)].map((style) => style.textContent);
  expect(sheets).toEqual([`${styles}.rw-one {}`]);
});

it("names in the sheet what carries the mark as `&`: a rule for it by its class alone would be bound to what is within", () => {
  const selectors = styles
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .split(/[{};]/)
    .flatMap((text) => text.split(/,(?![^(]*\))/))
    .filter((text) => /\.rw-(host|board)(?![\w-])/.test(text));
  expect(selectors.length).toBeGreaterThan(5);
  const unbound = /^\s*(\.widget-\w+\s*(>\s*)?)?\.rw-(host|board)(?![\w-])/;
  expect(selectors.filter((text) => unbound.test(text))).toEqual([]);
});

it("has no rule that makes the style of all elements anew when anything is put in", () => {
  const sheets: Record<string, string> = import.meta.glob("../../src/**/*.css", {
    query: "?raw",
    import: "default",
    eager: true,
  });
  const selectors = Object.values(sheets).flatMap((sheet) =>
    [...sheet.replace(/\/\*.*?\*\//gs, "").matchAll(/([^{}]+)\{/g)].flatMap(([, list]) =>
      list!.split(/,\s*\n/),
    ),
  );
  const having = selectors.map((each) => each.trim()).filter((each) => each.includes(":has("));
  expect(having).toContain(".rw-result:has(> [hidden])");
  // Browsers look for what a rule with `:has()` is about by its names: without one it may be anything below.
  const nameless = having.filter((each) => !/(^|[\s>+~])\.[\w-][^\s>+~]*(\([^)]*\)+)?$/.test(each));
  expect(nameless).toEqual([]);
});
