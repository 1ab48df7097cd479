import { expect, it } from "vitest";
import { PROGRESS_TABLES, progressWords } from "../../src/lib/text/progress_words";

const places = (table: Record<string, string>) =>
  Object.entries(table).map(([word, text]) => [word, [...text.matchAll(/\{\d\}/g)].map(String).sort()]);

it("has the same words in both languages, with the same places for details", () => {
  expect(Object.fromEntries(places(PROGRESS_TABLES.ja))).toEqual(
    Object.fromEntries(places(PROGRESS_TABLES.en)),
  );
});

it("has no word that is empty, or left in the other language", () => {
  for (const [word, text] of Object.entries(PROGRESS_TABLES.ja)) {
    const said = text.replaceAll(/\{\d\}|[\s/（）]/g, ""); // some only put details together
    expect(said, word).toMatch(/^$|[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u);
  }
  expect(Object.values(PROGRESS_TABLES.en)).not.toContain("");
});

it("puts details in their places", () => {
  expect(progressWords("ja")("left", "5 秒")).toBe("残り 5 秒");
});
