import { expect, it } from "vitest";
import { CARD_TABLES, cardWords } from "../../src/lib/text/card_words";

const places = (table: Record<string, string>) =>
  Object.entries(table).map(([word, text]) => [word, text.match(/\{\d\}/g) ?? []]);

it("has the same words in both languages, with the same places for details", () => {
  expect(Object.fromEntries(places(CARD_TABLES.ja))).toEqual(Object.fromEntries(places(CARD_TABLES.en)));
});

it("has no word that is empty, or left in the other language", () => {
  for (const [word, text] of Object.entries(CARD_TABLES.ja)) {
    expect(text, word).toMatch(/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u);
  }
  expect(Object.values(CARD_TABLES.en)).not.toContain("");
});

it("puts details in their places", () => {
  expect([cardWords("en")("vs_ago", "5 min"), cardWords("ja")("vs_ago", "5 分")]).toEqual([
    "vs 5 min ago",
    "5 分前比",
  ]);
});
