"""The broker that keeps its channels in the memory of this process: nothing outlives it."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import msgspec

from ...messages import Message
from . import Position, Sink


class MemoryBroker:
    """Channels in memory; the epoch is that of the broker."""

    def __init__(self) -> None:
        self.epoch = secrets.token_hex(4)
        self._offsets: dict[str, int] = {}
        self._sinks: dict[str, dict[object, Sink]] = {}

    async def publish(self, channel: str, message: Message) -> Position:
        """See `Broker.publish`."""
        offset = self._offsets[channel] = self._offsets.get(channel, 0) + 1
        numbered = msgspec.structs.replace(message, channel=channel, epoch=self.epoch, offset=offset)
        for sink in list(self._sinks.get(channel, {}).values()):
            sink(numbered)
        return Position(self.epoch, offset)

    def subscribe(self, channel: str, sink: Sink) -> Callable[[], None]:
        """See `Broker.subscribe`."""
        key = object()
        self._sinks.setdefault(channel, {})[key] = sink

        def undo() -> None:
            sinks = self._sinks.get(channel, {})
            sinks.pop(key, None)
            if not sinks:
                self._sinks.pop(channel, None)

        return undo
