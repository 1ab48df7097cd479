// Kernel: what the page knows of the life of a kernel. Some hosts say when one ends; elsewhere its silence tells.

import type { Model } from "./wire";

/** `ended`: stopped or restarted, as the host says; `silent`: nothing has come for longer than it is ever silent. */
export type KernelLife = "alive" | "silent" | "ended";

/** A signal of JupyterLab: calls a slot with its sender and what it has to say. */
interface Signal<T> {
  connect(slot: (sender: unknown, what: T) => void): void;
  disconnect(slot: (sender: unknown, what: T) => void): void;
}

/** The connection to a kernel as the widget managers of JupyterLab and Notebook have it; others have none. */
interface KernelConnection {
  statusChanged?: Signal<string>;
}

/** Those of the statuses of JupyterLab with which this kernel ends; after the restarts it is another one. */
const ENDED = ["terminating", "restarting", "autorestarting", "dead"];

/** Calls `ended` when the host says that the kernel of a model ends, until the signal is aborted. */
export function onKernelEnd(model: Model, ended: () => void, signal: AbortSignal): void {
  // ipywidgets says so of each model whose comm it gives up.
  model.on("comm_live_update", ended);
  const changed = (_: unknown, status: string) => {
    if (ENDED.includes(status)) ended();
  };
  const { statusChanged } = connectionOf(model) ?? {};
  statusChanged?.connect(changed);
  signal.addEventListener("abort", () => {
    model.off("comm_live_update", ended);
    statusChanged?.disconnect(changed);
  });
}

/** The connection to the kernel of a model, where its host has one to look at. */
function connectionOf(model: Model): KernelConnection | null {
  return (model.widget_manager as { kernel?: KernelConnection } | undefined)?.kernel ?? null;
}
