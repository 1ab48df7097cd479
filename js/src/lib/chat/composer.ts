// Composer: where a message is written. A field that grows with it, a button that sends it, and one for files.

import type { Clock } from "../hop/clock";
import { formatter } from "../text/format";
import { h, setAttribute, setText } from "../view/dom";
import { icon } from "../view/icons";
import { keepKeys, onKeys } from "../view/keys";
import { isBlank } from "./addresses";
import { Chips } from "./chips";
import { composerWords } from "./composer_words";
import { Composition } from "./composition";
import type { Drafts } from "./drafts";
import { takeFiles } from "./dropping";
import type { Pictures } from "./pictures";
import { Typing } from "./typing";
import type { Chosen } from "./uploads";

/** Characters of a message, as UTF-16 counts them. */
export const MAX_TEXT = 20_000;

export interface ComposerDeps {
  signal: AbortSignal;
  clock: Clock;
  drafts: Drafts;
  /** The images of the files that are chosen. */
  pictures: Pictures;
  /** Where files are dropped and pasted; the input itself, if it is nowhere else. */
  around?: HTMLElement;
  /** Most bytes of a file. */
  most(): number;
  /** Sends files and a trimmed text, which is blank only with files; false: they could not be taken, and stay here. */
  onSend(text: string, files: readonly Chosen[]): boolean;
  onTyping(on: boolean): void;
  /** What Escape ends before it leaves the field, such as a reply; true: there was something. */
  onEscape?(): boolean;
}

let count = 0;

export class Composer {
  readonly root = h("div", "rw-composer");
  readonly #deps: ComposerDeps;
  readonly #field = h("textarea", "rw-composer-field");
  /** Has the text, too, unseen: it makes the field as high as that. */
  readonly #mirror = h("div", "rw-composer-mirror");
  readonly #send = h("button", "rw-button rw-composer-send");
  readonly #attach = h("button", "rw-button rw-composer-attach");
  readonly #files = h("input", "rw-composer-files");
  readonly #note = h("div", "rw-composer-note");
  readonly #chips: Chips;
  readonly #typing: Typing;
  readonly #composition: Composition;
  #room = "";
  #locale = "en";
  #disabled: string | null = null;
  #refused = false;
  /** Why files were not taken. */
  #problem = "";

  constructor(deps: ComposerDeps) {
    this.#deps = deps;
    const { clock, signal } = deps;
    this.#typing = new Typing(clock, (on) => deps.onTyping(on));
    this.#composition = new Composition(this.#field, clock, signal);
    this.#chips = new Chips(
      {
        pictures: deps.pictures,
        most: () => deps.most(),
        changed: (why) => {
          this.#refused = false;
          this.#problem = why;
          this.#show();
        },
        left: () => this.focus(),
      },
      signal,
    );
    this.#build();
    this.#listen(signal);
    takeFiles(deps.around ?? this.root, (files) => this.#take(files), signal);
    this.draw(this.#locale);
  }

  #build(): void {
    this.root.setAttribute("data-lm-suppress-shortcuts", "true"); // of JupyterLab
    this.#field.rows = 1;
    this.#field.dir = "auto";
    this.#field.autocomplete = "off";
    this.#field.setAttribute("enterkeyhint", "send");
    this.#note.id = `rw-composer-note-${++count}`;
    this.#note.setAttribute("role", "status");
    this.#field.setAttribute("aria-describedby", this.#note.id);
    this.#mirror.setAttribute("aria-hidden", "true");
    this.#files.type = "file";
    this.#files.multiple = true;
    this.#files.hidden = true;
    for (const button of [this.#send, this.#attach]) button.type = "button";
    this.#attach.append(icon("clip"));
    const box = h("div", "rw-composer-box");
    box.append(this.#mirror, this.#field);
    const line = h("div", "rw-composer-line");
    line.append(this.#attach, box, this.#send);
    this.root.append(this.#chips.root, line, this.#files, this.#note);
  }

  #listen(signal: AbortSignal): void {
    keepKeys();
    const key = (event: KeyboardEvent) => this.#key(event);
    onKeys(this.#field, key, signal);
    // Those that `keepKeys` leaves alone, with Ctrl or Meta, come here, and go no further where they were of use.
    this.#field.addEventListener("keydown", key, { signal });
    this.#field.addEventListener("input", () => this.#changed(), { signal });
    this.#field.addEventListener("blur", () => this.#typing.stop(), { signal });
    this.#send.addEventListener("click", () => this.#submit(), { signal });
    this.#attach.addEventListener(
      "click",
      () => {
        if (this.#disabled === null) this.#files.click();
      },
      { signal },
    );
    this.#files.addEventListener(
      "change",
      () => {
        this.#take([...(this.#files.files ?? [])]);
        this.#files.value = ""; // the same file may be chosen again
      },
      { signal },
    );
    signal.addEventListener("abort", () => this.#typing.stop());
  }

  /** What stands in the field. */
  get text(): string {
    return this.#field.value;
  }
  set text(text: string) {
    this.#field.value = text;
    this.#keep();
  }

  get room(): string {
    return this.#room;
  }
  /** The draft of the room that is left is kept, that of the other is back. */
  set room(room: string) {
    if (room === this.#room) return;
    this.#typing.stop();
    this.#room = room;
    this.#refused = false;
    this.#problem = "";
    this.#chips.room = room;
    this.#field.value = this.#deps.drafts.of(room);
    this.#show();
  }

  /** Why nothing can be sent now; null: it can. What is written stays. */
  get disabled(): string | null {
    return this.#disabled;
  }
  set disabled(reason: string | null) {
    if (reason === this.#disabled) return;
    this.#disabled = reason;
    if (reason !== null) this.#typing.stop();
    this.#show();
  }

  focus(): void {
    this.#field.focus();
  }

  /** `placeholder` stands in an empty field; empty for the usual one. */
  draw(locale: string, placeholder = ""): void {
    this.#locale = locale;
    const say = composerWords(locale);
    this.#chips.draw(locale);
    setAttribute(this.#field, "aria-label", say("message"));
    const wanted = placeholder || say("placeholder");
    if (this.#field.placeholder !== wanted) this.#field.placeholder = wanted;
    setText(this.#send, say("send"));
    setAttribute(this.#attach, "aria-label", say("attach"));
    if (this.#attach.title !== say("attach")) this.#attach.title = say("attach");
    this.#show();
  }

  #changed(): void {
    this.#refused = false;
    this.#problem = "";
    this.#keep();
    if (isBlank(this.text) || this.#disabled !== null) this.#typing.stop();
    else this.#typing.go();
  }

  #keep(): void {
    this.#deps.drafts.keep(this.#room, this.text);
    this.#show();
  }

  #show(): void {
    const { text } = this;
    setText(this.#mirror, `${text}\u200b`); // an empty last line is one, too
    const off = this.#disabled !== null;
    this.#field.readOnly = off;
    setAttribute(this.#field, "aria-disabled", String(off));
    setAttribute(this.#attach, "aria-disabled", String(off));
    // Not `disabled`, which would drop the focus.
    setAttribute(this.#send, "aria-disabled", String(!this.#ready));
    setText(this.#note, this.#said());
  }

  get #ready(): boolean {
    const some = !isBlank(this.text) || this.#chips.files.length > 0;
    return this.#disabled === null && this.text.trim().length <= MAX_TEXT && some;
  }

  #said(): string {
    if (this.#disabled !== null) return this.#disabled;
    const say = composerWords(this.#locale);
    const number = formatter({ name: "number" }, this.#locale);
    const over = this.text.trim().length - MAX_TEXT;
    if (over > 0) return say("too_long", number(over));
    if (over === 0) return say("full", number(MAX_TEXT));
    return this.#refused ? say("not_sent") : this.#problem;
  }

  #key(event: KeyboardEvent): void {
    const { key, shiftKey, altKey } = event;
    if (key !== "Enter" && key !== "Escape") return;
    if (this.#composition.owns(event)) {
      if (this.#composition.trails(event)) event.preventDefault();
      event.stopPropagation();
    } else if (key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (!this.#deps.onEscape?.()) this.#leave();
    } else if (!shiftKey && !altKey) {
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) this.#submit();
    }
  }

  /** The focus goes to the widget, where the keys of the reader still have a place. */
  #leave(): void {
    this.#field.blur();
    this.root.closest<HTMLElement>(".rw-root[tabindex]")?.focus({ preventScroll: true });
  }

  #submit(): void {
    if (!this.#ready) return;
    this.#typing.stop();
    this.#refused = !this.#deps.onSend(isBlank(this.text) ? "" : this.text.trim(), this.#chips.files);
    this.#problem = "";
    if (this.#refused) this.#show();
    else {
      this.#chips.clear();
      this.text = "";
    }
    this.focus();
  }

  #take(files: File[]): void {
    if (this.#disabled !== null || !files.length) return;
    this.#chips.add(files);
    this.focus();
  }
}
