// Nodes: the tokens of a block as elements. Only those that are made here exist in a message, with the attributes given here; of the
// text only the address of a link becomes one.

import { safeLink } from "../text/links";
import { h } from "../view/dom";
import { hostOf, isBlank, misleads, undirected, upright, withDirections } from "./addresses";
import type { SayMarkdown } from "./markdown_words";
import type { Token } from "./parser";
import { remoteImage } from "./remote_images";

/** Deeper elements are not made; their text is. */
const MAX_DEPTH = 32;
/** So many elements a block may have. */
const MAX_ELEMENTS = 5_000;
const MAX_LANGUAGE = 24;

const ELEMENTS = {
  paragraph: "p",
  heading: "p",
  bullet_list: "ul",
  ordered_list: "ol",
  list_item: "li",
  blockquote: "blockquote",
  table: "table",
  thead: "thead",
  tbody: "tbody",
  tr: "tr",
  th: "th",
  td: "td",
  strong: "strong",
  em: "em",
  s: "s",
} as const;

type Kind = keyof typeof ELEMENTS;

/** These hold text of their own: each runs in the direction that its letters say, and turns nothing round that is beside it. */
const ISOLATED: ReadonlySet<string> = new Set(["P", "LI", "BLOCKQUOTE", "TH", "TD"]);

/** What a list's item may end with other than a line of text. */
const BLOCKS = ":is(p, ul, ol, blockquote, div)";

const ALIGNED: Record<string, string> = {
  "text-align:center": "rw-md-center",
  "text-align:right": "rw-md-right",
};

/** Whether the image at an address is loaded, asked once for each; else there is a link to it. */
export type Loads = (href: string) => boolean;

/** The element of a block, or null where it has more than a page should hold. */
export function elementOf(tokens: Token[], say: SayMarkdown, loads: Loads = () => false): HTMLElement | null {
  const making = new Making(say, loads);
  for (const [place, token] of tokens.entries()) {
    making.take(token, tokens, place);
    if (making.made > MAX_ELEMENTS) return null;
  }
  return making.root.firstElementChild as HTMLElement | null;
}

class Making {
  readonly root = h("div", "");
  made = 0;
  readonly #say: SayMarkdown;
  #in: HTMLElement = this.root;
  /** What was opened: where to go back to when it is closed; null: nothing was made. */
  readonly #opened: (HTMLElement | null)[] = [];
  #depth = 0;
  /** The address of the link that is open. */
  #href: string | null = null;
  #task = false;
  readonly #loads: Loads;

  constructor(say: SayMarkdown, loads: Loads) {
    this.#say = say;
    this.#loads = loads;
  }

  take(token: Token, tokens: Token[], place: number): void {
    const { type } = token;
    if (type === "inline")
      for (const [at, child] of token.children!.entries()) this.take(child, token.children!, at);
    else if (type === "text") this.#text(token.content);
    else if (type === "plain") this.#add(document.createTextNode(upright(token.content)));
    else if (type === "hardbreak" || type === "softbreak") this.#add(document.createElement("br"));
    else if (type === "hr") this.#add(h("hr", "rw-md-rule"));
    else if (type === "code_inline") this.#add(h("code", "rw-md-term", withDirections(token.content)));
    else if (type === "fence") this.#add(this.#code(token));
    else if (type === "image") this.#image(token);
    else if (type === "link_open") this.#link(String(token.attrGet("href") ?? ""));
    else if (type === "link_close") this.#closeLink();
    else if (token.nesting > 0) this.#open(type.slice(0, -"_open".length) as Kind, token, tokens, place);
    else if (token.nesting < 0) this.#close();
    else this.#text(token.content);
  }

  #add(node: Node): void {
    this.made++;
    this.#in.append(node);
  }

  #enter(el: HTMLElement | null, outer = el): void {
    const fits = el && this.#depth < MAX_DEPTH;
    this.#opened.push(fits ? this.#in : null);
    if (!fits) return;
    this.#add(outer!);
    this.#in = el;
    this.#depth++;
  }

  #close(): void {
    const back = this.#opened.pop();
    if (!back) return;
    if (this.#in.tagName === "LI" && !this.#in.lastElementChild?.matches(BLOCKS))
      this.#in.classList.add("rw-md-line");
    this.#in = back;
    this.#depth--;
  }

  #open(kind: Kind, token: Token, tokens: Token[], place: number): void {
    const tag = ELEMENTS[kind] as (typeof ELEMENTS)[Kind] | undefined;
    const loose = kind !== "paragraph" || !token.hidden; // else it is a line of a list without air
    const el = tag && loose ? h(tag, `rw-md-${kind}`) : null;
    this.#enter(el, kind === "table" && el ? this.#scrolling(el) : el);
    if (el) this.#describe(el, kind, token);
    if (kind === "list_item" && /^\[[ xX]\]\s/.test(tokens[place + 2]?.content ?? "")) {
      this.#task = tokens[place + 1]!.type === "paragraph_open";
      if (this.#task) el?.classList.add("rw-md-task");
    }
  }

  #describe(el: HTMLElement, kind: Kind, token: Token): void {
    const { tagName: tag } = el;
    if (ISOLATED.has(tag)) el.dir = "auto";
    if (el instanceof HTMLTableCellElement) {
      if (kind === "th") el.scope = "col";
      const aligned = ALIGNED[token.attrGet("style") ?? ""];
      if (aligned) el.classList.add(aligned);
    }
    if (kind === "ordered_list") {
      const start = Number(token.attrGet("start") ?? 1);
      if (Number.isSafeInteger(start) && start !== 1) el.setAttribute("start", String(start));
    }
  }

  /** A box that scrolls, which can be reached by keys. */
  #scrolling(el: HTMLElement): HTMLElement {
    const box = h("div", "rw-md-scroll");
    box.append(el);
    return focusable(box, this.#say("table"));
  }

  #text(content: string): void {
    let text = content;
    if (this.#task && /^\[[ xX]\]/.test(text)) {
      const done = text[1] !== " ";
      const box = h("span", "rw-md-box", done ? "☑" : "☐");
      box.setAttribute("role", "img");
      box.setAttribute("aria-label", this.#say(done ? "done" : "to_do"));
      this.#add(box);
      text = text.slice("[ ]".length);
    }
    this.#task = false;
    if (text) this.#in.append(this.#href === null ? upright(text) : undirected(text));
  }

  #code({ content, info }: Token): HTMLElement {
    const language = undirected(info.trim().split(/\s/)[0]!).slice(0, MAX_LANGUAGE);
    const box = h("div", "rw-md-code");
    const head = h("div", "rw-md-code-head");
    const copy = h("button", "rw-button rw-md-copy", this.#say("copy"));
    copy.type = "button";
    copy.setAttribute("aria-label", this.#say("copy_code"));
    const name = h("span", "rw-md-language", language);
    name.dir = "ltr";
    head.append(name, copy);
    const pre = h("pre", "rw-md-pre");
    pre.dir = "ltr";
    pre.append(h("code", "rw-md-lines", withDirections(content)));
    box.append(head, focusable(pre, language ? this.#say("code_in", language) : this.#say("code")));
    return box;
  }

  /** A link to it, with the image in it where that may be loaded. */
  #image(token: Token): void {
    const address = String(token.attrGet("src") ?? "");
    const href = safeLink(address);
    const shown = href !== null && this.#loads(href);
    const name = isBlank(token.content) ? address : token.content;
    const within = this.#href !== null;
    if (!within) this.#link(address);
    if (shown) this.#add(remoteImage(href, undirected(name)));
    else this.#text(within || this.#href === null ? name : this.#say("image", name));
    if (!within) this.#closeLink();
  }

  #link(address: string): void {
    const href = safeLink(address);
    const link = href === null ? null : h("a", "rw-md-link");
    this.#enter(link);
    if (href === null || this.#in !== link) return;
    link.setAttribute("href", href);
    link.rel = "noopener noreferrer";
    link.target = "_blank";
    this.#href = href;
  }

  /** Says where a link leads whose text says something else, or nothing. */
  #closeLink(): void {
    const href = this.#href;
    if (href !== null) {
      if (isBlank(this.#in.textContent)) {
        if (!this.#in.querySelector("img")) this.#in.textContent = href;
      } else if (misleads(this.#in.textContent, href)) {
        const host = h("bdi", "rw-md-host", hostOf(href));
        host.dir = "ltr";
        this.#in.append(" ", host);
      }
    }
    this.#href = null;
    this.#close();
  }
}

function focusable(el: HTMLElement, label: string): HTMLElement {
  el.tabIndex = 0;
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", label);
  return el;
}
