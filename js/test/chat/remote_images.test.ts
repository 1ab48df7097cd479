// Images at other hosts: links, unless whoever has made the chat allows them.

import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
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
  [["例え.テスト"], "https://例え.テスト/a.png", true],
  [["straße.de"], "https://straße.de/a.png", true],
  [["straße.de"], "https://xn--strae-oqa.de/a.png", true],
  [["straße.de"], "https://strasse.de/a.png", false],
  [["*.faß.de"], "https://a.faß.de/a.png", true],
  [["*.faß.de"], "https://a.fass.de/a.png", false],
  [["βόλος.com"], "https://βόλος.com/a.png", true],
  [["βόλος.com"], "https://βόλοσ.com/a.png", false],
  [["نامه\u200cای.com"], "https://نامه\u200cای.com/a.png", true],
  [["نامه\u200cای.com"], "https://نامهای.com/a.png", false],
  [["[::1]"], "http://[::1]:80/a.png", true],
  [["[0:0::1]"], "http://[::1]/a.png", true],
  [["127.1"], "http://127.0.0.1/a.png", true],
  [["x.test"], "https://x.test./a.png", true],
  [["x.test."], "https://x.test/a.png", true],
  [["*.x.test"], "https://a.x.test./a.png", true],
  [["xn--a", "x.test"], "https://x.test/a.png", true],
  [["xn--a", "*.xn--a"], "https://./a.png", false],
])("where %j is allowed, %s is loaded: %j", (allowed, address, loaded) => {
  expect(allows(allowed, new URL(address).href)).toBe(loaded);
});

const NEAR = [
  "localhost localhost. localhost.. . x.localhost printer nas.local a.b.internal router.lan x.home.arpa",
  "0.0.0.0 127.0.0.1 127.1 2130706433 0x7f.1 127.255.0.1. 10.1.2.3 169.254.169.254 172.16.0.1 172.31.255.255",
  "192.168.1.1 100.64.0.1 100.127.255.255 [::] [::1] [fc00::1] [fd12:3456::1] [fe80::1] [febf::1]",
  "[::ffff:127.0.0.1] [::ffff:8.8.8.8] [64:ff9b::7f00:1] [2::1]",
];

it.each(NEAR.join(" ").split(" "))("goes to %s, which is near the reader, only where it is named", (host) => {
  const { href } = new URL(`http://${host}:3000/a.png`);
  expect([allows(true, href), allows([host], href)]).toEqual([false, true]);
});

const FAR = [
  "x.test 10.example.org 0.pool.example.org localhost.example.org local.example.org xlocal.test",
  "9.9.9.9 11.1.1.1 128.0.0.1 169.253.1.1 172.15.0.1 172.32.0.1 192.167.1.1 192.169.1.1 100.63.0.1 100.128.0.1",
  "110.0.0.1 [2606:4700::1111] [3fff::1]",
];

it.each(FAR.join(" ").split(" "))("goes to %s where any host may be gone to", (host) => {
  expect(allows(true, `http://${host}/a.png`)).toBe(true);
});

it("does not go to the page's own host, however that is written", () => {
  const { happyDOM } = window as unknown as { happyDOM: { setURL(url: string): void } };
  const { href } = location;
  onTestFinished(() => happyDOM.setURL(href));
  for (const page of ["https://lab.example.org/", "https://lab.example.org./"]) {
    happyDOM.setURL(page);
    for (const host of ["lab.example.org", "lab.example.org.", "LAB.example.org:81"])
      expect(allows(true, `http://${host}/api/shutdown`)).toBe(false);
    expect(allows(true, "https://img.example.org/a.png")).toBe(true);
  }
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

it("says where a link leads when the image in it cannot be loaded and its name says something else", () => {
  const made = markdown();
  made.draw(
    "a\n\n[![bank.test](https://ok.test/404.png)](https://evil.test/) ![b](https://ok.test/b.png)\n\nc",
    false,
    ["ok.test"],
  );
  const [first, , last] = made.root.children;
  const [gone, kept] = images(made);
  gone!.dispatchEvent(new Event("error"));
  expect(links(made)[0]).toEqual(["https://evil.test/", "bank.test evil.test"]);
  expect(made.root.querySelector("bdi.rw-md-host")!.textContent).toBe("evil.test");
  expect(images(made)).toEqual([kept]);
  expect([made.root.children[0], made.root.children[2]]).toEqual([first, last]);
  expect(made.root.textContent).toBe("abank.test evil.test c");
});

const many = (length: number, name = "a") =>
  Array.from({ length }, (_, n) => `![${name}${n}](https://x.test/${name}${n}.png)`).join(" ");
const names = (made: Markdown) => images(made).map(({ alt }) => alt);
const named = (length: number, name = "a") => Array.from({ length }, (_, n) => `${name}${n}`);

it("loads but so many images of a message, of one block or of many", () => {
  const made = markdown();
  made.draw(many(30), false, true);
  expect([images(made).length, links(made).length]).toEqual([20, 30]);
  made.draw(many(900).replaceAll(" ", "\n\n"), false, true);
  expect([names(made), links(made).length]).toEqual([named(20), 900]);
});

it("counts no image that it may not load", () => {
  const made = markdown();
  made.draw(`${many(30).replaceAll("x.test", "y.test")}\n\n${many(3, "b")}`, false, ["x.test"]);
  expect(names(made)).toEqual(named(3, "b"));
});

it("loads no further image for one that cannot be loaded", () => {
  const made = markdown();
  const text = `${many(15)}\n\n${many(15, "b")}`;
  made.draw(text, false, true);
  for (const image of images(made)) image.dispatchEvent(new Event("error"));
  made.draw(`${text}\n\nand more ${many(3, "c")}`, false, true);
  expect([images(made).length, links(made).length]).toEqual([0, 33]);
});

it("loads as many when the text before has changed, and when it grows", () => {
  const made = markdown();
  made.draw(`${many(15)}\n\n${many(15, "b")}\n\nend`, false, true);
  expect(names(made)).toEqual([...named(15), ...named(5, "b")]);
  made.draw(`${many(16)}\n\n${many(15, "b")}\n\nend`, false, true);
  expect(names(made)).toEqual([...named(16), ...named(4, "b")]);
  made.draw(`${many(3)}\n\n${many(15, "b")}\n\nend`, false, true);
  expect(names(made)).toEqual([...named(3), ...named(15, "b")]);

  const grown = markdown();
  const text = `${many(12)}\n\n${many(12, "b")}\n\n${many(2, "c")}`;
  for (let end = 1; end <= text.length; end++) {
    grown.draw(text.slice(0, end), true, true);
    expect(images(grown).length).toBeLessThanOrEqual(20);
  }
  expect(names(grown)).toEqual([...named(12), ...named(8, "b")]);
});
