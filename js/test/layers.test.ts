// An import points only down, and never in a circle: the rooms of docs/architecture.md, read from the sources.

import { describe, expect, it } from "vitest";

/** Room → the rooms it may import; libraries count as rooms. The entries of src/ are the room "". */
const MAY_IMPORT: Record<string, string[]> = {
  text: [],
  draw: ["text", "uplot"],
  hop: ["text", "draw"],
  view: ["text", "draw", "hop", "uplot", "style"],
  notices: ["text", "hop", "view"],
  chat: ["text", "hop", "view", "markdown-it"],
  "": ["text", "draw", "hop", "view", "notices", "chat", "uplot"],
};

const IMPORT = /\b(?:import|export)\s[^"';]*?from\s*"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"/g;

/** Module, such as `hop/page`, → the modules and libraries that it imports; types count. */
function importsOf(sources: Record<string, string>): Map<string, string[]> {
  const found = Object.entries(sources).map(([name, source]): [string, string[]] => {
    const base = new URL(name.includes("/") ? `/lib/${name}` : `/${name}`, "file:");
    const names = [...source.matchAll(IMPORT)].map(([, from, bare]) => (from ?? bare)!);
    return [name, names.map((to) => (to.startsWith(".") ? moduleOf(new URL(to, base).pathname) : to))];
  });
  return new Map(found);
}

const moduleOf = (path: string) => path.replace(/^\/(lib\/)?/, "").replace(/\.\w+$/, "");
const roomOf = (name: string) =>
  /^(style\b|uplot\b|markdown-it\b)/.exec(name)?.[0] ??
  (name.includes("/") ? name.slice(0, name.indexOf("/")) : "");

function wrong(imports: Map<string, string[]>): string[] {
  return [...imports].flatMap(([name, names]) =>
    names
      .filter((to) => roomOf(to) !== roomOf(name) && !MAY_IMPORT[roomOf(name)]?.includes(roomOf(to)))
      .map((to) => `${name} imports ${to}`),
  );
}

/** A circle of imports, or none. */
function circle(imports: Map<string, string[]>): string[] {
  const done = new Set<string>();
  const walk = (name: string, path: string[]): string[] => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return [];
    for (const to of imports.get(name) ?? []) {
      const found = walk(to, [...path, name]);
      if (found.length) return found;
    }
    done.add(name);
    return [];
  };
  for (const name of imports.keys()) {
    const found = walk(name, []);
    if (found.length) return found;
  }
  return [];
}

const files = import.meta.glob("../src/**/*.ts", { query: "?raw", import: "default", eager: true });
const sources = Object.fromEntries(
  Object.entries(files).map(([path, source]) => [moduleOf(path.replace("../src", "")), source]),
);

describe("the page's modules", () => {
  it("are all read, and each is in a room", () => {
    expect(Object.keys(sources)).toEqual(
      expect.arrayContaining(["hop/page", "view/live", "chart", "widget"]),
    );
    expect([...new Set(Object.keys(sources).map(roomOf))].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it("import only what is below them", () => {
    expect(wrong(importsOf(sources))).toEqual([]);
  });

  it("import each other in no circle, for types neither", () => {
    expect(circle(importsOf(sources))).toEqual([]);
  });
});

describe("a made-up module", () => {
  it.each([
    ["hop/page", 'import { h } from "../view/dom";', "hop/page imports view/dom"],
    ["hop/page", 'import type { View } from "../view/live";', "hop/page imports view/live"],
    ["hop/page", 'export * from "../view/live";', "hop/page imports view/live"],
    ["hop/page", 'const live = await import("../view/live");', "hop/page imports view/live"],
    ["hop/page", 'import "../view/live";', "hop/page imports view/live"],
    ["hop/page", 'import uPlot from "uplot";', "hop/page imports uplot"],
    ["text/format", 'import {\n  a,\n  b,\n} from "../draw/range";', "text/format imports draw/range"],
    ["view/live", 'import { LiveChart } from "../../chart";', "view/live imports chart"],
    ["new/room", 'import { words } from "../text/words";', "new/room imports text/words"],
  ])("%s that says %s is found", (name, source, found) => {
    expect(wrong(importsOf({ [name]: source }))).toEqual([found]);
  });

  it("that imports what is below it, or beside it, passes", () => {
    const source = 'import { words } from "../text/words";\nimport { h } from "./dom";';
    expect(
      wrong(importsOf({ "view/live": source, chart: 'import { Head } from "./lib/view/head";' })),
    ).toEqual([]);
  });

  it("in a circle is found, for types too", () => {
    const sources = {
      "hop/a": 'import { b } from "./b";',
      "hop/b": 'import { c } from "./c";',
      "hop/c": 'import type { B } from "./b";',
    };
    expect(circle(importsOf(sources))).toEqual(["hop/b", "hop/c", "hop/b"]);
  });
});
