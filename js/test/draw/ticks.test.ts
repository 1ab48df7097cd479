// Ticks of numbers: two at least, that differ, and say no more and no less than the places they stand at.

import { describe, expect, it } from "vitest";
import { niceRange } from "../../src/lib/draw/range";
import { rulesOf } from "../../src/lib/draw/steps";
import { digitsOf, readingFormat, ticks, tickWriter } from "../../src/lib/draw/ticks";
import { formatter, type NumberFormat } from "../../src/lib/text/format";

const GIB = 1024 ** 3;
const HOUR = 3_600_000;

interface More {
  locale?: string;
  whole?: boolean;
  apart?: number;
  unit?: string;
}

function ticksOf(name: NumberFormat["name"], lo: number, hi: number, more: More = {}) {
  const { locale = "en", whole = false, apart = 0.14, unit } = more;
  const format: NumberFormat = unit ? { name, unit } : { name };
  const [from, to] = niceRange([lo, hi], null, { ...rulesOf(format), whole })!;
  return ticks(from, to, (to - from) * apart, { format, locale, whole });
}

const texts = (...args: Parameters<typeof ticksOf>) => ticksOf(...args).map(({ text }) => text);

const TABLE: [NumberFormat["name"], number, number, More, string][] = [
  ["number", 0, 12, {}, "0 2 4 6 8 10 12 14"],
  ["number", 0, 1.2, {}, "0.0 0.2 0.4 0.6 0.8 1.0 1.2 1.4"],
  ["number", -20, -5, {}, "−25 −20 −15 −10 −5 0"],
  ["number", 5, 5, {}, "4.0 4.5 5.0 5.5 6.0"],
  ["number", 0, 0, {}, "0.0 0.2 0.4 0.6 0.8 1.0"],
  ["number", 1.08512, 1.08517, { apart: 0.25 }, "1.08512 1.08514 1.08516 1.08518"],
  ["number", 0, 1e38, {}, "0 2E37 4E37 6E37 8E37 1.0E38 1.2E38"],
  ["number", 1e38, 1e38, { apart: 0.25 }, "8E37 9E37 1.0E38 1.1E38 1.2E38"],
  ["compact", 0, 5e-12, { apart: 0.3 }, "0 2E−12 4E−12 6E−12"],
  ["percentage", 0, 5e-9, { apart: 0.3 }, "0% 2E−7% 4E−7% 6E−7%"],
  ["compact", -1e38, 1e38, { apart: 0.4 }, "−1E38 0 1E38"],
  ["bytes", 0, 1e38, { apart: 0.4 }, "0 5E37 1.0E38 B"],
  ["percentage", 0, 1e38, { apart: 0.4 }, "0 5E39 1.0E40%"],
  ["duration", 0, 1e38, { apart: 0.4 }, "0 5E37 1.0E38 ms"],
  ["number", -1e-12, 1e-12, { apart: 0.3 }, "−1E−12 0 1E−12"],
  ["number", -1.7e308, 1.7e308, {}, "−6E307 −4E307 −2E307 0 2E307 4E307 6E307"],
  ["number", 0, 1, { whole: true }, "0 1"],
  ["number", 0, 0, { whole: true }, "0 1"],
  ["number", 1, 1, { whole: true }, "0 1 2"],
  ["number", 7, 7, { whole: true }, "6 7 8"],
  ["number", 0, 3, { whole: true }, "0 1 2 3"],
  ["number", 0, 50, { unit: "°C", apart: 0.3 }, "0 20 40 60°C"],
  ["number", 0, 50, { unit: "kW", apart: 0.3 }, "0 20 40 60 kW"],
  ["number", 0, 50, { unit: "requests/s", apart: 0.3 }, "0 20 40 60\nrequests/s"],
  ["number", 0, 5000, { unit: "$", apart: 0.3 }, "$0 $2,000 $4,000 $6,000"],
  ["number", 0, 1, { unit: "€", locale: "de", apart: 0.3 }, "0,00 € 0,50 € 1,00 €"],
  ["percentage", 0, 1, {}, "0% 20% 40% 60% 80% 100%"],
  ["percentage", 1, 1, { apart: 0.3 }, "80% 90% 100%"],
  ["percentage", 0.9995, 0.9999, { apart: 0.3 }, "99.94% 99.96% 99.98% 100.00%"],
  ["percentage", 0.42, 0.43, { apart: 0.3 }, "42.0% 42.5% 43.0%"],
  ["bytes", 0, 700, { apart: 0.3 }, "0 256 512 768 B"],
  ["bytes", 0, 5000, { apart: 0.3 }, "0 2 4 6 KiB"],
  ["bytes", 8 * GIB - 2 ** 19, 8 * GIB + 2 ** 19, { apart: 0.3 }, "8,191.5 8,192.0 8,192.5 MiB"],
  ["si", 0, 2100, { unit: "W", apart: 0.3 }, "0 1 2 kW"],
  ["si", 0, 2e-4, { unit: "A", apart: 0.3 }, "0 100 200 µA"],
  ["si", 0, 5e6, { apart: 0.3 }, "0 2 4 6 M"],
  ["si", 0, 0, { unit: "V", apart: 0.3 }, "0.0 0.5 1.0 V"],
  ["si", 0, 5e-18, { unit: "A", apart: 0.3 }, "0 2E−18 4E−18 6E−18 A"],
  ["si", 0, 5e24, { unit: "W", apart: 0.3 }, "0 2E24 4E24 6E24 W"],
  ["compact", 0, 2.1e6, {}, "0 500K 1.0M 1.5M 2.0M 2.5M"],
  ["compact", 1.2e6, 1.201e6, { apart: 0.3 }, "1.2000M 1.2005M 1.2010M"],
  ["compact", 0, 5e5, { locale: "ja", apart: 0.3 }, "0 20万 40万 60万"],
  ["compact", 1.2e8, 1.3e8, { locale: "ja", apart: 0.3 }, "1.20億 1.25億 1.30億"],
  ["duration", 0, 0.009, { apart: 0.3 }, "0 5 10 µs"],
  ["duration", 0, 0.4, { apart: 0.3 }, "0.0 0.2 0.4 ms"],
  ["duration", 0, 850, { apart: 0.3 }, "0 500 1,000 ms"],
  ["duration", 0, 1500, {}, "0.0 0.5 1.0 1.5 2.0 s"],
  ["duration", 0, 100 * 60_000, {}, "0 s 30 min 1 h 1 h 30 min 2 h"],
  ["duration", HOUR, HOUR + 2000, { apart: 0.3 }, "1 h 1 h 1 s 1 h 2 s"],
  ["duration", 0, 72 * HOUR, { apart: 0.2 }, "0 s 1 d 2 d 3 d"],
  ["duration", 0, 100 * 60_000, { locale: "ja", apart: 0.3 }, "0 秒 1 時間 2 時間"],
];

describe("the ticks", () => {
  it.each(TABLE)("of %s from %d to %d (%j) are %s", (name, lo, hi, more, expected) => {
    expect(texts(name, lo, hi, more).join(" ").replaceAll("\u00a0", " ")).toBe(expected);
  });

  it.each([
    ["number", 1e16, 1e16 + 2],
    ["number", 123_456_789, 123_456_789.001],
    ["bytes", 2 ** 50, 2 ** 50 + 3],
    ["percentage", 1e-9, 2e-9],
    ["compact", 999_999, 1_000_001],
    ["duration", 59_999, 60_001],
    ["number", 5e-324, 1e-300],
    ["compact", 0, 1e-11],
    ["compact", 5.001e-18, 5.002e-18],
    ["percentage", 0, 1e-24],
    ["percentage", 1e-300, 5e-300],
    ["duration", 1e-30, 5e-30],
  ] as [NumberFormat["name"], number, number][])(
    "of %s from %d to %d are two at least, and differ",
    (name, lo, hi) => {
      for (const apart of [0.05, 0.14, 0.4, 0.9]) {
        const found = texts(name, lo, hi, { apart });
        expect(found.length).toBeGreaterThanOrEqual(2);
        expect(new Set(found).size).toBe(found.length);
      }
    },
  );

  it("of any range are two at least, differ, and lie within it", () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const names = ["number", "percentage", "duration", "bytes", "compact"] as const;
    for (let i = 0; i < 600; i++) {
      const name = names[i % names.length]!;
      const size = 10 ** (random() * 20 - (name === "bytes" ? 0 : 6));
      const lo = (random() - 0.5) * size;
      const hi = lo + size * 10 ** (-6 * random());
      const locale = ["en", "ja", "de"][i % 3]!;
      const found = ticksOf(name, lo, hi, { apart: 0.1 + random() * 0.5, locale });
      const what = `${name} ${lo} to ${hi} in ${locale}: ${found.map(({ text }) => text)}`;
      expect(found.length, what).toBeGreaterThanOrEqual(2);
      for (const [n, { text }] of found.entries()) expect(text, what).not.toBe(found[n - 1]?.text);
    }
  });

  it("of nothing but whole numbers are between them where there is no room for two", () => {
    const scale = { format: { name: "number" } as const, locale: "en", whole: true };
    expect(ticks(0.2, 0.8, 0.2, scale).map(({ text }) => text)).toEqual(["0.2", "0.4", "0.6", "0.8"]);
  });
});

describe("the labels of ticks", () => {
  it.each([
    [2.5, "2.5"],
    [0.25, "2.50"],
    [50, "3"],
    [0.125, "2.500"],
  ])("%d apart have as many digits as tell them apart", (step, text) => {
    const write = tickWriter(step, 10, { format: { name: "number" }, locale: "en", whole: false });
    expect(write(2.5, false)).toBe(text);
  });

  it.each([
    [1, 0],
    [0.25, 2],
    [2.5, 1],
    [1e-12, 12],
    [1e30, 0],
  ])("digits of a step of %d are %d", (step, digits) => {
    expect(digitsOf(step)).toBe(digits);
  });
});

describe("a reading beside an axis", () => {
  it.each([
    ["number", 0, 14, "en", 1.0851432, "1.085"],
    ["number", 1.0851, 1.0852, "en", 1.0851432, "1.085143"],
    ["number", 0, 1e-12, "en", 4.1234e-13, "4.12E−13"],
    ["percentage", 0, 1, "en", 0.42531, "42.5%"],
    ["percentage", 0.9994, 1, "en", 0.99974, "99.9740%"],
    ["bytes", 0, 9e9, "en", 8 * GIB, "8.0 GiB"],
    ["bytes", 8 * GIB - 2 ** 20, 8 * GIB + 2 ** 20, "en", 8 * GIB + 2 ** 19, "8.00049 GiB"],
    ["compact", 1.2e6, 1.201e6, "en", 1_200_412, "1.20041M"],
    ["compact", 1.2e8, 1.21e8, "ja", 120_412_000, "1.2041億"],
    ["duration", 0, 10, "en", 4, "4 ms"],
  ] as const)("of %s from %d to %d in %s writes %d as %s", (name, from, to, locale, value, text) => {
    const format = readingFormat({ name }, [from, to], locale);
    expect(formatter(format, locale)(value).replaceAll("\u00a0", " ")).toBe(text);
  });

  it("has the digits that were asked for", () => {
    const format = { name: "number", precision: 1 } as const;
    expect(readingFormat(format, [1.0851, 1.0852], "en")).toBe(format);
  });
});
