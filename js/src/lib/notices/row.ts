// Row: one notification on screen: an icon, a bar and a word for its type, its texts, its link, and when it was.

import { agoText } from "../text/durations";
import { formatter } from "../text/format";
import { safeLink } from "../text/links";
import { momentText } from "../text/times";
import { type Word, words } from "../text/words";
import { h, setAttribute, setText, tellWhole } from "../view/dom";
import { type Icon, showIcon } from "../view/icons";

import type { Notice, NoticeType } from "./notice";
import { noticeWords } from "./words";

const LOOKS: Record<NoticeType, { icon: Icon; word: Word }> = {
  info: { icon: "disc", word: "info" },
  success: { icon: "check", word: "success" },
  warning: { icon: "triangle", word: "warning" },
  error: { icon: "cross", word: "error" },
};

/** Younger ones, in seconds, are of this moment. */
const NOW_S = 5;

/** How and where a row is drawn. */
export interface Setting {
  locale: string;
  zone: string;
  /** Seconds since 1970, by the clock of the records. */
  now: number;
  /** Whether it stands in the history. */
  past: boolean;
}

export type Pressed = (what: "close" | "act", notice: Notice) => void;

export class Row {
  readonly root = h("li", "rw-notice");
  readonly close = h("button", "rw-button rw-notice-close");
  /** Says that it is unread, without a colour. */
  readonly #new = h("span", "rw-notice-new");
  readonly #mark = h("span", "rw-notice-mark");
  readonly #word = h("span", "rw-notice-word");
  readonly #title = h("span", "rw-notice-title");
  readonly #count = h("span", "rw-notice-count");
  readonly #at = h("time", "rw-notice-at");
  readonly #text = h("div", "rw-notice-text");
  readonly #bar = h("div", "rw-notice-bar");
  readonly #fill = h("div", "rw-notice-fill");
  readonly #action = h("div", "rw-notice-action");
  #drawn = "";
  #linkFor = "";
  notice: Notice;

  constructor(notice: Notice, pressed: Pressed, signal: AbortSignal) {
    this.notice = notice;
    const top = h("div", "rw-notice-top");
    const body = h("div", "rw-notice-body");
    for (const each of [this.#title, this.#text]) each.dir = "auto";
    setAttribute(this.#new, "role", "img");
    top.append(this.#new, this.#word, this.#title, this.#count, this.#at);
    setAttribute(this.#bar, "role", "progressbar");
    this.#bar.append(this.#fill);
    body.append(top, this.#text, this.#bar, this.#action);
    this.close.type = "button";
    showIcon(this.close, "cross");
    this.close.addEventListener("click", () => pressed("close", this.notice), { signal });
    this.#action.addEventListener(
      "click",
      (event) => {
        if ((event.target as Element).closest("a, button")) pressed("act", this.notice);
      },
      { signal },
    );
    tellWhole(this.#text, signal);
    this.root.append(this.#mark, body, this.close);
  }

  draw(notice: Notice, setting: Setting): void {
    this.notice = notice;
    const { locale, zone, now, past } = setting;
    this.#drawTime(now, locale, zone);
    const drawn = JSON.stringify([notice, locale, past]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const say = noticeWords(locale);
    const { icon, word } = LOOKS[notice.type];
    const kind = words(locale)(word);
    this.root.dataset.rwType = notice.type;
    this.root.toggleAttribute("data-rw-read", notice.read);
    showIcon(this.#mark, icon);
    this.#new.hidden = notice.read;
    setAttribute(this.#new, "aria-label", say("is_unread"));
    setText(this.#word, kind);
    setText(this.#title, notice.title);
    this.#title.hidden = !notice.title;
    setText(this.#text, notice.message);
    this.#text.hidden = !notice.message;
    const count = formatter({ name: "number" }, locale)(notice.count);
    setText(this.#count, notice.count > 1 ? `×${count}` : "");
    this.#count.title = notice.count > 1 ? say("times", count) : "";
    const what = notice.title || notice.message || kind;
    const label = say(past ? "remove" : "dismiss", what);
    setAttribute(this.close, "aria-label", label);
    this.close.title = label;
    this.#drawProgress(notice, locale);
    this.#drawAction(notice, locale);
  }

  /** Whether it says another time by now. */
  ages({ now, locale }: Setting): boolean {
    return this.#ago(now, locale) !== this.#at.textContent;
  }

  #ago(now: number, locale: string): string {
    const say = noticeWords(locale);
    const age = now - this.notice.ts;
    return age < NOW_S ? say("now") : say("ago", agoText(age, locale));
  }

  #drawTime(now: number, locale: string, zone: string): void {
    setText(this.#at, this.#ago(now, locale));
    const exact = momentText(this.notice.ts, locale, zone);
    if (this.#at.title !== exact) this.#at.title = exact;
  }

  #drawProgress({ progress, title }: Notice, locale: string): void {
    this.#bar.hidden = progress === undefined;
    if (progress === undefined) return;
    this.#bar.toggleAttribute("data-rw-unknown", progress === null);
    const percent = formatter({ name: "percentage", precision: 0 }, locale)(progress);
    this.#fill.style.width = progress === null ? "" : `${100 * progress}%`;
    setAttribute(this.#bar, "aria-label", title || noticeWords(locale)("going_on"));
    setAttribute(this.#bar, "aria-valuetext", progress === null ? noticeWords(locale)("going_on") : percent);
    if (progress === null) this.#bar.removeAttribute("aria-valuenow");
    else setAttribute(this.#bar, "aria-valuenow", String(Math.round(100 * progress)));
  }

  /** A link where that is safe, a button where the kernel is to be told, else the address as text. */
  #drawAction(notice: Notice, locale: string): void {
    const { action_label: label = "", too_long: long } = notice;
    const say = noticeWords(locale);
    const address = long ? say("too_long") : (notice.action_url ?? "");
    const name = label || say("details");
    const drawn = JSON.stringify([address, name]);
    this.#action.hidden = !address && !label;
    if (drawn === this.#linkFor) return;
    this.#linkFor = drawn;
    const href = safeLink(address);
    if (href) {
      const link = h("a", "rw-notice-link", name);
      link.href = href;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      link.title = address;
      this.#action.replaceChildren(link);
    } else if (address) {
      this.#action.replaceChildren(h("span", "rw-notice-address", label ? `${label}: ${address}` : address));
    } else {
      const button = h("button", "rw-button rw-notice-button", name);
      button.type = "button";
      this.#action.replaceChildren(button);
    }
  }
}
