// Images at other hosts: links, unless whoever has made the chat allows them.

import { afterEach, beforeEach, expect, it } from "vitest";
import { Markdown } from "../../src/lib/chat/markdown";
import { markdownWords } from "../../src/lib/chat/markdown_words";
import { type Allowed, allows } from "../../src/lib/chat/remote_images";

let life = new AbortController();
beforeEach(() => {
  life = new AbortController();
});
afterEach(() => life.abort());

const HERE = location.hostname;

it.each<[Allowed, string, boolean]>([
  [false, "https://x.test/a.png", false],
  [true, "https://x.test/a.png", true],
  [true, "http://x.test:8080/a.png", true],
  [true, "https://user:pass@x.test/a.png", true],
  [true, "mailto:x@x.test", false],
  [true, `http://${HERE}:9999/api/shutdown`, false],
  [[HERE], `http://${HERE}:9999/a.png`, true],
  [[], "https://x.test/a.png", false],
  [["x.test"], "https://x.test/a.png", true],
  [["x.test"], "https://X.TEST/a.png", true],
  [["x.test"], "https://a.x.test/a.png", false],
  [["x.test"], "https://x.test.evil.test/a.png", false],
  [["x.test"], "https://x.test@evil.test/a.png", false],
  [["*.x.test"], "https://a.b.x.test/a.png", true],
  [["*.x.test"], "https://x.test/a.png", false],
  [["*.x.test"], "https://evilx.test/a.png", false],
  [["xn--r8jz45g.xn--zckzah"], "https://例え.テスト/a.png", true],
  [["[::1]"], "http://[::1]:80/a.png", true],
])("where %j is allowed, %s is loaded: %j", (allowed, address, loaded) => {
  expect(allows(allowed, new URL(address).href)).toBe(loaded);
});

function markdown(): Markdown {
  return new Markdown(life.signal, markdownWords("en"));
}

const images = ({ root }: Markdown) => [...root.querySelectorAll("img")];
const links = ({ root }: Markdown) =>
  [...root.querySelectorAll("a")].map((a) => [a.getAttribute("href"), a.textContent]);

it("shows an image in a link to it, and says what it shows", () => {
  const made = markdown();
  made.draw("a ![a cat](https://x.test/cat.png) b", false, ["x.test"]);
  const [image] = images(made);
  expect([image!.getAttribute("src"), image!.alt]).toEqual(["https://x.test/cat.png", "a cat"]);
  expect(image!.referrerPolicy).toBe("no-referrer");
  expect(links(made)).toEqual([["https://x.test/cat.png", ""]]);
});

it("keeps the link that an image stands in, and says where that leads when its text says something else", () => {
  const made = markdown();
  made.draw("[![x](https://x.test/a.png)](https://y.test/)", false, true);
  expect([images(made).length, links(made)]).toEqual([1, [["https://y.test/", ""]]]);
  made.draw("[![x](https://x.test/a.png) bank.test](https://y.test/)", false, true);
  expect([images(made).length, links(made)]).toEqual([1, [["https://y.test/", " bank.test y.test"]]]);
});

it("has a link where an image may not be loaded, and takes back what it may no more", () => {
  const made = markdown();
  const text = "![a](https://x.test/a.png) ![b](https://y.test/b.png)";
  made.draw(text);
  expect([images(made).length, links(made).map(([, said]) => said)]).toEqual([0, ["Image: a", "Image: b"]]);
  made.draw(text, false, ["y.test"]);
  expect(images(made).map(({ alt }) => alt)).toEqual(["b"]);
  made.draw(text, false, true);
  expect(images(made).map(({ alt }) => alt)).toEqual(["a", "b"]);
  made.draw(text, false, false);
  expect(images(made)).toEqual([]);
});

it("has the link again where an image cannot be loaded, and does not go there once more", () => {
  const made = markdown();
  made.draw("![a](https://x.test/a.png)", true, true);
  images(made)[0]!.dispatchEvent(new Event("error"));
  expect([images(made), links(made)]).toEqual([[], [["https://x.test/a.png", "Image: a"]]]);
  made.draw("![a](https://x.test/a.png) and more", true, true);
  expect([images(made), links(made)]).toEqual([[], [["https://x.test/a.png", "Image: a"]]]);
});

it("keeps an image that is there while an answer grows, and loads none from half an address", () => {
  const made = markdown();
  const text = "![a](https://x.test/abc.png) and ![b](https://x.test/d.png) more";
  const seen = new Set<string>();
  let first: HTMLImageElement | undefined;
  for (let end = 1; end <= text.length; end++) {
    made.draw(text.slice(0, end), true, true);
    for (const image of images(made)) seen.add(image.getAttribute("src")!);
    first ??= images(made)[0];
    if (first) expect(images(made)[0]).toBe(first);
  }
  expect([...seen]).toEqual(["https://x.test/abc.png", "https://x.test/d.png"]);
});

it("loads but so many images of a block", () => {
  const made = markdown();
  made.draw("![a](https://x.test/a.png) ".repeat(30), false, true);
  expect([images(made).length, links(made).length]).toEqual([20, 30]);
});
