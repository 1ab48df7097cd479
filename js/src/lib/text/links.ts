// Links: which addresses of others a reader may be sent to.

const SCHEMES = ["http:", "https:", "mailto:"];

/** An address as it may stand in a link: absolute, of the web or of mail; null for all else, which is text. */
export function safeLink(address: string): string | null {
  try {
    const url = new URL(address);
    return SCHEMES.includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
