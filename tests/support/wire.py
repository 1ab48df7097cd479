"""The golden wire file: a short life of one chart, as frames, and what a page must make of each.

`python -m support.wire`, in tests/, writes tests/golden/wire.json. Python and TypeScript are both tested against it.
"""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from realtime_widgets.browser.frames import WIRE, Frame, Part, pack
from realtime_widgets.feeds.feed import Payload
from realtime_widgets.feeds.readout import ReadoutFeed
from realtime_widgets.feeds.series import SeriesFeed
from realtime_widgets.streams import Stream
from support.page_model import Cursor, PageBuckets
from support.unpacking import unpack

START = 1_795_000_000.0


class Recording:
    """Frames of one feed, and what a page makes of each."""

    def __init__(self, to: str) -> None:
        self.steps: list[dict[str, Any]] = []
        self._to = to
        self._cursor, self._buckets = Cursor(), PageBuckets()
        self._readout: dict[str, Any] = {}

    def step(self, what: str, payloads: list[Payload], *, lost: bool = False) -> None:
        """Record a frame with these payloads."""
        if lost:
            return
        parts = tuple(Part(self._to, "0", payload) for payload in payloads)
        content, buffers = pack(Frame(len(self.steps) + 1, START, parts, {"p1": 3} if not parts else {}))
        meanings = []
        for part in unpack(content, buffers).parts:
            assert part.to == self._to
            meaning = self._cursor.offer(part.payload)
            meanings.append(meaning)
            if meaning == "replace":
                self._buckets.replace(part.payload)
            elif meaning == "append" and part.payload.body:
                self._buckets.append(part.payload)
            names = ("value", "level", "delta", "span", "age")
            self._readout = {name: part.payload.body[name] for name in names if name in part.payload.body}
        self.steps.append(
            {
                "what": what,
                "content": content,
                "buffers": [base64.b64encode(buffer).decode() for buffer in buffers],
                "meanings": meanings,
                "state": self._buckets.state(),
                "readout": self._readout,
            }
        )


def golden() -> dict[str, Any]:
    """The lives of a chart and of a card."""
    return {"wire": WIRE, "steps": chart(), "card": card()}


def card() -> list[dict[str, Any]]:
    """A number, few and many more, a hole, one that is missing, a text."""
    stream = Stream("golden", clock=lambda: START + 100)
    feed = ReadoutFeed(stream, "value", 20.0, {8.0: "warning"}, None)
    feed.resize(50)
    made = Recording("k-7")
    stream.append(1.0, ts=START)
    made.step("a keyframe", [feed.take(True, 0.0)])
    for second, value in ((1.0, 2.0), (1.01, 5.0), (1.02, 5.0), (4.0, 3.0)):
        stream.append(value, ts=START + second)
        made.step("a number", [feed.take(False, 0.0)])
    stream.extend({"ts": [START + 5, START + 5, START + 9], "value": [3.0, 9.0, 9.0]})
    made.step("a few", [feed.take(False, 0.0)])
    stream.append(4.0, ts=START + 10)
    made.step("lost", [feed.take(False, 0.0)], lost=True)
    stream.append(4.5, ts=START + 11)
    made.step("a hole", [feed.take(False, 0.0)])
    made.step("a keyframe after it", [feed.take(True, 0.0)])
    stream.append(None, ts=START + 12)
    made.step("a missing one", [feed.take(False, 0.0)])
    stream.append(6.0, ts=START + 23)
    made.step("a number that moves the window", [feed.take(False, 0.0)])
    stream.extend({"ts": START + 23 + np.arange(40) / 5, "value": np.arange(40.0)})
    made.step("many", [feed.take(False, 0.0)])
    return made.steps


def chart() -> list[dict[str, Any]]:
    """Points, a late one, a hole, a keyframe, shared buckets, breaks, an absent value, a clear, a reminder, a keepalive."""
    stream = Stream("golden", fields=["a", "b"], clock=lambda: START)
    line = SeriesFeed(stream, None, 10.0)
    line.resize(50)
    made = Recording("chart")
    step = made.step

    def extend(seconds: list[float], a: list[float], b: list[float]) -> None:
        stream.extend({"ts": [START + second for second in seconds], "a": a, "b": b})

    step("nothing yet", [line.take(True, 0.0)])
    extend([0.0, 1.0, 2.0], [1.0, math.nan, 3.0], [0.5, 0.25, math.inf])
    step("points", [line.take(False, 0.0)])
    extend([3.0, 1.5], [4.0, 2.5], [0.1, 0.2])
    step("a late point", [line.take(False, 0.0)])
    extend([3.5], [9.0], [9.0])
    step("lost", [line.take(False, 0.0)], lost=True)
    extend([4.0], [5.0], [0.3])
    step("a hole", [line.take(False, 0.0)])
    step("a keyframe", [line.take(True, 0.0)])
    step("a reminder", [Payload(8, 7, False, {})])
    extend([13.2, 14.0], [6.0, 7.0], [0.4, 0.5])
    step("old points leave the window, the last leads in", [line.take(False, 0.0)])
    stream.mark_gap("trimmed")
    step("something is missing", [line.take(False, 0.0)])
    extend([14.0], [7.5], [0.6])
    step("and the line goes on after it", [line.take(False, 0.0)])
    stream.append(ts=START + 14.0, a=8.0)
    step("a record leaves a field out", [line.take(False, 0.0)])
    dense = [14.0 + i / 50 for i in range(150)]
    extend(dense, [math.sin(second) for second in dense], [math.nan if i == 80 else i for i in range(150)])
    step("several records share a bucket", [line.take(False, 0.0)])
    extend([17.01, 17.02, 16.3], [2.0, math.nan, -5.0], [1.0, 2.0, -50.0])
    step("one is late in its bucket", [line.take(False, 0.0)])
    stream.clear()
    extend([18.0], [1.0], [2.0])
    step("a clear", [line.take(False, 0.0)])
    step("a keepalive", [])
    return made.steps


if __name__ == "__main__":
    path = Path(__file__).parents[1] / "golden" / "wire.json"
    path.write_text(json.dumps(golden(), indent=1) + "\n")
    print(f"wrote {path.name}")
