// However odd a text is, reading it costs as much as its length says.

import { expect, it } from "vitest";
import { Markdown, plainText } from "../../src/lib/chat/markdown";
import { markdownWords } from "../../src/lib/chat/markdown_words";
import { blocksOf, plainBlock } from "../../src/lib/chat/parser";
import { finished } from "../../src/lib/chat/unfinished";

const rising = (to: number, line: (n: number) => string) => {
  let text = "";
  for (let n = 0; text.length < to; n++) text += line(n);
  return text;
};

/** Texts of about a length that parsers have hung or fallen over. */
const ODD: Record<string, (length: number) => string> = {
  quotes: (n) => "> ".repeat(n / 2),
  lists: (n) => "- ".repeat(n / 2),
  "ordered lists": (n) => "1. ".repeat(n / 3),
  "quotes with lists": (n) => "> - ".repeat(n / 4),
  "a nested list": (n) => rising(n, (k) => `${"  ".repeat(k)}- a\n`),
  stars: (n) => "*".repeat(n),
  "open emphasis": (n) => "*a **b ".repeat(n / 7),
  "crossed emphasis": (n) => "*a_ ".repeat(n / 4),
  "open strong": (n) => "a**b".repeat(n / 4) + "c*".repeat(n / 8),
  tildes: (n) => "~~a".repeat(n / 3),
  brackets: (n) => "[".repeat(n),
  "closed brackets": (n) => "[".repeat(n / 2) + "]".repeat(n / 2),
  "open links": (n) => "[a](".repeat(n / 4),
  "open images": (n) => "![[".repeat(n / 3),
  "images of images": (n) => `${"![".repeat(n / 8)}${"](http:a)".repeat(n / 12)}`,
  "links of links": (n) => `${"[".repeat(n / 8)}${"](http:a)".repeat(n / 12)}`,
  backticks: (n) => "`".repeat(n),
  "rising backticks": (n) => rising(n, (k) => `${"`".repeat(k)} `),
  "open code": (n) => "`a``".repeat(n / 4),
  fences: (n) => "```\n".repeat(n / 4),
  "a wide table": (n) => `${"|a".repeat(n / 4)}|\n${"|-".repeat(n / 4)}|\n`,
  "a table with holes": (n) => `${"|a".repeat(200)}|\n${"|-".repeat(200)}|\n${"|\n".repeat(n / 2)}`,
  "tables with holes": (n) =>
    `${"|a".repeat(60)}|\n${"|-".repeat(60)}|\n${"|\n".repeat(400)}\n`.repeat(n / 1_041),
  "half a table": (n) => "|a|\n".repeat(n / 4),
  "angle brackets": (n) => "<a ".repeat(n / 3),
  comments: (n) => "<!--".repeat(n / 4),
  entities: (n) => "&#".repeat(n / 2),
  backslashes: (n) => "\\".repeat(n),
  addresses: (n) => "https://".repeat(n / 8),
  "an address with brackets": (n) => `https://a.b/${")(".repeat(n / 2)}`,
  "an address with stops": (n) => `https://a.b/${"?!.,".repeat(n / 4)}`,
  "a link with stops": (n) => `[a.bc${".),".repeat(n / 3)}](http:a)`,
  mails: (n) => "<a@".repeat(n / 3),
  spaces: (n) => `a${" ".repeat(n)}b`,
  "spaces before breaks": (n) => `${" ".repeat(2_000)}\na`.repeat(n / 2_000),
  newlines: (n) => "\n".repeat(n),
  paragraphs: (n) => "a\n\n".repeat(n / 3),
  headings: (n) => `# a${" #".repeat(n / 2)}b`,
  dashes: (n) => `${"- - ".repeat(n / 4)}a`,
  references: (n) => "[a]: x\n".repeat(n / 7),
  titles: (n) => '[a](b "'.repeat(n / 7),
  "right to left": (n) => "\u202e\u2067".repeat(n / 2),
  surrogates: (n) => "\ud800".repeat(n),
};

/** The shortest of a few times in milliseconds, for others work beside us. */
function cost(act: () => void): number {
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now();
    act();
    return performance.now() - start;
  });
  return Math.min(...times);
}

const LONG = 20_000;

it.each(Object.keys(ODD))("reads %s in a time that grows as the text does", (name) => {
  const read = (text: string) => {
    for (const block of blocksOf(text)) finished(block);
    plainText(text);
  };
  const ordinary = "Some *words* with `code` and a [link](https://x.test), as they are.\n\n".repeat(
    LONG / 70,
  );
  const text = ODD[name]!(LONG);
  read(text.slice(0, 1_000));
  // What grows with the square of the length takes hundreds of times as long.
  expect(cost(() => read(text)) / cost(() => read(ordinary))).toBeLessThan(60);
});

it.each(Object.keys(ODD))("draws %s, in some thousands of elements", (name) => {
  const life = new AbortController();
  const made = new Markdown(life.signal, markdownWords("en"));
  made.draw(ODD[name]!(20_000));
  made.draw(ODD[name]!(20_000), true);
  expect(made.root.querySelectorAll("*").length).toBeLessThan(20_000);
  life.abort();
});

it("takes a text that is too long for what it is", () => {
  const made = new Markdown(new AbortController().signal, markdownWords("en"));
  const text = "**a** ".repeat(40_000).trim();
  made.draw(text);
  expect(made.root.children.length).toBe(1);
  expect(made.root.textContent).toBe(text);
  expect(made.root.querySelector("strong")).toBeNull();
});

it("puts what comes after thousands of blocks into one", () => {
  const made = new Markdown(new AbortController().signal, markdownWords("en"));
  made.draw("a\n\n".repeat(3_000));
  expect(made.root.children.length).toBe(2_000);
  expect(made.root.textContent.replace(/\s/g, "")).toBe("a".repeat(3_000));
});

it("says from which lines a block was read", () => {
  const text = "# a\n\nb\nc\n\n\n- d\n\n  e\n```\nf";
  const blocks = blocksOf(text, 100);
  expect(blocks.map(({ raw }) => raw.trimEnd())).toEqual(["# a", "b\nc", "- d\n\n  e", "```\nf"]);
  for (const { raw, at } of blocks) expect(text.slice(at - 100, at - 100 + raw.length)).toBe(raw);
});

it("makes a block of a text as it is", () => {
  expect(plainBlock(" **a**\n", 3).tokens.map(({ type, content }) => [type, content])).toEqual([
    ["paragraph_open", ""],
    ["plain", "**a**"],
    ["paragraph_close", ""],
  ]);
});

it("does not read the text of an image as Markdown", () => {
  const [image] = blocksOf("![a *b* ![c](https://x.test)](https://x.test)")[0]!.tokens[1]!.children!;
  expect([image!.type, image!.children]).toEqual(["image", []]);
});

it("shows as text a table whose rows leave out thousands of cells, and what stands behind it as what it is", () => {
  const made = new Markdown(new AbortController().signal, markdownWords("en"));
  const holes = (rows: number) => `|a|b|c|\n|-|-|-|\n${"|x\n".repeat(rows)}\n**end**`;
  made.draw(holes(100));
  expect(made.root.querySelectorAll("td").length).toBe(300);
  made.draw(holes(2_000));
  expect(made.root.querySelector("table")).toBeNull();
  expect(made.root.firstElementChild!.textContent).toMatch(/^\|a\|b\|c\|\n\|-\|-\|-\|\n\|x/);
  expect(made.root.lastElementChild!.innerHTML).toBe('<strong class="rw-md-strong">end</strong>');
});
