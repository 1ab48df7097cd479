// ConnectionIndicator: the page's half. Colour, shape and word; the seconds are counted here, without any traffic.

import type { Part } from "./lib/hop/frames";
import { define } from "./lib/hop/slot";
import { type Word, words } from "./lib/text/words";
import { h, setAttribute, setHidden, setText } from "./lib/view/dom";
import { type Icon, icon } from "./lib/view/icons";
import { LiveWidget, type View } from "./lib/view/live";
import { type Link, type Standing, standing } from "./lib/view/standing";

const LOOKS: Record<Standing["state"], { icon: Icon; word: Word }> = {
  loading: { icon: "half", word: "loading" },
  connecting: { icon: "half", word: "connecting" },
  connected: { icon: "disc", word: "connected" },
  unreadable: { icon: "cross", word: "unreadable" },
  reconnecting: { icon: "arrow", word: "reconnecting" },
  disconnected: { icon: "ring", word: "disconnected" },
  error: { icon: "cross", word: "failed" },
  kernel_gone: { icon: "slashed", word: "kernel_gone" },
};

/** What can be done about it: the intent, and the word on the button. */
const ACTIONS: Partial<Record<Standing["state"], { ask: string; word: Word }>> = {
  reconnecting: { ask: "retry", word: "retry_now" },
  disconnected: { ask: "connect", word: "connect" },
  error: { ask: "retry", word: "retry" },
};

/** Pixels that the words and the button need; the address has the rest, or is left to the tooltip. */
const WORDS_PX = 290;
const MIN_LABEL_PX = 120;

/** A click is answered with a new part; without one, the reader may click again after this. */
const ANSWER_MS = 3_000;

export class ConnectionIndicator extends LiveWidget {
  static override readonly settings = ["grace"];

  link: Link | null = null;
  #toldAt = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** Attempts from the beginning: whatever comes of one is news. */
  #begun = 0;

  protected get empty(): boolean {
    return this.link === null;
  }

  get lastTs(): null {
    return null;
  }

  override get shownState(): string {
    return this.standing.state;
  }

  protected override get claim(): string {
    return JSON.stringify([this.standing, this.waiting]);
  }

  get standing(): Standing {
    const elapsed = (this.host.clock.now() - this.#toldAt) / 1000;
    return standing(this.link, elapsed, this.get<number>("grace"), this.kernelGone);
  }

  /** Whether the kernel has not yet answered a click. */
  get waiting(): boolean {
    return this.host.clock.now() - this.#askedAt < ANSWER_MS;
  }

  ask(what: string): void {
    if (this.waiting) return;
    this.#askedAt = this.host.clock.now();
    this.host.ask(what);
    this.refresh();
  }

  protected take(part: Part): void {
    const link = part.body as unknown as Link;
    if (link.state === "connecting" && this.link?.state !== "connecting") this.#begun += 1;
    if (stage(link) !== stage(this.link)) this.#askedAt = Number.NEGATIVE_INFINITY;
    this.link = link;
    this.#toldAt = this.host.clock.now();
  }

  override get name(): string {
    return this.link?.label || super.name;
  }

  /** Only what lasts: no link that is back within the grace, and no countdown. */
  protected override tellState(): void {
    const { state, calm, reason } = this.standing;
    if (state === "loading" || (calm && state !== "connecting")) return;
    const text = () => {
      const say = words(this.locale);
      const word = state === "kernel_gone" ? this.statusText : say(LOOKS[state].word);
      return reason && state !== "reconnecting" ? say("because", word, reason) : word;
    };
    this.tell("link", `${state} ${this.#begun}`, text, state === "error" || state === "kernel_gone");
  }

  protected view(el: HTMLElement, signal: AbortSignal): View {
    return new ConnectionView(this, el, this.root("connection"), signal);
  }
}

/** What changes when something is done. */
function stage(link: Link | null): string {
  return `${link?.state} ${link?.attempts} ${link?.retry_in === undefined}`;
}

class ConnectionView implements View {
  readonly #icon = h("span", "rw-link-icon");
  readonly #word = h("span", "");
  readonly #label = h("span", "rw-link-label");
  readonly #button = h("button", "rw-button rw-action");
  readonly #reason = h("div", "rw-error");
  #drawnIcon = "";

  constructor(
    readonly indicator: ConnectionIndicator,
    el: HTMLElement,
    readonly root: HTMLElement,
    signal: AbortSignal,
  ) {
    const row = h("div", "rw-link");
    const words = h("span", "rw-link-word");
    words.append(this.#icon, this.#word);
    row.append(words, this.#label, this.#button);
    this.root.append(row, this.#reason);
    root.tabIndex = -1;
    this.#button.type = "button";
    this.#button.addEventListener("click", () => indicator.ask(this.#button.dataset.rwAsk!), { signal });
    el.append(this.root);
  }

  draw(width: number): void {
    const { indicator, root } = this;
    const say = words(indicator.locale);
    const now = indicator.standing;
    const { icon: shape, word } = LOOKS[now.state];
    const action = now.calm ? undefined : ACTIONS[now.state];
    root.toggleAttribute("data-rw-calm", now.calm);
    if (shape !== this.#drawnIcon) {
      this.#drawnIcon = shape;
      this.#icon.replaceChildren(icon(shape));
    }
    const plain = now.state === "kernel_gone" ? indicator.statusText : say(word);
    setText(this.#word, now.attempt ? attempt(now, say) : plain);
    const label = indicator.link?.label ?? "";
    setText(this.#label, label);
    this.#label.style.maxWidth = `${width - WORDS_PX}px`;
    this.#label.hidden = width - WORDS_PX < MIN_LABEL_PX;
    setAttribute(root, "title", label);
    setAttribute(root, "role", "group");
    setAttribute(root, "aria-label", indicator.name);
    setHidden(this.#button, !action, root);
    setAttribute(this.#button, "aria-disabled", String(indicator.waiting)); // one that is disabled would lose the focus
    if (action) {
      setText(this.#button, say(action.word));
      this.#button.dataset.rwAsk = action.ask;
    }
    setText(this.#reason, now.reason);
    this.#reason.hidden = !now.reason;
  }
}

function attempt({ attempt, countdown }: Standing, say: ReturnType<typeof words>): string {
  return countdown ? say("attempt_in", String(attempt), String(countdown)) : say("attempt", String(attempt));
}

define("connection", ConnectionIndicator);
