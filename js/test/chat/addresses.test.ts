import { expect, it } from "vitest";
import {
  addressAt,
  hostOf,
  isBlank,
  misleads,
  undirected,
  upright,
  withDirections,
} from "../../src/lib/chat/addresses";

const found = (text: string) => addressAt(text, text.indexOf(":"))?.address ?? null;

it.each([
  ["https://x.test", "https://x.test"],
  ["HTTP://x.test/A", "HTTP://x.test/A"],
  ["(https://x.test/a)", "https://x.test/a"],
  ["https://x.test/a_(b)", "https://x.test/a_(b)"],
  ["https://x.test/a_(b)).", "https://x.test/a_(b)"],
  ["https://x.test/a?b=c&d#e!", "https://x.test/a?b=c&d#e"],
  ["https://x.test/、次", "https://x.test/"],
  ["https://x.test/\u202emoc", "https://x.test/"],
  ["「https://x.test」", "https://x.test"],
])("finds the address in %j", (text, address) => {
  expect(found(text)).toBe(address);
});

it.each([
  "xhttps://x.test",
  "ftp://x.test",
  "https:",
  "https://",
  "https://...",
  "https:x",
  "a: b",
  "javascript://x",
])("finds none in %j", (text) => {
  expect(found(text)).toBeNull();
});

it.each([
  ["bank.test", "https://evil.test", true],
  ["https://bank.test", "https://bank.test.evil.test", true],
  ["https://bank.test@evil.test", "https://bank.test@evil.test", true],
  ["google\u200a.com", "https://evil.test", true],
  ["google\ufeff.com", "https://evil.test", true],
  ["ｇｏｏｇｌｅ．ｃｏｍ", "https://evil.test", true],
  ["google。com", "https://evil.test", true],
  ["x.test or bank.test", "https://x.test", true],
  ["詳細です。こちら", "https://x.test", false],
  ["version 1.5", "https://x.test", false],
  ["X.test:", "https://www.x.test/a", false],
  ["(https://www.x.test/a.html)", "https://x.test/b", false],
  ["x.test:8080/a", "http://x.test:8080/a", false],
])("judges whether %j misleads on the way to %j", (text, href, wrong) => {
  expect(misleads(text, href)).toBe(wrong);
});

it("says where an address leads", () => {
  expect(hostOf("https://u:p@x.test:81/a")).toBe("x.test:81");
  expect(hostOf("mailto:a%40b@x.test?subject=c")).toBe("a@b@x.test");
  expect(hostOf("mailto:%")).toBe("%");
});

it("takes away what directs text, or shows it", () => {
  const text = "a\u202eb\u2066c\u200fd";
  expect(upright(text)).toBe("ab\u2066c\u200fd");
  expect(undirected(text)).toBe("abcd");
  expect(withDirections(text)).toBe("a\\u202eb\\u2066c\\u200fd");
});

it.each(["", " \n", "\u200b\u2060", "\u3164", "\ufeff", "\u3000"])("takes %j for blank", (text) => {
  expect(isBlank(text)).toBe(true);
});

it.each(["a", "\ud800", "👩‍💻", "0"])("does not take %j for blank", (text) => {
  expect(isBlank(text)).toBe(false);
});
