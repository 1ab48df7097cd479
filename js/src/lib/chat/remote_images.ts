// Remote images: those at other hosts, which a page goes to only where whoever has made the chat allows it: to load one tells
// its host who reads, and when.

import { h } from "../view/dom";

/** None, those of any host, or those of some: a name, or `*.` and the end of names. */
export type Allowed = boolean | readonly string[];

/** Whether an image may be loaded. The page's own host is none of "any": an address there may do something. */
export function allows(allowed: Allowed, href: string): boolean {
  const { protocol, hostname } = new URL(href);
  if (protocol !== "http:" && protocol !== "https:") return false;
  if (typeof allowed === "boolean") return allowed && hostname !== location.hostname;
  return allowed.some((name) =>
    name.startsWith("*.") ? hostname.endsWith(name.slice(1)) : hostname === name,
  );
}

/** An image at another host, which is not told from where it is looked at. */
export function remoteImage(href: string, name: string): HTMLImageElement {
  const image = h("img", "rw-md-image");
  image.setAttribute("alt", name);
  image.setAttribute("referrerpolicy", "no-referrer");
  image.setAttribute("loading", "lazy");
  image.setAttribute("decoding", "async");
  image.setAttribute("draggable", "false"); // it would be dropped as a file
  image.setAttribute("src", href);
  return image;
}
