// Palette: the colours of the style sheet can be told apart, by those who see fewer colours too, and seen at all.

import { beforeEach, describe, expect, it, vi } from "vitest";
import { inkOf } from "../../src/lib/draw/palette";
import sheet from "../../src/style.css?raw";

type Triple = [number, number, number];

const SURFACES = { light: ["#ffffff"], dark: ["#1b1e23", "#111111"] };
const COLORS = 8;
/** Of OKLab × 100: two lines that differ by less are taken for one. */
const APART = 10;
/** WCAG 2.2, 1.4.11. */
const CONTRAST = 3;

/** Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB. */
const SIGHT: Record<string, Triple[]> = {
  everybody: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  "those without L cones (protanopia)": [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  "those without M cones (deuteranopia)": [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

const times = (matrix: Triple[], [x, y, z]: Triple) =>
  matrix.map(([a, b, c]) => a * x + b * y + c * z) as Triple;

function linear(hex: string): Triple {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Triple;
}

function oklab(rgb: Triple): Triple {
  const lms = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    rgb,
  ).map((each) => Math.cbrt(Math.max(0, each))) as Triple;
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    lms,
  );
}

function difference(one: string, other: string, sight: Triple[]): number {
  const seen = [one, other].map((hex) => {
    const rgb = times(sight, linear(hex)).map((each) => Math.min(1, Math.max(0, each))) as Triple;
    return oklab(rgb);
  });
  return 100 * Math.hypot(...seen[0]!.map((each, i) => each - seen[1]![i]!));
}

function contrast(one: string, other: string): number {
  const luminance = (hex: string) => times([[0.2126, 0.7152, 0.0722]], linear(hex))[0];
  const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (bright + 0.05) / (dark + 0.05);
}

/** The variables of a theme. */
function variables(theme: string): Record<string, string> {
  const block = new RegExp(`data-rw-theme\\$="${theme}"\\]\\s*\\{([^}]*)\\}`).exec(sheet)![1]!;
  return Object.fromEntries(
    [...block.matchAll(/--rw-(\w+):\s*(#\w{6})/g)].map(([, name, hex]) => [name!, hex!]),
  );
}

describe.each(["light", "dark"] as const)("the %s colours of lines", (theme) => {
  const all = variables(theme);
  const colors = Array.from({ length: COLORS }, (_, i) => all[`c${i}`]!);
  const pairs = colors.flatMap((one, i) => colors.slice(i + 1).map((other) => [one, other] as const));

  it.each(Object.keys(SIGHT))("are told apart by %s", (who) => {
    const near = pairs.filter(([one, other]) => difference(one, other, SIGHT[who]!) < APART);
    expect(near).toEqual([]);
    expect(pairs).toHaveLength(28);
  });

  it("stand out from the ground they are drawn on", () => {
    for (const surface of SURFACES[theme]) {
      expect(colors.filter((color) => contrast(color, surface) < CONTRAST)).toEqual([]);
    }
    expect(SURFACES[theme]).toContain(all.surface);
  });

  it("leave the red to what is bad", () => {
    expect(colors.filter((color) => difference(color, all.bad!, SIGHT.everybody!) < APART)).toEqual([]);
  });
});

describe("the measures", () => {
  it("are those of the papers", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
    expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
    expect(difference("#000000", "#ffffff", SIGHT.everybody!)).toBeCloseTo(100, 3);
    const red = difference("#ff0000", "#00a000", SIGHT.everybody!);
    expect(difference("#ff0000", "#00a000", SIGHT["those without M cones (deuteranopia)"]!)).toBeLessThan(
      red / 2,
    );
  });
});

describe("the ink of a line", () => {
  const el = document.createElement("div");

  beforeEach(() => {
    document.body.append(el);
    for (let i = 0; i < COLORS; i++) el.style.setProperty(`--rw-c${i}`, `#00000${i}`);
    vi.stubGlobal("CSS", { supports: (_: string, color: string) => color !== "notacolour" });
  });

  it("is a colour for each of the first, the same dashed for the next, and then dotted", () => {
    expect(inkOf(el, 0, null)).toEqual({ color: "#000000", dash: "solid" });
    expect(inkOf(el, 7, null)).toEqual({ color: "#000007", dash: "solid" });
    expect(inkOf(el, 8, null)).toEqual({ color: "#000000", dash: "dashed" });
    expect(inkOf(el, 17, null)).toEqual({ color: "#000001", dash: "dotted" });
    expect(inkOf(el, 24, null)).toEqual({ color: "#000000", dash: "solid" });
  });

  it("is the user's colour, drawn through, where that is one", () => {
    expect(inkOf(el, 9, "teal")).toEqual({ color: "teal", dash: "solid" });
    expect(inkOf(el, 9, "notacolour")).toEqual({ color: "#000001", dash: "dashed" });
  });
});
