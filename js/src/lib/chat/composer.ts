import { h } from "../view/dom";

export class Composer {
  readonly root = h("div", "rw-composer");
  readonly field = h("textarea", "rw-compose");
  room = "";
  disabled = "";
  constructor(
    readonly onSend: (text: string) => void,
    readonly onTyping: (on: boolean) => void,
    readonly onFiles: (files: File[]) => void,
    signal: AbortSignal,
  ) {
    this.field.rows = 1;
    this.field.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        if (this.field.value.trim()) onSend(this.field.value.trim());
        this.field.value = "";
      },
      { signal },
    );
    this.root.append(this.field);
  }
  draw(locale: string, placeholder: string): void {
    this.field.placeholder = placeholder || `Message (${locale})`;
    this.field.disabled = this.disabled !== "";
  }
}
