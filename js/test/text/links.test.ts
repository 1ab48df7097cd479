import { expect, it } from "vitest";
import { safeLink } from "../../src/lib/text/links";

it.each([
  ["https://x.test/a?b=c#d", "https://x.test/a?b=c#d"],
  ["HTTP://x.test", "http://x.test/"],
  ["mailto:a@x.test", "mailto:a@x.test"],
])("takes %s", (address, href) => {
  expect(safeLink(address)).toBe(href);
});

it.each([
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  " \u0001javascript:alert(1)",
  "java\nscript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:x",
  "file:///etc/passwd",
  "blob:https://x.test/1",
  "//x.test/a",
  "/tree?token=1",
  "x.test",
  "http://",
  "https://[",
  "",
  "\ud800",
])("refuses %j", (address) => {
  expect(safeLink(address)).toBeNull();
});
