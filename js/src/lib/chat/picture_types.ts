// Picture types: which images are shown, judged by the bytes they begin with, whatever is said of them. Of pixels only: a drawing
// may refer to others, and a page is none.

/** The types that are shown. */
export const PICTURES: ReadonlySet<string> = new Set(
  ["png", "jpeg", "gif", "webp", "avif"].map((name) => `image/${name}`),
);

/** So many bytes tell what a file is. */
export const HEAD_BYTES = 32;

/** The type of an image by its first bytes; empty: it is none that is shown. */
export function pictureType(head: Uint8Array): string {
  const text = String.fromCharCode(...head.subarray(0, HEAD_BYTES));
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(text)) return "image/gif";
  if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) return "image/webp";
  return text.startsWith("ftyp", 4) && /avi[fs]/.test(text.slice(8)) ? "image/avif" : "";
}
