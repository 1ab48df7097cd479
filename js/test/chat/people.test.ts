import { describe, expect, it } from "vitest";
import { crowdText, HUES, hueOf, initialsOf, typingText } from "../../src/lib/chat/people";
import { message } from "./talk";

describe("the sign of a person", () => {
  it.each([
    ["Aya Tanaka", "AT"],
    ["aya", "A"],
    ["jean-luc picard", "JP"],
    ["ken.sato", "KS"],
    ["田中 彩", "田"],
    ["🦊 fox", "F"],
    ["👩‍🔬", "👩‍🔬"],
    ["helper (bot)", "HB"],
    ["é́ric", "É́"],
    ["‮evil", "E"],
    [" ​", "?"],
    ["", "?"],
    ["\ud800", "?"],
    ["\0", "?"],
  ])("is short: %j", (name, sign) => {
    expect(initialsOf(name)).toBe(sign);
  });

  it("has a colour that is always the same", () => {
    const hues = Array.from({ length: 200 }, (_, i) => hueOf(`user ${i}`));
    expect(new Set(hues).size).toBe(HUES);
    expect(hues).toEqual(Array.from({ length: 200 }, (_, i) => hueOf(`user ${i}`)));
  });
});

describe("who types", () => {
  it.each([
    [[], ""],
    [["Aya"], "Aya is typing…"],
    [["Aya", "Ken"], "Aya and Ken are typing…"],
    [["Aya", "Ken", "Mio", "Lee"], "4 people are typing…"],
  ])("is said of %j", (names, said) => {
    expect(typingText(names, "en")).toBe(said);
  });

  it("is said with names that look like places for details", () => {
    expect(typingText(["{1}", "$&"], "en")).toBe("{1} and $& are typing…");
  });
});

describe("who has come and gone", () => {
  const came = (...names: string[]) =>
    names.map((name, i) =>
      message(i, {
        kind: name.startsWith("-") ? "left" : "joined",
        user: name.replace("-", ""),
        name: name.replace("-", ""),
      }),
    );

  it.each([
    [["Aya"], "Aya joined"],
    [["Aya", "Ken"], "Aya and Ken joined"],
    [["Aya", "Ken", "Mio", "Lee"], "Aya and 3 others joined"],
    [["Aya", "-Ken"], "Aya joined · Ken left"],
    [["Aya", "-Aya"], "Aya left"],
    [["Aya", "-Aya", "Aya"], "Aya joined"],
  ])("is one line: %j", (names, said) => {
    expect(crowdText(came(...names), "en")).toBe(said);
  });
});
