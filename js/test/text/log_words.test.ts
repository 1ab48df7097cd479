import { expect, it } from "vitest";
import { LOG_TABLES, logWords } from "../../src/lib/text/log_words";
import { TABLES } from "../../src/lib/text/words";

const places = (table: Record<string, string>) =>
  Object.entries(table).map(([word, text]) => [word, [...text.matchAll(/\{\d\}/g)].map(String).sort()]);

it("has the same words in both languages, with the same places for details", () => {
  expect(Object.fromEntries(places(LOG_TABLES.ja))).toEqual(Object.fromEntries(places(LOG_TABLES.en)));
});

it("has no word that is empty, left in the other language, or said by all widgets", () => {
  for (const [word, text] of Object.entries(LOG_TABLES.ja)) {
    expect(text, word).toMatch(/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u);
    expect(Object.keys(TABLES.en)).not.toContain(word);
  }
  expect(Object.values(LOG_TABLES.en)).not.toContain("");
});

it("speaks the reader's language", () => {
  expect([logWords("en")("new_events", "3"), logWords("ja")("new_events", "3")]).toEqual([
    "3 new",
    "新着 3 件",
  ]);
});
