// Asking: what a page does when code that a widget needs does not come by itself: it asks the kernel over a widget's comm.
//
// Needed where outputs have frames of their own, where a carrier was closed, or when a message was lost. Many widgets may
// wait for the same code: one asks for all of them, and after a pause the next. The stub bundles this, so it is small.

import { evaluate } from "./evaluate";
import { slot } from "./slot";
import { type Model, WIRE } from "./wire";

export const ASK_AFTER_MS = 4_000;
export const ASK_AGAIN_MS = 5_000;
const MAX_PAUSE_MS = 60_000;
const LOOK_MS = 1_000;

/** Asks for what a view waits for, while it is in the document; until the signal ends it, or the undo that is returned. */
export function askWhileWaiting(model: Model, el: HTMLElement, signal?: AbortSignal): () => void {
  if (signal?.aborted) return () => {};
  const began = performance.now();
  const listener = (content: { rw?: number; module?: string; code?: string }) => {
    if (content?.rw === WIRE && content.code) take(model, content.code, content.module);
  };
  const timer = setInterval(() => {
    const now = performance.now();
    const { page } = slot();
    const kind: string = page ? model.get("_rw_kind") : "";
    if (now - began < ASK_AFTER_MS || !el.isConnected || page?.modules.get(kind) || !isTurn(kind, model, now))
      return;
    model.off("msg:custom", listener);
    model.on("msg:custom", listener);
    model.send({ rw: WIRE, do: "load", ...(kind ? { kind } : {}) });
  }, LOOK_MS);
  const stop = () => {
    clearInterval(timer);
    model.off("msg:custom", listener);
    signal?.removeEventListener("abort", stop);
  };
  signal?.addEventListener("abort", stop);
  return stop;
}

/** Whether to ask for a kind now, over this comm: it may be dead, so another is to ask next if there is one. */
function isTurn(kind: string, by: Model, now: number): boolean {
  const { asked } = slot();
  const last = asked.get(kind);
  const times = last?.times ?? 0;
  const pause = Math.min(MAX_PAUSE_MS, ASK_AGAIN_MS * times) * (last?.by === by ? 2 : 1);
  if (last && now - last.at < pause) return false;
  asked.set(kind, { at: now, times: times + 1, by });
  return true;
}

async function take(model: Model, code: string, kind?: string): Promise<void> {
  const { page } = slot();
  if (kind) page?.modules.load(kind, code);
  else if (!page) (await evaluate(code)).default.carry(model);
}
