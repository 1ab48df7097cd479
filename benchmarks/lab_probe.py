"""What a page of JupyterLab, its kernel and its browser do while a chart is live.

`PAGE` is the part inside the page: it counts animation frames, messages and bytes of the kernel's websocket, and
keeps the age of what is drawn. `Probe` brackets a measurement with it and with the CPU times of the processes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import psutil
from playwright.sync_api import Page

PAGE = """
(() => {
  const zero = () => ({ began: performance.now(), frames: 0, draws: 0, shown: [], before: [], fresh: [],
                        bytes: 0, comms: 0, sentBytes: 0, sentComms: 0 });
  let counts = zero();
  let newest = null;
  let seen = null;

  // A contestant's hook says after every draw which time, in seconds, is the newest on the screen.
  const drawn = (ts) => {
    if (!Number.isFinite(ts) || ts === newest) return;
    newest = ts;
    counts.draws += 1;
  };

  // Once per animation frame: what the frame before showed until now, and (a task later, when all callbacks of this
  // frame have run) what this one shows. The age of the second is the one reported.
  const age = () => Date.now() - newest * 1000;
  const after = new MessageChannel();
  after.port1.onmessage = () => {
    if (newest === null) return;
    counts.shown.push(age());
    if (newest !== seen) counts.fresh.push(age());
    seen = newest;
  };
  const frame = () => {
    counts.frames += 1;
    if (newest !== null) counts.before.push(age());
    after.port2.postMessage(0);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);

  // The kernel's websocket, protocol v1: count of offsets, offsets, channel, header, ... ; all little-endian uint64.
  const text = new TextDecoder();
  const isComm = (data) => {
    if (typeof data === "string") return data.includes('"comm_msg"');
    const view = new DataView(data);
    const offset = (i) => Number(view.getBigUint64(8 * i, true));
    return text.decode(new Uint8Array(data, offset(2), offset(3) - offset(2))).includes('"comm_msg"');
  };
  const size = (data) => (typeof data === "string" ? new Blob([data]).size : data.byteLength);
  window.WebSocket = class extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols);
      this.rwKernel = String(url).includes("/channels");
      if (!this.rwKernel) return;
      this.addEventListener("message", ({ data }) => {
        counts.bytes += size(data);
        counts.comms += isComm(data) ? 1 : 0;
      });
    }
    send(data) {
      if (this.rwKernel) {
        counts.sentBytes += size(data);
        counts.sentComms += isComm(data) ? 1 : 0;
      }
      super.send(data);
    }
  };

  window.rwProbe = {
    drawn,
    reset() { counts = zero(); },
    read() { return { ...counts, seconds: (performance.now() - counts.began) / 1000 }; },
  };
})();
"""


class Probe:
    """One measurement of one page.

    Args:
        page: opened in a context that runs `PAGE` as its init script.
        kernel: process id of the kernel whose chart it shows.
    """

    def __init__(self, page: Page, kernel: int) -> None:
        self._page = page
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.send("Performance.enable")
        self._kernel = psutil.Process(kernel)
        self._server = self._kernel.parent()

    def measure(self, seconds: float) -> dict[str, Any]:
        """Lets `seconds` pass and returns what happened meanwhile; rates are per second, CPU is in cores."""
        self._page.evaluate("rwProbe.reset()")
        main, cpu, began = self._main_thread(), self._cpu(), time.monotonic()
        self._page.wait_for_timeout(seconds * 1000)
        page = self._page.evaluate("rwProbe.read()")
        wall = time.monotonic() - began
        used = {name: max(0.0, spent - cpu[name]) / wall for name, spent in self._cpu().items()}
        thread = {name: (spent - main[name]) / wall for name, spent in self._main_thread().items()}
        span = page["seconds"]
        return {
            "seconds": span,
            "draws_per_s": page["draws"] / span,
            "frames_per_s": page["frames"] / span,
            **_ages(page["shown"]),
            "latency_ms": _quantiles(page["fresh"]),
            "age_before_frame_ms": _quantiles(page["before"]),
            "bytes_per_s": page["bytes"] / span,
            "comms_per_s": page["comms"] / span,
            "bytes_back_per_s": page["sentBytes"] / span,
            "comms_back_per_s": page["sentComms"] / span,
            "cpu": used,
            "main_thread": thread,
            "heap_mb": self._heap(),
        }

    def _cpu(self) -> dict[str, float]:
        """CPU seconds so far: of the kernel, the Jupyter server, the browser's processes, and whatever is not ours."""
        here = psutil.Process()
        family = [here, *here.children(recursive=True)]
        machine = psutil.cpu_times()
        busy = sum(machine) - machine.idle - machine.iowait - machine.guest - machine.guest_nice
        return {
            "kernel": _spent([self._kernel]),
            "server": _spent([self._server]),
            "browser": _spent(family, lambda process: "chrom" in process.name()),
            "others": busy - _spent(family),
        }

    def _main_thread(self) -> dict[str, float]:
        """Seconds so far that the page's main thread was busy, and with what."""
        metrics = {
            item["name"]: item["value"] for item in self._cdp.send("Performance.getMetrics")["metrics"]
        }
        parts = {"task": "Task", "script": "Script", "layout": "Layout", "style": "RecalcStyle"}
        return {name: metrics[f"{metric}Duration"] for name, metric in parts.items()}

    def _heap(self) -> float:
        """Megabytes that the page's scripts hold after a garbage collection, typed arrays included."""
        self._cdp.send("HeapProfiler.collectGarbage")
        usage = self._cdp.send("Runtime.getHeapUsage")
        return float(usage["usedSize"] + usage.get("backingStorageSize", 0)) / 1e6


def _spent(
    processes: list[psutil.Process], among: Callable[[psutil.Process], bool] = lambda _: True
) -> float:
    total = 0.0
    for process in processes:
        try:
            if among(process):
                times = process.cpu_times()
                total += times.user + times.system
        except psutil.NoSuchProcess:
            pass
    return total


def _ages(samples: list[float]) -> dict[str, Any]:
    third = len(samples) // 3
    growth = None
    if third:
        growth = statistics.median(samples[-third:]) - statistics.median(samples[:third])
    return {"age_ms": _quantiles(samples), "age_growth_ms": growth}


def _quantiles(samples: list[float]) -> dict[str, float | None]:
    if len(samples) < 2:
        return {"p50": None, "p95": None}
    cuts = statistics.quantiles(samples, n=100, method="inclusive")
    return {"p50": cuts[49], "p95": cuts[94]}
