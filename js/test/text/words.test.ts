import { expect, it } from "vitest";
import { languageOf, TABLES, words } from "../../src/lib/text/words";

const places = (table: Record<string, string>) =>
  Object.entries(table).map(([word, text]) => [word, [...text.matchAll(/\{\d\}/g)].map(String).sort()]);

it("has the same words in both languages, with the same places for details", () => {
  expect(Object.fromEntries(places(TABLES.ja))).toEqual(Object.fromEntries(places(TABLES.en)));
});

it("has no word that is empty, or left in the other language", () => {
  for (const [word, text] of Object.entries(TABLES.ja)) {
    const said = text.replaceAll(/\{\d\}|[\s：:、（）～]/g, ""); // some only put details together
    expect(said, word).toMatch(/^$|[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u);
  }
  expect(Object.values(TABLES.en)).not.toContain("");
});

it.each([
  ["ja", "ja"],
  ["ja-JP", "ja"],
  ["JA-jp", "ja"],
  ["en-GB", "en"],
  ["de", "en"],
  ["jam", "en"], // Jamaican Creole
])("speaks to a reader of %s in %s", (locale, language) => {
  expect(languageOf(locale)).toBe(language);
});

it("puts details in their places", () => {
  expect(words("en")("attempt_in", "3", "9")).toBe("Reconnecting (3) in 9 s");
});
