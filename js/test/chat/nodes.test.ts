// Whatever a message says, only these elements with these attributes come of it.

import { afterEach, beforeEach, expect, it } from "vitest";
import { Markdown } from "../../src/lib/chat/markdown";
import { markdownWords } from "../../src/lib/chat/markdown_words";
import type { Allowed } from "../../src/lib/chat/remote_images";

const TAGS = new Set(
  "P BR HR STRONG EM S CODE PRE A UL OL LI BLOCKQUOTE TABLE THEAD TBODY TR TH TD DIV SPAN BUTTON BDI".split(
    " ",
  ),
);

/** Attribute → what it may be. */
const ATTRIBUTES: Record<string, RegExp> = {
  class: /^(rw-md-\w+(-\w+)*|rw-button)( rw-md-\w+)*$/,
  dir: /^(auto|ltr)$/,
  href: /^(https?:\/\/|mailto:)[\x21-\x7e]*$/,
  rel: /^noopener noreferrer$/,
  target: /^_blank$/,
  start: /^\d+$/,
  tabindex: /^0$/,
  role: /^(group|img)$/,
  "aria-label": /^(Table|Done|To do|Copy code|Code(: [^\u202a-\u202e]{1,24})?)$/,
  scope: /^col$/,
  type: /^button$/,
};

/** Those of an image that may be loaded. */
const OF_IMAGES: Record<string, RegExp> = {
  class: /^rw-md-image$/,
  alt: /^[^\u202a-\u202e]*$/,
  src: /^https?:\/\/[\x21-\x7e]*$/,
  referrerpolicy: /^no-referrer$/,
  loading: /^lazy$/,
  decoding: /^async$/,
  draggable: /^false$/,
};

let life = new AbortController();
beforeEach(() => {
  life = new AbortController();
});
afterEach(() => life.abort());

function drawn(text: string, growing = false, allowed: Allowed = false): HTMLElement {
  const made = new Markdown(life.signal, markdownWords("en"));
  made.draw(text, growing, allowed);
  return made.root;
}

/** What must not be there; `images`: those of other hosts may. */
function foreign(root: HTMLElement, images = false): string[] {
  return [...root.querySelectorAll("*")].flatMap((el) => {
    const image = images && el.tagName === "IMG";
    const may = image ? OF_IMAGES : ATTRIBUTES;
    return [
      ...(image || TAGS.has(el.tagName) ? [] : [el.tagName]),
      ...[...el.attributes]
        .filter(({ name, value }) => !(Object.hasOwn(may, name) && may[name]!.test(value)))
        .map(({ name, value }) => `${el.tagName} ${name}=${value}`),
    ];
  });
}

const RUN = "alert(1)";

/** Addresses that a reader must not be sent to. */
const ADDRESSES = [
  `javascript:${RUN}`,
  `JaVaScRiPt:${RUN}`,
  ` javascript:${RUN}`,
  `java\tscript:${RUN}`,
  `java\nscript:${RUN}`,
  `\u0001javascript:${RUN}`,
  `javascript\u200b:${RUN}`,
  `&#106;avascript:${RUN}`,
  `&#x6A;avascript:${RUN}`,
  `&#0000106avascript:${RUN}`,
  `javascript&colon;${RUN}`,
  `javascript&#58;${RUN}`,
  `java&Tab;script:${RUN}`,
  `java&#9;script:${RUN}`,
  `java&NewLine;script:${RUN}`,
  `javascript\\:${RUN}`,
  `javascript://x.test/%0a${RUN}`,
  `javascript:https://x.test/%0a${RUN}`,
  `%6aavascript:${RUN}`,
  `vbscript:msgbox(1)`,
  `VbScRiPt:msgbox(1)`,
  `livescript:${RUN}`,
  `data:text/html,<script>${RUN}</script>`,
  `data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==`,
  `data:image/svg+xml,<svg onload=${RUN}>`,
  `data:image/png;base64,AAAA`,
  `blob:https://x.test/1`,
  `file:///etc/passwd`,
  `filesystem:https://x.test/a`,
  `about:blank`,
  `view-source:https://x.test`,
  `ms-msdt:/id`,
  `//x.test/a`,
  `/lab/tree?token=1`,
  `../api/shutdown`,
  `#rw`,
  `?x=1`,
  `x.test`,
  `https:`,
  `http://[`,
];

const WAYS: ((address: string) => string)[] = [
  (address) => `[x](${address})`,
  (address) => `[x](<${address}>)`,
  (address) => `[x](${address} "title")`,
  (address) => `![x](${address})`,
  (address) => `<${address}>`,
  (address) => `[x]: ${address}\n\n[x] [x][] [y][x]`,
  (address) => `[![x](${address})](${address})`,
  (address) => `**[x](${address})**`,
];

it.each(ADDRESSES)("sends nobody to %j", (address) => {
  for (const way of WAYS) {
    for (const growing of [false, true]) {
      const root = drawn(way(address), growing);
      expect(foreign(root)).toEqual([]);
      expect(root.textContent).not.toBe("");
      // What is left of an address may be one of its own, such as that behind another scheme; it goes nowhere else.
      for (const link of root.querySelectorAll("a"))
        expect(link.getAttribute("href")).toMatch(/^https:\/\/x\.test/);
    }
  }
});

it.each(ADDRESSES)("loads nothing from %j where any host may be gone to", (address) => {
  for (const way of WAYS) {
    const root = drawn(way(address), false, true);
    expect(foreign(root, true)).toEqual([]);
    for (const image of root.querySelectorAll("img"))
      expect(image.getAttribute("src")).toMatch(/^https:\/\/x\.test/);
  }
});

const TEXTS = [
  `<script>${RUN}</script>`,
  `<SCRIPT SRC=https://x.test/a.js></SCRIPT>`,
  `<scr<script>ipt>${RUN}</script>`,
  `<img src=x onerror=${RUN}>`,
  `<img src="x" onerror="${RUN}"/>`,
  `<svg onload=${RUN}><animate onbegin=${RUN} attributeName=x></svg>`,
  `<svg><a xlink:href="javascript:${RUN}"><text>x</text></a></svg>`,
  `<math><mi xlink:href="data:x,${RUN}">x</mi></math>`,
  `<iframe src="javascript:${RUN}"></iframe>`,
  `<iframe srcdoc="<script>${RUN}</script>">`,
  `<object data="data:text/html,x"></object><embed src=x>`,
  `<style>* { display: none }</style>`,
  `<link rel=stylesheet href=https://x.test>`,
  `<base href="https://x.test/">`,
  `<meta http-equiv=refresh content="0;url=https://x.test">`,
  `<form action="https://x.test"><input name=password><button>OK</button></form>`,
  `<details open ontoggle=${RUN}>`,
  `<a href="javascript:${RUN}" data-commandlinker-command="apputils:logout" data-commandlinker-args="{}">x</a>`,
  `<button data-commandlinker-command="docmanager:delete-file">x</button>`,
  `[x](https://x.test){data-commandlinker-command="x" onclick="${RUN}"}`,
  `[x](https://x.test data-commandlinker-command=x)`,
  `[x](https://x.test "\\" onmouseover=\\"${RUN}")`,
  `[x](https://x.test '" data-commandlinker-args="')`,
  `[x](<https://x.test/" onclick="${RUN}>)`,
  `[x](https://x.test/"onclick="${RUN})`,
  `<https://x.test/"onclick="${RUN}>`,
  `https://x.test/"onclick="${RUN}`,
  `https://x.test/'><script>${RUN}</script>`,
  `![" onerror="${RUN}](https://x.test/a.png)`,
  `![x](https://x.test/a.png "a\\" onload=\\"${RUN}")`,
  `<!-- --><script>${RUN}</script><!-- -->`,
  `<!--><img src=x onerror=${RUN}>-->`,
  `<![CDATA[<script>${RUN}</script>]]>`,
  `<?php echo 1 ?>`,
  `<!DOCTYPE html>`,
  `&lt;script&gt;${RUN}&lt;/script&gt;`,
  `&#60;img src=x onerror=${RUN}&#62;`,
  `\\<script>${RUN}\\</script>`,
  `\`<script>${RUN}</script>\``,
  "```html\n<script>alert(1)</script>\n```",
  '```"><img src=x onerror=alert(1)>\nx\n```',
  "```x\u202ey\nz\n```",
  `~~~js" onload="${RUN}\nx`,
  `|<script>|\n|-|\n|<img src=x onerror=${RUN}>|`,
  `|a|\n|:-:" onclick="${RUN}|\n|b|`,
  `# <h1 id=x>x</h1>`,
  `# x {#constructor .danger onclick=${RUN}}`,
  `- [x" onclick="${RUN}] a`,
  `1e9. a`,
  `999999999. a`,
  `**<b onclick=${RUN}>x</b>**`,
  `[<img src=x onerror=${RUN}>](https://x.test)`,
  `[a](https://x.test)[b](javascript:${RUN})`,
  `[\`](\`javascript:${RUN})`,
  `[x](https://x.test\u202e/moc.knab)`,
  `[x](https://user:pass@x.test)`,
  `<x@x.test"onclick="${RUN}>`,
  `<mailto:x@x.test?body=<script>>`,
  `[x](mailto:x@x.test"onclick=${RUN})`,
  `x\0<script>\0</script>`,
  `\ud800<script>\udc00</script>[\ud800](https://x.test/\ud800)`,
  `<SCRİPT>x</SCRİPT><ſcript>x</ſcript>`,
  `<div class="rw-host" id="rw" hidden>x</div>`,
  `[__proto__]: https://x.test\n[constructor][__proto__] &constructor; &toString;`,
];

it.each(TEXTS)("shows %j as text", (text) => {
  for (const growing of [false, true]) {
    expect(foreign(drawn(text, growing))).toEqual([]);
    expect(foreign(drawn(text, growing, true), true)).toEqual([]);
  }
  const grown = new Markdown(life.signal, markdownWords("en"));
  for (let end = 1; end <= text.length; end++) {
    grown.draw(text.slice(0, end), end < text.length);
    expect(foreign(grown.root)).toEqual([]);
  }
});

it("shows HTML as the text that it is", () => {
  const text = `<script>alert(1)</script> <b onclick="x">y</b> <!-- z -->`;
  expect(drawn(text).textContent).toBe(text);
});

it("tells a foreign element and a foreign attribute from others", () => {
  const root = document.createElement("div");
  root.innerHTML = `<img src="x"><p onclick="x"></p><a href="javascript:x" data-x="1"></a>`;
  expect(foreign(root)).toEqual(["IMG", "IMG src=x", "P onclick=x", "A href=javascript:x", "A data-x=1"]);
});

const hosts = (text: string) => [...drawn(text).querySelectorAll(".rw-md-host")].map((el) => el.textContent);

it.each([
  ["[https://bank.test](https://evil.test/x)", ["evil.test"]],
  ["[bank.test](https://evil.test)", ["evil.test"]],
  ["[b\u200bank\u00ad.test](https://evil.test)", ["evil.test"]],
  ["[bank.test.](mailto:me@evil.test)", ["me@evil.test"]],
  ["https://bank.test@evil.test/", ["evil.test"]],
  ["https://bаnk.test", ["xn--bnk-6cd.test"]],
  ["[**bank**.test](https://evil.test)", ["evil.test"]],
  ["![bank.test](https://evil.test/a.png)", ["evil.test"]],
  ["[the bank](https://evil.test)", []],
  ["[x.test/a](https://x.test/b)", []],
  ["[me@x.test](mailto:me@x.test)", []],
  ["https://x.test/a?b=https://y.test", []],
])("says where %j leads when it says something else", (text, told) => {
  expect(hosts(text)).toEqual(told);
});

it("lets no sign turn round what is in a link or in code, and no override what is in a text", () => {
  const root = drawn("a\u202eb\u2067c [\u202etset.knab//:sptth\u2069](https://evil.test) `x\u2066y`");
  expect(root.textContent).toBe("ab\u2067c tset.knab//:sptth evil.test x\\u2066y");
});

it("has each block run in its own direction", () => {
  const root = drawn("שלום\n\n- x\n\n> y\n\n|a|\n|-|\n|b|");
  for (const el of root.querySelectorAll("p, li, blockquote, th, td"))
    expect(el.getAttribute("dir")).toBe("auto");
});

it("shows where a link leads that has no text", () => {
  expect(drawn("[\u200b](https://x.test/a)").querySelector("a")!.textContent).toBe("https://x.test/a");
  expect(drawn("[](https://x.test/a)").querySelector("a")!.textContent).toBe("https://x.test/a");
});

it("shows as it was written what has more columns or elements than a page should hold", () => {
  const wide = `${"|a".repeat(100)}|\n${"|-".repeat(100)}|`;
  expect(drawn(wide).querySelector("table")).toBeNull();
  expect(drawn(wide).textContent).toBe(wide);
  const many = "*a* ".repeat(6_000).trim();
  expect(drawn(many).querySelector("em")).toBeNull();
  expect(drawn(many).textContent).toBe(many);
});

it("makes no element deeper than a page can bear, and loses no text", () => {
  const root = drawn(`${"> ".repeat(500)}end\n\n${"*a **b ".repeat(300)}${"c** d* ".repeat(300)}`);
  let depth = 0;
  for (let el: Element | null = [...root.querySelectorAll("*")].at(-1)!; el; el = el.parentElement) depth++;
  expect(depth).toBeLessThan(50);
  expect(root.querySelector("blockquote")!.textContent).toContain("end");
  expect(root.lastElementChild!.textContent.replace(/[*\s]/g, "")).toBe("ab".repeat(300) + "cd".repeat(300));
});
