// Small tools for elements. Text goes in as text, never as markup.

/** Makes an element with a class and, if given, text. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text?: string,
): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  el.className = className;
  if (text !== undefined) el.textContent = text;
  return el;
}

/**
 * Sets text only when it differs: an untouched node costs the browser nothing, and one whose characters change less than
 * a new one.
 */
export function setText(el: HTMLElement, text: string): void {
  const only = el.firstChild;
  if (only instanceof Text && !only.nextSibling && text) {
    if (only.data !== text) only.data = text;
  } else if (el.textContent !== text) el.textContent = text;
}

/** Writes a number, in which no line ends, and what stands behind it. */
export function setNumber(el: HTMLElement, number: string, rest: string): void {
  if (!el.firstElementChild) el.append(h("span", "rw-number"), h("span", "rw-rest"));
  setText(el.firstElementChild as HTMLElement, number);
  setText(el.lastElementChild as HTMLElement, rest);
}

/** Has the whole of a text that is cut in its tooltip. */
export function tellWhole(el: HTMLElement, signal: AbortSignal): void {
  const tell = () => {
    el.title = el.scrollHeight > el.clientHeight + 1 ? el.textContent : "";
  };
  el.addEventListener("pointerenter", tell, { signal });
}

/** Sets an attribute only when it differs. */
export function setAttribute(el: Element, name: string, value: string): void {
  if (el.getAttribute(name) !== value) el.setAttribute(name, value);
}

/** Hides an element, or shows it. A focus within goes on to its heir: the browser would drop it, and with it the place. */
export function setHidden(el: HTMLElement, hidden: boolean, heir: HTMLElement): void {
  if (hidden && !el.hidden && holdsFocus(el)) heir.focus({ preventScroll: true });
  el.hidden = hidden;
}

/** Whether the focus is within, also where the element lives in a shadow root. */
export function holdsFocus(el: HTMLElement): boolean {
  return el.contains((el.getRootNode() as Document | ShadowRoot).activeElement);
}
