import { expect, it } from "vitest";
import { decodeHTMLStrict } from "../../src/lib/chat/stand_ins";

it("knows the characters that are written by name, and leaves what else there is", () => {
  expect(["&amp;", "&nbsp;", "&rarr;"].map(decodeHTMLStrict)).toEqual(["&", "\u00a0", "→"]);
  for (const text of ["&Tab;", "&colon;", "&constructor;", "&__proto__;"])
    expect(decodeHTMLStrict(text)).toBe(text);
});
