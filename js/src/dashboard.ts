// Dashboard: the header's page half. It holds the widgets below it, in this page and at once.

import { words } from "./lib/text/words";
import { h, setAttribute, setText } from "./lib/view/dom";
import { LiveWidget, type View } from "./lib/view/live";

export class Dashboard extends LiveWidget {
  protected get empty(): boolean {
    return false;
  }

  get lastTs(): null {
    return null;
  }

  /** Of the widgets below. */
  override get holds(): string[] {
    return this.get<string[]>("_members");
  }

  protected take(): void {}

  protected view(el: HTMLElement, signal: AbortSignal): View {
    return new HeaderView(this, el, this.root("dashboard"), signal);
  }
}

class HeaderView implements View {
  readonly status = h("span", "rw-status");
  readonly #title = h("span", "rw-title");
  readonly #pause = h("button", "rw-button");

  constructor(
    readonly header: Dashboard,
    el: HTMLElement,
    readonly root: HTMLElement,
    signal: AbortSignal,
  ) {
    const head = h("div", "rw-head");
    setAttribute(this.#title, "role", "heading");
    setAttribute(this.#title, "aria-level", "2");
    head.append(this.#title, this.status, this.#pause);
    this.#pause.type = "button";
    this.#pause.addEventListener("click", () => header.togglePause(), { signal });
    this.root.append(head);
    el.append(this.root);
  }

  draw(): void {
    const { header } = this;
    const say = words(header.locale);
    setText(this.#title, header.get<string>("title"));
    setText(this.#pause, say(header.paused ? "resume_all" : "pause_all"));
    this.#pause.hidden = header.holds.length === 0;
    this.status.hidden = header.state === "live" || header.state === "loading";
  }
}
