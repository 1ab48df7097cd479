// Saving: bytes of others become a file of the reader's. The browser is told that they are bytes, so that it opens none of them.

/** What directs how a text runs, and what no name of a file may have. */
const ODD = /[\p{Cc}\p{Bidi_Control}\p{Cs}\u2028\u2029<>:"|?*]/gu;
/** Characters of a name. */
const MOST = 120;

/** A name as it is shown: from what looks like its end nobody is to believe that it is another kind of file. */
export function shownName(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, "");
}

/** The name that a file is saved by: no path, nothing that hides its end, nothing that hides it. */
export function cleanName(name: string): string {
  const last = name
    .split(/[/\\]/)
    .at(-1)!
    .replaceAll(ODD, "")
    .replace(/^[.\s]+|[.\s]+$/g, "");
  const end = /\.[^.\s]{1,12}$/.exec(last)?.[0] ?? "";
  return (last.length > MOST ? [...last].slice(0, MOST - end.length).join("") + end : last) || "file";
}

/** Has the browser save bytes under a name; returns what lets go of them. */
export function save(bytes: BlobPart[], name: string): () => void {
  const url = URL.createObjectURL(new Blob(bytes, { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = cleanName(name);
  link.click();
  return () => URL.revokeObjectURL(url);
}
