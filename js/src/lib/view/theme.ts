// Theme: light or dark as the host has it or the widget wants it, followed live; and the one style sheet.

import styles from "../../style.css";
import type { Model } from "../hop/wire";

/** Forced colours: the reader's system gives them, and neither the host nor the widget has a say. */
export type Theme = "light" | "dark" | "forced-light" | "forced-dark";

/** Document or shadow root → its style element, and the sheets in it. */
const styled = new WeakMap<Node, { style: HTMLStyleElement; sheets: Set<string> }>();
const followers = new Set<() => void>();
let watching = false;

/** Marks an element as one that the style sheet of this build is for: all its rules are bound to such elements. */
export function markBuild(el: HTMLElement): void {
  if (el.dataset.rwBuild !== __BUILD__) el.dataset.rwBuild = __BUILD__;
}

/**
 * Puts our style sheet into the document (or shadow root) that an element lives in, once; and after it, so that it has
 * the last word, the sheet of the element's own kind of widget.
 */
export function adoptStyles(el: HTMLElement, kind = ""): void {
  markBuild(el);
  const board = el.closest<HTMLElement>(".rw-board");
  if (board) markBuild(board);
  const root = el.getRootNode();
  const target = root instanceof ShadowRoot ? root : document.head;
  let known = styled.get(target);
  if (!known) {
    known = { style: document.createElement("style"), sheets: new Set() };
    known.style.dataset.rw = __BUILD__;
    known.style.textContent = styles;
    styled.set(target, known);
    target.append(known.style);
  }
  if (!kind || known.sheets.has(kind)) return;
  known.sheets.add(kind);
  known.style.append(kind);
}

const FORCED = "(forced-colors: active)";
const DARK = "(prefers-color-scheme: dark)";

/** What the host looks like now: JupyterLab, VS Code, Colab, marimo, or else the browser's preference. */
function hostTheme(): "light" | "dark" {
  const { body, documentElement: html } = document;
  const jupyter = body.dataset.jpThemeLight;
  if (jupyter) return jupyter === "false" ? "dark" : "light";
  const kind = body.dataset.vscodeThemeKind;
  if (kind) return kind.includes("light") ? "light" : "dark";
  const named = html.getAttribute("theme") ?? html.dataset.theme ?? body.dataset.theme;
  if (named === "dark" || named === "light") return named;
  if (body.classList.contains("dark") || html.classList.contains("dark")) return "dark";
  return systemTheme();
}

/** What the system prefers; with forced colours, which of the two they are. */
function systemTheme(): "light" | "dark" {
  return matchMedia(DARK).matches ? "dark" : "light";
}

function themeFor(wanted: string): Theme {
  if (matchMedia(FORCED).matches) return `forced-${systemTheme()}`;
  return wanted === "auto" ? hostTheme() : (wanted as Theme);
}

/** Keeps `data-rw-theme` of a view right until the signal is aborted; `changed` is called after each switch. */
export function followTheme(el: HTMLElement, model: Model, signal: AbortSignal, changed: () => void): void {
  const update = () => {
    const wanted = model.get("theme") as string;
    const theme = themeFor(wanted);
    el.toggleAttribute("data-rw-auto", wanted === "auto");
    if (el.dataset.rwTheme === theme) return;
    el.dataset.rwTheme = theme;
    changed();
  };
  watchHost();
  followers.add(update);
  model.on("change:theme", update);
  signal.addEventListener("abort", () => {
    followers.delete(update);
    model.off("change:theme", update);
  });
  update();
}

/** One observer per page for all views; it stays, because the page does. */
function watchHost(): void {
  if (watching) return;
  watching = true;
  const tell = () => {
    for (const update of [...followers]) update();
  };
  const observer = new MutationObserver(tell);
  const attributeFilter = ["class", "theme", "data-theme", "data-jp-theme-light", "data-vscode-theme-kind"];
  observer.observe(document.documentElement, { attributes: true, attributeFilter });
  observer.observe(document.body, { attributes: true, attributeFilter });
  for (const query of [DARK, FORCED]) matchMedia(query).addEventListener("change", tell);
}
