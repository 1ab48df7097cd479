// Remote images: those at other hosts, which a page goes to only where whoever has made the chat allows it: to load one tells
// its host who reads, and when.

import { safeLink } from "../text/links";
import { h } from "../view/dom";

/** None, those of any host, or those of some: a name, or `*.` and the end of names. */
export type Allowed = boolean | readonly string[];

/** Machines near the reader, by name or address. */
const NEAR = [
  /^[^.[]*$/, // a name without a dot, such as localhost
  /\.(?:localhost|local|internal|lan|home\.arpa)?$/,
  /^(?:0|10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.[\d.]+$/,
  /^\[(?![23]\w{3}:)/, // of IPv6 all but 2000::/3, where the hosts of the world are
];

/**
 * Whether an image may be loaded. "Any" host is neither the page's own, where an address may do something, nor one near the
 * reader: whoever writes a message must not have the reader's browser ask what only the reader can reach. Those are to be named.
 */
export function allows(allowed: Allowed, href: string): boolean {
  const { protocol, hostname } = new URL(href);
  if (protocol !== "http:" && protocol !== "https:") return false;
  const host = withoutDot(hostname);
  if (typeof allowed === "boolean")
    return allowed && host !== withoutDot(location.hostname) && !NEAR.some((kind) => kind.test(host));
  return hostsOf(allowed).some((name) => (name[0] === "." ? host.endsWith(name) : host === name));
}

/** `x.test.` is the host `x.test`. */
const withoutDot = (host: string): string => host.replace(/\.$/, "");

/** What was found for lists of names: a message may ask for a thousand images. */
const known = new WeakMap<readonly string[], string[]>();

/** Hosts as addresses have them, which is for the browser to say, as it goes there. The end of names begins with a dot. */
function hostsOf(names: readonly string[]): string[] {
  let hosts = known.get(names);
  if (!hosts) {
    hosts = names.flatMap((name) => {
      const start = name.startsWith("*.") ? "." : "";
      const address = safeLink(`http://${start ? name.slice("*.".length) : name}`);
      return address ? [start + withoutDot(new URL(address).hostname)] : [];
    });
    known.set(names, hosts);
  }
  return hosts;
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
