"""The memory broker: keeps channels in the memory of this process; nothing outlives it."""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import islice
from typing import Final

import msgspec

from ...protocol.envelope import Message, encode_data
from ...streams.gaps import Position
from ..policies import Retention
from .base import NOTE_AGE, Change, Sink
from .dedup import DedupCache, Key, digest_of_data
from .memory_files import MemoryFiles
from .shares import Shares
from .subscribers import Subscribers

MAX_BYTES: Final = 64 * 1024 * 1024
"""Bytes of all histories together; beyond it the oldest messages go, of the channels that `shares` says."""

MAX_CHANNEL_BYTES: Final = 32 * 1024 * 1024
"""Bytes of what is known of channels that nobody follows, besides their messages: some 22,000 channels. Beyond it some
are forgotten, as `shares` says."""

_OVERHEAD: Final = 340
"""Bytes that a message takes besides its data and texts, measured."""

_CHANNEL_OVERHEAD: Final = 1350
"""Bytes that a channel takes besides its name and its messages, measured."""


USUAL: Final = Retention(1000, 300.0)

_Histories = OrderedDict[str, deque[tuple[float, Message]]]
"""Messages with the times when they came, by channels."""


class MemoryBroker:
    """Channels in memory; all have the epoch of the broker, unless it had to forget channels.

    A channel that it does not know may be one that it has forgotten, with any number of messages: its numbers begin
    anew, and so does its epoch.

    Args:
        retention: how much of each channel is kept.
        clock: seconds of a monotonic clock.
    """

    def __init__(
        self,
        retention: Retention = USUAL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.epoch = secrets.token_hex(4)
        """The epoch of channels that it does not know yet."""
        self._retention = retention
        self._clock = clock
        self._bytes = 0  # of histories
        self._positions: dict[str, Position] = {}
        self._idle = Shares()  # channels that nobody follows
        self._idle_bytes = 0
        # Channels by the age of what is kept of them, and of each age the last published last.
        self._kept: dict[float | None, _Histories] = {}
        self._shares = Shares()  # bytes of histories
        self._known = DedupCache()
        # With their ends, the first first; by their ages.
        self._notes: dict[float, OrderedDict[str, tuple[float, bytes]]] = {}
        self._subscribers = Subscribers()
        self.files = MemoryFiles(retention, clock)
        """See `Broker.files`."""

    trouble: Final[None] = None
    """See `Broker.trouble`."""

    @property
    def history_bytes(self) -> int:
        """Bytes of all histories together."""
        return self._bytes

    async def open(self) -> None:
        """See `Broker.open`; what it kept when it was closed is still there."""

    async def close(self) -> None:
        """See `Broker.close`."""

    def publish(self, channel: str, message: Message, key: Key | None = None) -> asyncio.Future[Position]:
        """See `Broker.publish`."""
        placed: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
        try:
            placed.set_result(self._publish(channel, message, key))
        except Exception as error:
            placed.set_exception(error)
        return placed

    def _publish(self, channel: str, message: Message, key: Key | None) -> Position:
        now = self._clock()
        data = (
            message.data if isinstance(message.data, msgspec.Raw) else msgspec.Raw(encode_data(message.data))
        )
        digest = b"" if key is None else digest_of_data(data, key)
        if key is not None and (first := self._known.find(key, digest, now)) is not None:
            return first
        epoch, offset = self._position(channel)
        position = self._positions[channel] = Position(epoch, offset + 1)
        if channel not in self._subscribers:
            self._rest(channel)
        if key is not None:
            self._known.add(key, digest, position, now)
        numbered = msgspec.structs.replace(
            message, data=data, channel=channel, epoch=epoch, offset=position.offset
        )
        self._keep(channel, numbered, now)
        self._subscribers.tell(numbered)
        return position

    async def position(self, channel: str, known: Position | None = None) -> Position:
        """See `Broker.position`."""
        return self._position(channel)

    async def read(self, channel: str, after: int, most: int) -> list[Message]:
        """See `Broker.read`."""
        self._forget_old(channel, self._clock())
        kept = self._histories(channel).get(channel)
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

    async def amend(self, channel: str, change: Change, age: float = NOTE_AGE) -> None:
        """See `Broker.amend`."""
        now = self._clock()
        for notes in self._notes.values():
            while notes and next(iter(notes.values()))[0] <= now:
                notes.popitem(last=False)
        notes = self._notes.setdefault(age, OrderedDict())
        _, before = notes.get(channel, (0.0, b""))
        note = change(before, time.time())
        if note != before:
            notes.pop(channel, None)
            if note:
                notes[channel] = now + age, note

    def subscribe(self, channel: str, sink: Sink) -> Callable[[], None]:
        """See `Broker.subscribe`."""
        self._positions.setdefault(channel, Position(self.epoch, 0))
        if channel in self._idle:
            self._stir(channel)
        return self._subscribers.add(channel, sink, self._left)

    def _left(self, channel: str) -> None:
        if self._positions[channel] == (self.epoch, 0):
            del self._positions[channel]  # as if nobody had ever named it
        else:
            self._rest(channel)

    def _position(self, channel: str) -> Position:
        return self._positions.get(channel) or Position(self.epoch, 0)

    # Channels that nobody follows

    def _rest(self, channel: str) -> None:
        """Note that a channel that nobody follows is the last to be forgotten, and forget the first if need be."""
        if channel not in self._idle:
            self._idle_bytes += _size_of_channel(channel)
            self._idle.add(channel, 1)
        else:
            self._idle.add(channel, 0)
        while self._idle_bytes > MAX_CHANNEL_BYTES and self._idle_bytes > _size_of_channel(channel):
            self._forget_channel(self._idle.next())

    def _stir(self, channel: str) -> None:
        self._idle.remove(channel, 1)
        self._idle_bytes -= _size_of_channel(channel)

    def _forget_channel(self, channel: str) -> None:
        self._stir(channel)
        del self._positions[channel]
        while self._histories(channel).get(channel):
            self._forget(channel)
        self.epoch = secrets.token_hex(4)

    # History

    def _histories(self, channel: str) -> _Histories:
        return self._kept.setdefault(self._retention[channel].age, OrderedDict())

    def _keep(self, channel: str, message: Message, now: float) -> None:
        messages, age = self._retention[channel]
        histories = self._histories(channel)
        if messages:
            kept = histories.setdefault(channel, deque())
            histories.move_to_end(channel)
            kept.append((now, message))
            size = size_of(message)
            self._bytes += size
            self._shares.add(channel, size)
            while len(kept) > messages:
                self._forget(channel)
        if age is not None and histories:
            self._forget_old(next(iter(histories)), now)
        while self._bytes > MAX_BYTES:
            self._forget(self._shares.next())

    def _forget_old(self, channel: str, now: float) -> None:
        age, kept = self._retention[channel].age, self._histories(channel).get(channel)
        while kept and age is not None and kept[0][0] <= now - age:
            self._forget(channel)

    def _forget(self, channel: str) -> None:
        """Forget the oldest message of a channel."""
        histories = self._histories(channel)
        kept = histories[channel]
        size = size_of(kept.popleft()[1])
        self._bytes -= size
        self._shares.remove(channel, size)
        if not kept:
            del histories[channel]


def size_of(message: Message) -> int:
    """Return about how many bytes a message takes whose data are encoded."""
    texts = sum(sys.getsizeof(text) for text in (message.type, message.id, message.channel))
    return _OVERHEAD + texts + len(memoryview(message.data))


def _size_of_channel(name: str) -> int:
    return _CHANNEL_OVERHEAD + sys.getsizeof(name)
