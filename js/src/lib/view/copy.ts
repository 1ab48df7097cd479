// Copy: puts text into the reader's clipboard, also where the browser has no clipboard to offer.

/** Copies text; tells whether it could. Call it from the handler of a click. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Over http from another host there is no `navigator.clipboard`, and a frame may not be allowed to use it.
    return copyOfOld(text);
  }
}

/** Answers the browser's own copy command with the text; no element is selected, and the focus stays. */
function copyOfOld(text: string): boolean {
  let taken = false;
  const give = (event: ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation();
    taken = true;
  };
  addEventListener("copy", give, true);
  try {
    return document.execCommand("copy") && taken;
  } catch {
    return false;
  } finally {
    removeEventListener("copy", give, true);
  }
}
