// Dropping: files that are pasted into an element, or dropped on it. The page never goes to them.

/** Hands over files that are pasted or dropped; the element says by `data-rw-dropping` that it would take them. */
export function takeFiles(el: HTMLElement, take: (files: File[]) => void, signal: AbortSignal): void {
  const show = (on: boolean) => el.toggleAttribute("data-rw-dropping", on);
  const over = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return; // a text goes into the field, as everywhere
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = "copy";
    show(true);
  };
  el.addEventListener("dragenter", over, { signal });
  el.addEventListener("dragover", over, { signal });
  el.addEventListener(
    "dragleave",
    (event) => {
      if (!el.contains(event.relatedTarget as Node | null)) show(false);
    },
    { signal },
  );
  el.addEventListener(
    "drop",
    (event) => {
      show(false);
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
      give(event.dataTransfer, take);
    },
    { signal },
  );
  el.addEventListener(
    "paste",
    (event) => {
      const data = event.clipboardData;
      // Cells of a spreadsheet come as a text and as a picture of it: the text is meant.
      if (!data?.files.length || data.types.includes("text/plain")) return;
      event.preventDefault();
      event.stopPropagation();
      give(data, take);
    },
    { signal },
  );
}

function give({ files }: DataTransfer, take: (files: File[]) => void): void {
  if (files.length) take([...files]);
}
