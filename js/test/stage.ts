// A stage for widgets: a real page with a clock turned by hand, a carrier that notes the words, and places of a width.

import { vi } from "vitest";
import { Modules } from "../src/lib/hop/modules";
import { Page } from "../src/lib/hop/page";
import type { Kind } from "../src/lib/hop/widget";
import { HandClock, model } from "./hand";

export class Stage {
  readonly clock = new HandClock();
  readonly page: Page;
  readonly carrier = model({ _rw_carrier: "c1" });
  readonly life = new AbortController();
  readonly models = new Map<string, ReturnType<typeof model>>();
  /** Of every element, CSS pixels. */
  width = 600;
  /** Who is told when an element has another size. */
  readonly #resizes = new Map<Element, (() => void)[]>();

  constructor(kinds: Record<string, Kind>) {
    const resizes = this.#resizes;
    vi.stubGlobal(
      "ResizeObserver",
      class {
        constructor(readonly told: () => void) {}
        observe = (el: Element) => resizes.set(el, [...(resizes.get(el) ?? []), this.told]);
        disconnect() {}
      },
    );
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockImplementation(() => this.width);
    this.page = new Page(new Modules(kinds), this.clock);
    this.page.attach(this.carrier, this.life.signal);
  }

  /** Takes on a widget and shows it, in one more place each time. */
  show(id: string, kind: string, traits: Record<string, unknown>, signal = this.life.signal): HTMLElement {
    if (!this.models.has(id)) {
      const basics = { title: "", locale: "en", theme: "light", paused: false, stale_after: null };
      const all = Object.assign(traits, { ...basics, ...traits });
      const made = model(Object.assign(all, { _rw_id: id, _rw_kind: kind, _rw_carrier: "c1" }));
      this.models.set(id, made);
      this.page.adopt(made, this.life.signal);
    }
    const el = document.createElement("div");
    document.body.append(el);
    this.page.show(this.models.get(id)!, el, signal);
    this.clock.draw();
    return el;
  }

  /** An element has another size, see `width`. */
  resized(el: HTMLElement): void {
    for (const told of this.#resizes.get(el) ?? []) told();
  }

  /** A trait of a widget becomes another, and that is drawn. */
  set(id: string, name: string, value: unknown): void {
    const made = this.models.get(id)!;
    made.traits[name] = value;
    made.fire(`change:${name}`);
    this.clock.draw();
  }

  /** A part from the kernel, drawn. */
  put(to: string, body: object, [first, last, key]: [number, number, boolean] = [1, 1, true]): void {
    const part = { to, feed: "0", first, last, key, body: { up_to: last, ...body }, cols: [] };
    this.page.frame("c1", { rw: 2, mid: 1, t: 0, parts: [part] }, []);
    this.clock.draw();
  }

  /** Lets time pass, with the kernel alive, and draws. */
  pass(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.page.frame("c1", { rw: 2, mid: 1, t: 0, parts: [] }, []);
      this.clock.run(1000);
    }
    this.clock.draw();
  }

  /** What readers have asked of the kernel, and of which widget. */
  get asked(): [string, string][] {
    const words = this.carrier.sent as unknown as { do?: string; to?: string }[];
    return words.flatMap((word) => (word.do ? [[word.to!, word.do] as [string, string]] : []));
  }

  /** About what, in the same order. */
  get about(): unknown[] {
    const words = this.carrier.sent as unknown as { do?: string; about?: unknown }[];
    return words.flatMap((word) => (word.do ? [word.about] : []));
  }

  end(): void {
    this.life.abort();
    document.body.replaceChildren();
  }
}

/** What stands in an element of a view. */
export const text = (el: HTMLElement, selector: string) =>
  el.querySelector(selector)!.textContent.replaceAll("\u00a0", " ");

/** The element, as something to click on or to measure. */
export const find = (el: HTMLElement, selector: string) => el.querySelector<HTMLButtonElement>(selector)!;

/** The state that a widget claims. */
export const state = (el: HTMLElement) => find(el, ".rw-root").dataset.rwState;
