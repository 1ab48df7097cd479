"""The golden wire file: a short life of one chart, as frames, and what a page must make of each.

`python -m support.wire`, in tests/, writes tests/golden/wire.json. Python and TypeScript are both tested against it.
"""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any

from realtime_widgets.browser.frames import WIRE, Frame, Part, pack
from realtime_widgets.feeds.feed import Payload
from realtime_widgets.feeds.series import SeriesFeed
from realtime_widgets.streams import Stream
from support.page_model import Cursor, PageBuckets
from support.unpacking import unpack

START = 1_795_000_000.0


def golden() -> dict[str, Any]:
    """Points, a late one, a hole, a keyframe, shared buckets, breaks, an absent value, a clear, a reminder, a keepalive."""
    stream = Stream("golden", fields=["a", "b"], clock=lambda: START)
    line = SeriesFeed(stream, None, 10.0)
    line.resize(50)
    cursor, buckets = Cursor(), PageBuckets()
    steps: list[dict[str, Any]] = []

    def step(what: str, payloads: list[Payload], *, lost: bool = False) -> None:
        if lost:
            return
        parts = tuple(Part("chart", "0", payload) for payload in payloads)
        content, buffers = pack(Frame(len(steps) + 1, START, parts, {"p1": 3} if not parts else {}))
        meanings = []
        for part in unpack(content, buffers).parts:
            meaning = cursor.offer(part.payload)
            meanings.append(meaning)
            if meaning == "replace":
                buckets.replace(part.payload)
            elif meaning == "append" and part.payload.body:
                buckets.append(part.payload)
        steps.append(
            {
                "what": what,
                "content": content,
                "buffers": [base64.b64encode(buffer).decode() for buffer in buffers],
                "meanings": meanings,
                "state": buckets.state(),
            }
        )

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
    return {"wire": WIRE, "steps": steps}


if __name__ == "__main__":
    path = Path(__file__).parents[1] / "golden" / "wire.json"
    path.write_text(json.dumps(golden(), indent=1) + "\n")
    print(f"wrote {path.name}")
