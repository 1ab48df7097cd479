"""A transport that goes nowhere: it remembers what was said over it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from realtime_widgets.client.sansio.outbox import Delivery
from realtime_widgets.client.transports.base import Frames
from realtime_widgets.errors import ClientError


class RecordingTransport:
    """A link as far as a session needs one."""

    resumes = False

    def __init__(self, *, one_way: bool = False) -> None:
        self.one_way = one_way
        self.said: list[dict[str, Any]] = []
        self.woken = 0

    def say(self, raw: str) -> None:
        self.said.append(json.loads(raw))

    def wake(self) -> None:
        self.woken += 1

    def end_with(self, deliveries: list[Delivery]) -> None:
        raise NotImplementedError

    def probe(self) -> None:
        raise NotImplementedError

    async def run(
        self, deliver: Callable[[Frames], object], on_heartbeat: Callable[[], object]
    ) -> ClientError:
        raise NotImplementedError

    def heard(self, kind: str) -> list[Any]:
        """The data of what was said of one type, and forget it."""
        found = [message["data"] for message in self.said if message["type"] == kind]
        self.said = [message for message in self.said if message["type"] != kind]
        return found
