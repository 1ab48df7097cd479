import { describe, expect, it, vi } from "vitest";
import { onKernelEnd } from "../../src/lib/hop/kernel";
import type { Model } from "../../src/lib/hop/wire";
import { model } from "../hand";

type Slot = (sender: unknown, status: string) => void;

function lab() {
  const slots = new Set<Slot>();
  const statusChanged = {
    connect: (slot: Slot) => slots.add(slot),
    disconnect: (slot: Slot) => slots.delete(slot),
  };
  const say = (status: string) => {
    for (const slot of slots) slot(null, status);
  };
  return { manager: { kernel: { statusChanged } }, slots, say };
}

describe("the end of a kernel", () => {
  it.each([
    ["idle", 0],
    ["busy", 0],
    ["unknown", 0],
    ["starting", 0],
    ["restarting", 1],
    ["autorestarting", 1],
    ["terminating", 1],
    ["dead", 1],
  ])("is told by JupyterLab's status %s: %d", (status, times) => {
    const { manager, say } = lab();
    const ended = vi.fn();
    const made = Object.assign(model({}), { widget_manager: manager }) as Model;
    onKernelEnd(made, ended, new AbortController().signal);
    say(status);
    expect(ended).toHaveBeenCalledTimes(times);
  });

  it("is told by a comm that is given up, in a host that says nothing of kernels", () => {
    const made = model({});
    const ended = vi.fn();
    onKernelEnd(made, ended, new AbortController().signal);
    made.fire("comm_live_update");
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it("is listened for until the signal ends it", () => {
    const { manager, slots } = lab();
    const made = model({});
    const life = new AbortController();
    onKernelEnd(Object.assign(made, { widget_manager: manager }) as Model, () => {}, life.signal);
    expect(slots.size).toBe(1);
    life.abort();
    expect([slots.size, made.listeners.size]).toEqual([0, 0]);
  });
});
