"""A receiver without a socket, fed by hand."""

from __future__ import annotations

import json
from typing import Any

from realtime_widgets.client.receiver import Receiver
from realtime_widgets.protocol.envelope import Message


class Fed:
    """A receiver without a socket, and what it complained about."""

    def __init__(self, decode: Any = None) -> None:
        self.receiver = Receiver(None, decode)  # type: ignore[arg-type]
        self.errors: list[Exception] = []

    def stream(self, channel: str) -> Any:
        return self.receiver.stream(channel, 1000)

    def take(self, *frames: Any) -> list[Message]:
        raws = [frame if isinstance(frame, str | bytes) else json.dumps(frame) for frame in frames]
        return self.receiver.take(raws, self.errors.append, 0.0).messages


def rows(stream: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "ts"} for row in stream.read().rows()]
