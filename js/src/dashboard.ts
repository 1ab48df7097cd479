// Dashboard: the header's page half. It holds the widgets below it, in this page and at once.

import { define } from "./lib/hop/slot";
import { setAttribute } from "./lib/view/dom";
import { Head } from "./lib/view/head";
import { LiveWidget, type View } from "./lib/view/live";
import { markBuild } from "./lib/view/theme";

export class Dashboard extends LiveWidget {
  static override readonly settings = ["_members"];

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

  /** Nothing: the widgets below tell of themselves. */
  protected override tellState(): void {}

  protected view(el: HTMLElement, signal: AbortSignal): View {
    return new HeaderView(this, el, this.root("dashboard"), signal);
  }
}

class HeaderView implements View {
  readonly status: HTMLElement;
  readonly #head: Head;
  #board: HTMLElement | null = null;

  constructor(
    readonly header: Dashboard,
    readonly el: HTMLElement,
    readonly root: HTMLElement,
    signal: AbortSignal,
  ) {
    this.#head = new Head(header, signal);
    this.status = this.#head.status;
    setAttribute(this.#head.title, "role", "heading");
    setAttribute(this.#head.title, "aria-level", "2");
    this.root.append(this.#head.root);
    el.append(this.root);
    this.measure();
  }

  /** The box around, once there is one: it is of ipywidgets, and of ours only by its classes. */
  measure(): void {
    this.#board = this.el.closest<HTMLElement>(".rw-board");
    if (this.#board) markBuild(this.#board);
  }

  draw(): void {
    const { header } = this;
    this.#head.draw("pause_all", "resume_all");
    this.root.toggleAttribute("data-rw-untitled", !header.get<string>("title"));
    if (this.#board) {
      setAttribute(this.#board, "role", header.get("title") ? "region" : "group");
      setAttribute(this.#board, "aria-label", header.name);
    }
    this.#head.pause.hidden = header.holds.length === 0;
    this.status.hidden = header.state === "live" || header.state === "loading";
  }
}

define("dashboard", Dashboard);
