import { expect, it } from "vitest";
import { PICTURES, pictureType } from "../../src/lib/chat/picture_types";

const bytes = (text: string) => Uint8Array.from(text, (each) => each.charCodeAt(0));

it.each([
  ["\x89PNG\r\n\x1a\n\0\0", "image/png"],
  ["\xff\xd8\xff\xe0JFIF", "image/jpeg"],
  ["GIF87a", "image/gif"],
  ["GIF89a", "image/gif"],
  ["RIFF\x24\0\0\0WEBPVP8 ", "image/webp"],
  ["\0\0\0\x1cftypavif\0\0\0\0", "image/avif"],
  ["\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "image/avif"],
])("knows %j", (head, type) => {
  expect(pictureType(bytes(head))).toBe(type);
  expect(PICTURES.has(type)).toBe(true);
});

it.each([
  "",
  "<svg xmlns='http://www.w3.org/2000/svg'>",
  "<html>",
  " \x89PNG\r\n\x1a\n",
  "\x89PNG\n",
  "GIF88a",
  "RIFF\x24\0\0\0WAVE",
  "\0\0\0\x1cftypisom\0\0\0\0",
  "BM\0\0",
  "%PDF-1.7",
])("takes %j for no image that is shown", (head) => {
  expect(pictureType(bytes(head))).toBe("");
});

it("looks at no more than the head", () => {
  expect(pictureType(bytes(`\0\0\0\x1cftypheic${" ".repeat(40)}avif`))).toBe("");
});
