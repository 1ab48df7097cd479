import { expect, it } from "vitest";
import { markdownWords, TABLES } from "../../src/lib/chat/markdown_words";

const places = (table: Record<string, string>) =>
  Object.entries(table).map(([word, text]) => [word, [...text.matchAll(/\{\d\}/g)].map(String).sort()]);

it("has the same words in both languages, with the same places for details", () => {
  expect(Object.fromEntries(places(TABLES.ja))).toEqual(Object.fromEntries(places(TABLES.en)));
});

it("has no word that is empty, or left in the other language", () => {
  for (const text of Object.values(TABLES.ja))
    expect(text).toMatch(/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u);
  expect(Object.values(TABLES.en)).not.toContain("");
});

it("says them to a reader of a locale", () => {
  expect(markdownWords("ja-JP")("code_in", "python")).toBe("コード：python");
  expect(markdownWords("de")("copy")).toBe("Copy");
});
