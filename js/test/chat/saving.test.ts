import { expect, it, vi } from "vitest";
import { cleanName, save, shownName } from "../../src/lib/chat/saving";

it.each([
  ["run data.csv", "run data.csv"],
  ["日本語 レポート.pdf", "日本語 レポート.pdf"],
  ["../../etc/passwd", "passwd"],
  ["C:\\dir\\a.txt", "a.txt"],
  ["photo\u202egpj.exe", "photogpj.exe"],
  ["a\u0000b\nc\u2028.txt", "abc.txt"],
  ['<b>"x"|?*.txt', "bx.txt"],
  [".bashrc", "bashrc"],
  ["name. . ", "name"],
  ["\ud800a.txt", "a.txt"],
  ["", "file"],
  ["///", "file"],
  ["\u202e", "file"],
])("saves %j as %j", (name, clean) => {
  expect(cleanName(name)).toBe(clean);
});

it("cuts long names, but not what they end with", () => {
  const clean = cleanName(`${"🙂".repeat(300)}.parquet`);
  expect(clean.endsWith("🙂.parquet")).toBe(true);
  expect([...clean].length).toBe(120);
  expect(cleanName("x".repeat(300))).toBe("x".repeat(120));
});

it("shows names without what turns them around", () => {
  expect(shownName("photo\u202egpj.exe\u0000")).toBe("photogpj.exe");
  expect(shownName("<b>&/日本")).toBe("<b>&/日本");
});

it("hands bytes to the browser as bytes, under a clean name", async () => {
  let blob!: Blob;
  let link!: HTMLAnchorElement;
  vi.spyOn(URL, "createObjectURL").mockImplementation((of) => {
    blob = of as Blob;
    return "blob:1";
  });
  const revoked = vi.spyOn(URL, "revokeObjectURL").mockImplementation(() => {});
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    link = this;
  });
  const end = save([Uint8Array.of(60, 98), "r>"], "../a.html");
  expect([link.href, link.download, blob.type, await blob.text()]).toEqual([
    "blob:1",
    "a.html",
    "application/octet-stream",
    "<br>",
  ]);
  expect(revoked).not.toHaveBeenCalled();
  end();
  expect(revoked).toHaveBeenCalledWith("blob:1");
});
