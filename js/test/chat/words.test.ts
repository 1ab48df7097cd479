import { expect, it } from "vitest";
import { TABLES } from "../../src/lib/chat/words";

const places = (table: Record<string, string>) =>
  Object.entries(table).map(([word, text]) => [word, [...text.matchAll(/\{\d\}/g)].map(String).sort()]);

it("has the same words in both languages, with the same places for details", () => {
  expect(Object.fromEntries(places(TABLES.ja))).toEqual(Object.fromEntries(places(TABLES.en)));
});

it("has no word that is left in the other language", () => {
  for (const [word, text] of Object.entries(TABLES.ja)) {
    const said = text.replaceAll(/\{\d\}|[\s：、…]/g, "");
    expect(said, word).toMatch(/^$|[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u);
  }
});
