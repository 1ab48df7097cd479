// Morph: elements made to be as others are, with as little change as that takes. What is selected in them, has the focus or is
// scrolled stays so.

/** Makes the children of an element those of another, which is used up. */
export function morphChildren(el: Element, wanted: Element): void {
  const old = [...el.childNodes];
  const fresh = [...wanted.childNodes];
  for (const [place, node] of fresh.entries()) {
    const known = old[place];
    if (!known) el.append(node);
    else if (!morph(known, node)) known.replaceWith(node);
  }
  for (const gone of old.slice(fresh.length)) gone.remove();
}

/** Makes a node as another is; false: they are of different kinds, so that one must stand for the other. */
export function morph(node: Node, wanted: Node): boolean {
  if (node instanceof Text && wanted instanceof Text) {
    if (wanted.data.startsWith(node.data)) {
      if (wanted.length > node.length) node.appendData(wanted.data.slice(node.length));
    } else node.data = wanted.data;
    return true;
  }
  if (!(node instanceof Element && wanted instanceof Element)) return false;
  if (node.tagName !== wanted.tagName || node.classList[0] !== wanted.classList[0]) return false;
  if (node instanceof HTMLButtonElement) return true; // it may just say what it has done
  for (const name of node.getAttributeNames()) if (!wanted.hasAttribute(name)) node.removeAttribute(name);
  for (const name of wanted.getAttributeNames()) {
    const value = wanted.getAttribute(name)!;
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  morphChildren(node, wanted);
  return true;
}
