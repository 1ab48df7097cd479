import { expect, it } from "vitest";
import { dateFormat, numberFormat, numberWriter } from "../../src/lib/text/intl";

it("formats are made once for a locale and options", () => {
  expect(numberFormat("en", { maximumFractionDigits: 7 })).toBe(
    numberFormat("en", { maximumFractionDigits: 7 }),
  );
  expect(numberFormat("de", { maximumFractionDigits: 7 })).not.toBe(
    numberFormat("en", { maximumFractionDigits: 7 }),
  );
  expect(dateFormat("en", { year: "numeric" })).toBe(dateFormat("en", { year: "numeric" }));
});

it("numbers have one minus sign, and zero none", () => {
  const write = numberWriter("en", { maximumFractionDigits: 1 });
  expect([write(-1.25), write(-0.01), write(-0)]).toEqual(["−1.3", "0", "0"]);
});

it("clocks have 24 hours, and midnight is 00", () => {
  const midnight = dateFormat("en-US", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" }).format(0);
  expect(midnight).toBe("00:00");
});
