import { expect, it } from "vitest";
import { type Reason, reasonText, TABLES } from "../../src/lib/text/reasons";

const reason = (more: Partial<Reason>): Reason => ({
  kind: "above",
  text: "≥ {0}",
  bounds: [0.9],
  for: 0,
  name: "",
  ...more,
});
const said = (more: Partial<Reason>, locale = "en") =>
  reasonText(reason(more), (value) => `${value * 100} %`, locale).replaceAll("\u00a0", " ");

it.each<[Partial<Reason>, string, string]>([
  [{}, "≥ 90 %", "≥ 90 %"],
  [{ for: 10 }, "≥ 90 % for 10 s", "≥ 90 %（10 秒間継続）"],
  [{ text: "< {0} / > {1}", bounds: [0.2, 0.8] }, "< 20 % / > 80 %", "< 20 % / > 80 %"],
  [{ kind: "absence", for: 300 }, "no data for 5 min", "5 分間データなし"],
  [{ name: "Hot" }, "Hot ≥ 90 %", "Hot ≥ 90 %"],
])("%j is %s", (more, en, ja) => {
  expect(said(more)).toBe(en);
  expect(said(more, "ja")).toBe(ja);
});

it("has the same words in both languages, with the same places", () => {
  const places = (table: Record<string, string>) =>
    Object.entries(table).map(([word, text]) => [word, [...text.matchAll(/\{\d\}/g)].map(String)]);
  expect(places(TABLES.ja)).toEqual(places(TABLES.en));
});
