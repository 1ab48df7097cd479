// Rooms: the list of rooms: who said what last in each, and how much of it is unread. Where there is little room it is a menu.

import { formatter } from "../text/format";
import { h, holdsFocus, setAttribute, setText } from "../view/dom";
import { icon } from "../view/icons";
import { onKeys } from "../view/keys";
import type { RoomRow } from "./item";
import { plainText } from "./markdown";
import { lastText } from "./moments";
import { chatWords } from "./words";

/** Unread messages from here on are said to be more than that. */
const MANY = 99;

/** What a list of rooms shows. */
export interface RoomsShown {
  readonly locale: string;
  readonly zone: string;
  readonly now: number;
  readonly rooms: RoomRow[];
  readonly chosen: string;
  unread(room: string): number;
  typing(room: string): string;
}

export class Rooms {
  readonly root = h("div", "rw-rooms");
  /** Stands for the list where there is little room. */
  readonly menu = h("button", "rw-button rw-rooms-menu");
  /** For those who listen. */
  readonly #menuWord = h("span", "rw-said");
  readonly #menuName = h("span", "rw-rooms-name");
  readonly #menuBadge = h("span", "rw-unread");
  readonly #list = h("ul", "rw-rooms-list");
  readonly #rows = new Map<string, RoomButton>();
  readonly #choose: (room: string) => void;
  #order: RoomButton[] = [];
  /** The room that is a stop among the keys. */
  #stop = "";

  constructor(choose: (room: string) => void, signal: AbortSignal) {
    this.#choose = choose;
    this.menu.type = "button";
    setAttribute(this.menu, "aria-haspopup", "true");
    this.menu.append(this.#menuWord, this.#menuName, this.#menuBadge, icon("fold"));
    setAttribute(this.#list, "role", "list");
    this.root.append(this.menu, this.#list);
    this.#list.addEventListener("click", (event) => this.#pressed(event.target as Element), { signal });
    this.menu.addEventListener("click", () => this.#open(!this.isOpen), { signal });
    onKeys(this.root, (event) => this.#key(event), signal);
    const outside = (event: Event) => {
      if (this.isOpen && !event.composedPath().includes(this.root)) this.#open(false);
    };
    addEventListener("pointerdown", outside, { signal, capture: true });
    this.root.addEventListener(
      "focusout",
      () => queueMicrotask(() => holdsFocus(this.root) || this.#open(false)),
      {
        signal,
      },
    );
  }

  get isOpen(): boolean {
    return this.root.hasAttribute("data-rw-open");
  }

  draw(shown: RoomsShown): void {
    const { locale, rooms, chosen } = shown;
    const say = chatWords(locale);
    setAttribute(this.#list, "aria-label", say("rooms"));
    const ids = new Set(rooms.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      if (holdsFocus(row.root)) this.menu.focus({ preventScroll: true });
      row.root.remove();
      this.#rows.delete(id);
    }
    if (!ids.has(this.#stop)) this.#stop = ids.has(chosen) ? chosen : (rooms[0]?.id ?? "");
    this.#order = rooms.map((room, i) => {
      const row = this.#rows.get(room.id) ?? new RoomButton(room.id);
      this.#rows.set(room.id, row);
      row.draw(room, shown);
      row.button.tabIndex = room.id === this.#stop ? 0 : -1;
      if (this.#list.children[i] !== row.root)
        this.#list.insertBefore(row.root, this.#list.children[i] ?? null);
      return row;
    });
    const name = rooms.find(({ id }) => id === chosen)?.name ?? "";
    setText(this.#menuName, name || say("choose_room"));
    const others = rooms.reduce((sum, { id }) => sum + (id === chosen ? 0 : shown.unread(id)), 0);
    drawBadge(this.#menuBadge, others, locale);
    setText(this.#menuWord, say("by", say("rooms"), ""));
    setAttribute(this.menu, "aria-expanded", String(this.isOpen));
  }

  #pressed(target: Element): void {
    const row = this.#order.find(({ root }) => root.contains(target));
    if (!row) return;
    this.#stop = row.id;
    const closes = this.isOpen;
    if (closes && holdsFocus(this.#list)) this.menu.focus({ preventScroll: true });
    if (closes) this.#open(false);
    this.#choose(row.id);
  }

  #open(on: boolean): void {
    this.root.toggleAttribute("data-rw-open", on);
    setAttribute(this.menu, "aria-expanded", String(on));
    if (on) this.#focus(this.#order.findIndex(({ id }) => id === this.#stop));
  }

  #key(event: KeyboardEvent): void {
    const at = this.#order.findIndex(({ root }) => holdsFocus(root));
    const { key } = event;
    if (key === "Escape" && this.isOpen) {
      this.#open(false);
      this.menu.focus({ preventScroll: true });
    } else if (at < 0) {
      if (key !== "ArrowDown" || !holdsFocus(this.menu)) return;
      this.#open(true);
    } else if (key === "ArrowDown") this.#focus(Math.min(at + 1, this.#order.length - 1));
    else if (key === "ArrowUp") this.#focus(Math.max(at - 1, 0));
    else if (key === "Home") this.#focus(0);
    else if (key === "End") this.#focus(this.#order.length - 1);
    else return;
    event.preventDefault();
  }

  #focus(at: number): void {
    const row = this.#order[Math.max(0, at)];
    if (!row) return;
    this.#stop = row.id;
    for (const { id, button } of this.#order) button.tabIndex = id === this.#stop ? 0 : -1;
    row.button.focus({ preventScroll: true });
    row.root.scrollIntoView?.({ block: "nearest" });
  }
}

class RoomButton {
  readonly root = h("li", "rw-room");
  readonly button = h("button", "rw-room-button");
  readonly #name = h("span", "rw-room-name");
  readonly #at = h("span", "rw-room-at");
  readonly #last = h("span", "rw-room-last");
  readonly #badge = h("span", "rw-unread");

  constructor(readonly id: string) {
    this.button.type = "button";
    for (const each of [this.#name, this.#last]) each.dir = "auto";
    this.button.append(this.#name, this.#at, this.#last, this.#badge);
    this.root.append(this.button);
  }

  draw(room: RoomRow, { locale, zone, now, chosen, unread, typing }: RoomsShown): void {
    const say = chatWords(locale);
    const { id, last } = room;
    const name = room.name || id;
    const count = unread(id);
    setText(this.#name, name);
    if (this.#name.title !== name) this.#name.title = name;
    setText(this.#at, last ? lastText(last.ts, now, locale, zone) : "");
    const types = typing(id);
    setText(this.#last, types || (last ? lastSaid(last, locale) : say("no_messages")));
    this.#last.toggleAttribute("data-rw-types", types !== "");
    drawBadge(this.#badge, count, locale);
    this.root.toggleAttribute("data-rw-unread", count > 0);
    if (id === chosen) setAttribute(this.button, "aria-current", "true");
    else this.button.removeAttribute("aria-current");
  }
}

/** A number for the eye, and a sentence for those who listen. */
function drawBadge(badge: HTMLElement, count: number, locale: string): void {
  if (!badge.firstElementChild) {
    badge.append(h("span", ""), h("span", "rw-said"));
    setAttribute(badge.firstElementChild!, "aria-hidden", "true");
  }
  badge.hidden = count <= 0;
  const [number, said] = badge.children as unknown as [HTMLElement, HTMLElement];
  const text = count > 0 ? badgeText(count, locale) : "";
  setText(number, text);
  setText(said, text && chatWords(locale)("unread", text));
}

function badgeText(count: number, locale: string): string {
  const number = formatter({ name: "number" }, locale);
  return count > MANY ? `${number(MANY)}+` : number(count);
}

/** Who said what last: in short, without its form. */
function lastSaid({ name, own, type, text }: NonNullable<RoomRow["last"]>, locale: string): string {
  const say = chatWords(locale);
  const said = type === "image" || type === "file" ? text || say(type) : plainText(text);
  if (type === "system" || !(own || name)) return said;
  return say("by", own ? say("you") : name, said);
}
