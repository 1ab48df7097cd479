"""A client as far as widgets need one: it has a status and may be asked to connect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realtime_widgets.client.sansio.state import Status


class StandIn:
    """A client as far as an indicator needs one."""

    label = "ws://host/ws"

    def __init__(self, status: Status | None = None) -> None:
        self.status = status or Status("connecting", 0.0)
        self.listeners: list[Callable[[], object]] = []
        self.asked: list[str] = []

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        self.listeners.append(fn)
        return lambda: self.listeners.remove(fn)

    def connect(self) -> None:
        self.asked.append("connect")
        self.become("connecting")

    def disconnect(self) -> None:
        self.asked.append("disconnect")

    def become(self, *status: Any) -> None:
        self.status = Status(*status)
        for fn in self.listeners:
            fn()
