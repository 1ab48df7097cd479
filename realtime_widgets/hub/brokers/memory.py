"""The memory broker: keeps channels in the memory of this process; nothing outlives it."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import islice
from typing import Final

import msgspec

from ...protocol.envelope import Message
from ...streams.gaps import Position
from .base import Sink
from .dedup import DedupCache, Key

MAX_BYTES: Final = 64 * 1024 * 1024
"""Bytes of all histories together; the channels that were silent for longest lose theirs first."""

_OVERHEAD: Final = 500
"""Bytes that a message takes besides its data."""


class MemoryBroker:
    """Channels in memory; all have the epoch of the broker.

    Args:
        history: messages of each channel that are kept.
        history_age: seconds that they are kept; None: for as long as there is room.
        clock: seconds of a monotonic clock.
    """

    def __init__(
        self,
        history: int = 1000,
        history_age: float | None = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.epoch = secrets.token_hex(4)
        self._history = history
        self._age = history_age
        self._clock = clock
        self._bytes = 0
        self._offsets: dict[str, int] = {}
        self._kept: OrderedDict[str, deque[tuple[float, Message]]] = OrderedDict()  # the last published last
        self._known = DedupCache()
        self._sinks: dict[str, dict[object, Sink]] = {}

    async def publish(self, channel: str, message: Message, key: Key | None = None) -> Position:
        """See `Broker.publish`."""
        now = self._clock()
        if key is not None and (first := self._known.find(key, now)) is not None:
            return first
        offset = self._offsets[channel] = self._offsets.get(channel, 0) + 1
        position = Position(self.epoch, offset)
        if key is not None:
            self._known.add(key, position, now)
        numbered = msgspec.structs.replace(message, channel=channel, epoch=self.epoch, offset=offset)
        self._keep(channel, numbered, now)
        for sink in list(self._sinks.get(channel, {}).values()):
            sink(numbered)
        return position

    async def position(self, channel: str) -> Position:
        """See `Broker.position`."""
        return Position(self.epoch, self._offsets.get(channel, 0))

    async def read(self, channel: str, after: int, most: int) -> list[Message]:
        """See `Broker.read`."""
        self._forget_old(channel, self._clock())
        kept = self._kept.get(channel)
        if not kept:
            return []
        first = kept[0][1].offset or 0
        found: list[Message] = []
        for _, message in islice(kept, max(0, after - first + 1), None):
            most -= size_of(message)
            if found and most < 0:
                break
            found.append(message)
        return found

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

    # History

    def _keep(self, channel: str, message: Message, now: float) -> None:
        if self._history:
            kept = self._kept.setdefault(channel, deque())
            self._kept.move_to_end(channel)
            kept.append((now, message))
            self._bytes += size_of(message)
            while len(kept) > self._history:
                self._forget(kept)
        silent = next(iter(self._kept), channel)
        self._forget_old(silent, now)
        while self._bytes > MAX_BYTES:
            silent = next(iter(self._kept))
            self._forget(self._kept[silent])
            if not self._kept[silent]:
                del self._kept[silent]

    def _forget_old(self, channel: str, now: float) -> None:
        kept = self._kept.get(channel)
        while kept and self._age is not None and kept[0][0] <= now - self._age:
            self._forget(kept)
        if kept is not None and not kept:
            del self._kept[channel]

    def _forget(self, kept: deque[tuple[float, Message]]) -> None:
        self._bytes -= size_of(kept.popleft()[1])


def size_of(message: Message) -> int:
    """Return about how many bytes a kept message takes."""
    return _OVERHEAD + (len(memoryview(message.data)) if isinstance(message.data, msgspec.Raw) else 0)
