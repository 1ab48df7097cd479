import { expect, it } from "vitest";
import { morph, morphChildren } from "../../src/lib/chat/morph";

function box(html: string): HTMLElement {
  const el = document.createElement("div");
  el.innerHTML = html;
  return el;
}

it("makes an element as another is, and keeps what is there", () => {
  const el = box('<p class="a">x<b>y</b></p><p class="a b" dir="auto">z</p>');
  const [first, second] = el.children;
  const bold = first!.querySelector("b");
  const wanted = '<p class="a">xx<b>y!</b><i>n</i></p><p class="a c" lang="ja">z</p><hr>';
  morphChildren(el, box(wanted));
  expect(el.innerHTML).toBe(wanted);
  expect(el.children[0]).toBe(first);
  expect(el.children[1]).toBe(second);
  expect(first!.querySelector("b")).toBe(bold);
});

it("takes away what is too much", () => {
  const el = box("a<b>c</b>d<i>e</i>");
  morphChildren(el, box("a"));
  expect(el.innerHTML).toBe("a");
});

it("does not make one kind of another", () => {
  const of = (html: string) => box(html).firstChild!;
  expect(morph(of("<p></p>"), of("<b></b>"))).toBe(false);
  expect(morph(of('<p class="a"></p>'), of('<p class="b"></p>'))).toBe(false);
  expect(morph(of("x"), of("<b></b>"))).toBe(false);
});

it("adds to a text that grows, so that what is selected in it stays so", () => {
  const el = box("ab");
  const text = el.firstChild as Text;
  const range = document.createRange();
  range.setStart(text, 0);
  range.setEnd(text, 2);
  morphChildren(el, box("abc"));
  expect(el.firstChild).toBe(text);
  expect([range.startOffset, range.endOffset, text.data]).toEqual([0, 2, "abc"]);
});

it("leaves a button what it says", () => {
  const el = box('<button class="a">Copied</button>');
  morphChildren(el, box('<button class="a">Copy</button>'));
  expect(el.textContent).toBe("Copied");
});
