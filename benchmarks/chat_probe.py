"""What a page shows of a chat: which token of a text, or which message, is on the screen from when on.

`CHAT` is the part inside the page, beside `lab_probe.PAGE`: once per animation frame, after all callbacks of the frame
have run, it reads the newest message and notes the last token in it, `t0123`, when that is another. `ages` joins this
with the moments at which the kernel appended them (one machine, one clock). `running_cdn` is what Panel loads its style
sheets from.
"""

from __future__ import annotations

import importlib.util
import statistics
import threading
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

CHAT = """
(() => {
  // Everything below an element, in shadow roots, too; depth first.
  function* below(node) {
    for (const child of node.children ?? []) {
      yield child;
      yield* below(child);
    }
    if (node.shadowRoot) yield* below(node.shadowRoot);
  }
  const find = (node, selector) => {
    for (const each of below(node)) if (each.matches(selector)) return each;
    return null;
  };

  // list: what scrolls; newest: the last message in it; text: the element whose text that is.
  const KINDS = {
    ours: {
      list: ".rw-chat-list",
      newest: (list) => [...list.querySelectorAll(".rw-msg")].at(-1),
      text: (message) => message.querySelector(".rw-md"),
    },
    panel: {
      list: ".chat-feed-log",
      newest: (list) => [...list.shadowRoot.querySelectorAll(".chat-message")].at(-1),
      text: (message) => find(message, ".message")?.shadowRoot?.querySelector("div"),
    },
  };
  const area = () => document.querySelectorAll(".jp-Cell-outputArea")[1];
  let kind = null;
  let list = null;
  let message = null;
  let text = null;
  let seen = [];
  let frames = [];
  let last = "";
  let wanted = "";
  let shown = null;

  const newest = () => {
    if (!list) return "";
    const found = kind.newest(list);
    if (found !== message || !text?.isConnected) {
      message = found;
      text = found ? kind.text(found) : null;
    }
    return text?.textContent ?? "";
  };
  // Whether its end is within the list and the window.
  const inSight = (el) => {
    const { top, bottom, height } = el.getBoundingClientRect();
    const box = list.getBoundingClientRect();
    return height > 0 && bottom > box.top && bottom <= box.bottom + 1 && bottom <= innerHeight && top < innerHeight;
  };
  const after = new MessageChannel();
  after.port1.onmessage = () => {
    const written = newest();
    const at = Date.now();
    const token = written.slice(-120).match(/t(\\d{4})(?!.*t\\d{4})/s)?.[1];
    if (token !== undefined && token !== last) {
      last = token;
      seen.push([Number(token), at]);
    }
    if (wanted && shown === null && written.includes(wanted) && inSight(text)) shown = at;
  };
  const frame = (now) => {
    frames.push(now);
    if (list) after.port2.postMessage(0);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);

  window.rwChat = {
    // Whether the chat is there.
    begin(name) {
      kind = KINDS[name];
      list = find(area(), kind.list);
      return list !== null;
    },
    // What is on the screen already is no news.
    reset(text = "") {
      seen = [];
      frames = [];
      wanted = text;
      shown = null;
    },
    read: () => ({ seen, frames, shown }),
    get last() { return seen.at(-1)?.[0] ?? -1; },
    get shown() { return shown; },
    toEnd() {
      list.scrollTop = list.scrollHeight;
    },
    nodes() {
      let count = 0;
      for (const _ of below(area())) count += 1;
      return count;
    },
    // Scrolls up by so many pixels with each frame, from the newest; returns the times of the frames.
    scroll: (px, count) => new Promise((resolve) => {
      const times = [];
      const step = (now) => {
        times.push(now);
        if (times.length > count) return resolve(times);
        list.scrollTop -= px;
        requestAnimationFrame(step);
      };
      list.scrollTop = list.scrollHeight;
      requestAnimationFrame(step);
    }),
  };
})();
"""


def ages(appended: Sequence[float], seen: Sequence[tuple[int, float]]) -> list[float]:
    """Return how long each token took from its append to the first frame that shows it, milliseconds.

    Args:
        appended: when each was, seconds since 1970.
        seen: the newest token and when it was seen first, milliseconds since 1970; in their order.
    """
    found: list[float] = []
    for token, at in seen:
        while len(found) <= token:
            found.append(at - 1000 * appended[len(found)])
    return found


def quantile(samples: Sequence[float], percent: int) -> float:
    """Return a percentile; NaN of fewer than two samples."""
    if len(samples) < 2:
        return float("nan")
    return statistics.quantiles(samples, n=100, method="inclusive")[percent - 1]


def intervals(times: Sequence[float]) -> list[float]:
    """Return what lies between each two of some times."""
    return [later - earlier for earlier, later in pairwise(times)]


class _Files(SimpleHTTPRequestHandler):
    """The files of the installed Panel, below any version, to be kept for ever."""

    protocol_version = "HTTP/1.1"

    def translate_path(self, path: str) -> str:
        found = importlib.util.find_spec("panel")
        assert found is not None
        assert found.origin is not None
        _, _, within = urllib.parse.unquote(urllib.parse.urlsplit(path).path).lstrip("/").partition("/")
        return str(Path(found.origin).parent / within)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "public, max-age=31536000, immutable")
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def running_cdn() -> Iterator[str]:
    """Serve what Panel has on its CDN from this machine, and say where: its best case, a network without a delay."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
