import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Markdown, plainText } from "../../src/lib/chat/markdown";
import { markdownWords } from "../../src/lib/chat/markdown_words";

let life = new AbortController();
beforeEach(() => {
  life = new AbortController();
});
afterEach(() => {
  life.abort();
  document.body.replaceChildren();
});

function markdown(locale = "en"): Markdown {
  const made = new Markdown(life.signal, markdownWords(locale));
  document.body.append(made.root);
  return made;
}

/** The elements that a text becomes, without classes and what is the same everywhere. */
function drawn(text: string, growing = false): string {
  const made = markdown();
  made.draw(text, growing);
  return made.root.innerHTML.replace(/ (?:class|dir|rel|target|tabindex|role|type)="[^"]*"/g, "");
}

it.each([
  ["**a** *b* ~~c~~ `d`", "<p><strong>a</strong> <em>b</em> <s>c</s> <code>d</code></p>"],
  ["a\nb", "<p>a<br>b</p>"],
  ["a  \nb\\\nc", "<p>a<br>b<br>c</p>"],
  ["def f():\n    return 1", "<p>def f():<br>    return 1</p>"],
  ["a\n\nb", "<p>a</p><p>b</p>"],
  ["# a\n###### b", "<p>a</p><p>b</p>"],
  ["#tag", "<p>#tag</p>"],
  ["a\n---\nb", "<p>a</p><hr><p>b</p>"],
  ["> a\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"],
  ["- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"],
  ["3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
  [
    "- [ ] a\n- [x] b",
    '<ul><li><span aria-label="To do">☐</span> a</li><li><span aria-label="Done">☑</span> b</li></ul>',
  ],
  [
    "|a|b|\n|:-:|-|\n|1|2|",
    '<div aria-label="Table"><table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead>' +
      "<tbody><tr><td>1</td><td>2</td></tr></tbody></table></div>",
  ],
  [
    "```python x=1\na < b\n```",
    '<div><div><span>python</span><button aria-label="Copy code">Copy</button></div>' +
      '<pre aria-label="Code: python"><code>a &lt; b\n</code></pre></div>',
  ],
  ["[a](https://x.test/b)", '<p><a href="https://x.test/b">a</a></p>'],
  ["<https://x.test>", '<p><a href="https://x.test/">https://x.test</a></p>'],
  ["<me@x.test>", '<p><a href="mailto:me@x.test">me@x.test</a></p>'],
  ["see https://x.test/a_b_(c).", '<p>see <a href="https://x.test/a_b_(c)">https://x.test/a_b_(c)</a>.</p>'],
  [
    "(https://x.test/__init__.py)",
    '<p>(<a href="https://x.test/__init__.py">https://x.test/__init__.py</a>)</p>',
  ],
  ["https://x.test/aをご覧", '<p><a href="https://x.test/a">https://x.test/a</a>をご覧</p>'],
  ["![plot](https://x.test/a.png)", '<p><a href="https://x.test/a.png">Image: plot</a></p>'],
  ["[![a](https://x.test/a)](https://x.test/b)", '<p><a href="https://x.test/b">a</a></p>'],
  ["<b>x</b> &lt;b&gt; &nosuch; &#65;", "<p>&lt;b&gt;x&lt;/b&gt; &lt;b&gt; &amp;nosuch; A</p>"],
  ["[x](javascript:a) [y](/lab)", "<p>[x](javascript:a) [y](/lab)</p>"],
  ["[x]() ![y]()", "<p>x y</p>"],
  ["    a", "<p>a</p>"],
  ["[a]: https://x.test", '<p>[a]: <a href="https://x.test/">https://x.test</a></p>'],
  ["", ""],
  ["\n \n", ""],
])("draws %j", (text, html) => {
  expect(drawn(text)).toBe(html);
});

it("aligns cells by classes", () => {
  const { root } = (() => {
    const made = markdown();
    made.draw("|a|b|c|\n|:-:|-:|-|");
    return made;
  })();
  expect([...root.querySelectorAll("th")].map(({ className }) => className)).toEqual([
    "rw-md-th rw-md-center",
    "rw-md-th rw-md-right",
    "rw-md-th",
  ]);
});

it("keeps the nodes of what has not changed, and the place in what has grown", () => {
  const made = markdown();
  made.draw("# a\n\nb\n\n```py\nx = 1\n");
  const [heading, text, code] = made.root.children;
  const pre = code!.querySelector("pre")!;
  const lines = pre.querySelector("code")!.firstChild!;
  const copy = code!.querySelector("button")!;
  copy.focus();
  made.draw("# a\n\nb\n\n```py\nx = 1\ny = 2\n```\n\nend");
  expect([...made.root.children].slice(0, 3)).toEqual([heading, text, code]);
  expect(made.root.children[0]).toBe(heading);
  expect(made.root.children[1]).toBe(text);
  expect(made.root.children[2]).toBe(code);
  expect(code!.querySelector("pre")).toBe(pre);
  expect(pre.querySelector("code")!.firstChild).toBe(lines);
  expect(pre.textContent).toBe("x = 1\ny = 2\n");
  expect(document.activeElement).toBe(copy);
});

it("touches nothing when the text is the same", () => {
  const made = markdown();
  made.draw("a **b**\n\n- c");
  const before = [...made.root.querySelectorAll("*")];
  const change = vi.spyOn(Node.prototype, "appendChild");
  made.draw("a **b**\n\n- c");
  expect([...made.root.querySelectorAll("*")].every((el, place) => el === before[place])).toBe(true);
  expect(change).not.toHaveBeenCalled();
});

it("draws a text that is another", () => {
  const made = markdown();
  for (const text of ["a\n\nb\n\nc", "- x\n- y", "```\nq\n```", "z", "", "a"]) {
    made.draw(text);
    expect(made.root.innerHTML).toBe(alone(text));
  }
});

function alone(text: string): string {
  const made = new Markdown(life.signal, markdownWords("en"));
  made.draw(text);
  return made.root.innerHTML;
}

const ANSWER = [
  "para\n#tag\n# head\n\n|a|b|\n|-|-|x\n|1|2|\n",
  "- a\n#\n  - b\n\n\n    c\n- [x] d\n\n1. e\n2) f\n> g\nlazy\n> - h\n>   ```py\n> i\n>   ```\n",
  '***\n--\n- - -\n**bold *it* x** `co``de` [l](https://x.test "t") https://y.test/a_(b), ![i](https://z.test)\n',
  "~~~\n```\n~~~\n\n```js\nlet a;\n```\n|t|\n|-|\ntail\n\ttab\r\n end",
].join("\n");

it("is the same however a text has grown", () => {
  const made = markdown();
  for (let end = 0; end <= ANSWER.length; end++) {
    made.draw(ANSWER.slice(0, end));
    expect(made.root.innerHTML).toBe(alone(ANSWER.slice(0, end)));
  }
});

it("is the same at the end, and never fails, when it was drawn as unfinished", () => {
  const made = markdown();
  for (let end = 0; end <= ANSWER.length; end++) made.draw(ANSWER.slice(0, end), true);
  made.draw(ANSWER);
  expect(made.root.innerHTML).toBe(alone(ANSWER));
});

it("reads only the end of a text that grows", () => {
  const made = markdown();
  const lines = Array.from({ length: 300 }, (_, n) => `paragraph ${n}`);
  let text = "";
  for (const line of lines) {
    text += `${line}\n\n`;
    made.draw(text);
  }
  expect(made.root.children.length).toBe(300);
  expect(made.read).toBeLessThan(3 * 300 + 1);
});

it.each([
  ["a **b", "<p>a <strong>b</strong></p>"],
  ["a **", "<p>a</p>"],
  ["a **b *c", "<p>a <strong>b <em>c</em></strong></p>"],
  ["a `b", "<p>a <code>b</code></p>"],
  ["a `", "<p>a</p>"],
  ["`**` b", "<p><code>**</code> b</p>"],
  ["2 * 3", "<p>2 * 3</p>"],
  ["- x ~~y", "<ul><li>x <s>y</s></li></ul>"],
  ["see [docs](https://x.te", "<p>see docs</p>"],
  ["a **b**", "<p>a <strong>b</strong></p>"],
  [
    "x\n\n|a|b",
    '<p>x</p><div aria-label="Table"><table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead></table></div>',
  ],
  [
    "|a|b|\n|--",
    '<div aria-label="Table"><table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead></table></div>',
  ],
])("draws %j as what it will be", (text, html) => {
  expect(drawn(text, true)).toBe(html);
});

it("does not show the begin of a fence's end as code", () => {
  const made = markdown();
  made.draw("```\na\n``", true);
  expect(made.root.querySelector("pre")!.textContent).toBe("a\n");
});

it("copies code as the reader sees it, and says so", async () => {
  vi.useFakeTimers();
  const write = vi.fn(async (_: string) => {});
  vi.stubGlobal("navigator", { clipboard: { writeText: write } });
  const made = markdown();
  made.draw("```\na\u202eb\n```\n\n");
  const button = made.root.querySelector("button")!;
  button.click();
  await vi.waitFor(() => expect(button.textContent).toBe("Copied"));
  expect(write).toHaveBeenCalledWith("a\\u202eb");
  made.draw("```\na\u202eb\n```\n\nmore");
  expect(button.textContent).toBe("Copied");
  vi.advanceTimersByTime(2_000);
  expect(button.textContent).toBe("Copy");
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("speaks another language from the next drawing on", () => {
  let locale = "en";
  const made = new Markdown(life.signal, (...said) => markdownWords(locale)(...said));
  made.draw("```\na\n```");
  locale = "ja";
  made.draw("```\na\n```");
  expect(made.root.querySelector("button")!.textContent).toBe("コピー");
});

it("hears no click after its end", () => {
  const copy = vi.fn();
  vi.stubGlobal("navigator", { clipboard: { writeText: copy } });
  const made = markdown();
  made.draw("```\na\n```");
  life.abort();
  made.root.querySelector("button")!.click();
  expect(copy).not.toHaveBeenCalled();
  vi.unstubAllGlobals();
});

it.each([
  ["**a** [b](https://x.test) `c`", "a b c"],
  ["# a\n\nb\nc", "a\nb\nc"],
  ["- a\n  - [x] b", "a\n☑ b"],
  ["|a|b|\n|-|-|\n|1|2|", "a, b\n1, 2"],
  ["```py\nx\n```", "x"],
  ["![](https://x.test/a.png) ![plot](https://x.test/b)", "https://x.test/a.png plot"],
  ["> q\n\n***", "q"],
  ["<b>x</b>", "<b>x</b>"],
  ["\u202eabc\0", "abc\ufffd"],
  ["", ""],
])("says %j as plain text", (text, plain) => {
  expect(plainText(text)).toBe(plain);
});
