"""Channels: who follows what, and the way of a message from its publisher to all of them.

A message is turned into a frame once, however many clients it goes to, and each channel is followed at the broker
once. Everything but `encode_publication` and `complaint_about` happens on the I/O thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import msgspec

from ..errors import UsageError, WrongType
from ..protocol.envelope import CONTROL, Message, new_envelope, type_of, write
from ..protocol.limits import MAX_DATA_BYTES, MAX_NAME_LENGTH
from ..streams.gaps import Position
from .brokers.base import Broker
from .brokers.dedup import Key

logger = logging.getLogger(__name__)

Sink = Callable[[Message, str], object]
"""Takes a message with its position, and its frame; must neither raise nor wait."""

YIELD_AFTER_BYTES: Final = 64 * 1024
"""Bytes that are published before those who send them on get a turn: they would take a burst for a slow client."""

_encode = msgspec.json.Encoder().encode


def complaint_about(name: object) -> str | None:
    """Return what is wrong with the name of a channel, or a type; None: nothing."""
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME_LENGTH:
        return f"{_shortened(name)} is no name for a channel or type: those have 1 to {MAX_NAME_LENGTH} characters"
    if name in CONTROL:
        return f"{name!r} is no name for a channel or type: such messages are about the link itself"
    return None


def encode_publication(channel: str, data: object, type: str | None = None) -> Message:
    """Return a message that is ready to be published: its data are JSON and cannot change any more.

    Args:
        channel: where it is for.
        data: anything that JSON has.
        type: None: that of the channel.

    Raises:
        UsageError: the channel or the type cannot be, or the data are too large.
        WrongType: the data are nothing that JSON has.
    """
    complaint = complaint_about(channel)
    # A type is bound by the same rules: it is the channel of those who know none.
    if complaint is None and type is not None:
        complaint = complaint_about(type)
    if complaint is not None:
        raise UsageError(f"cannot publish: {complaint}; choose another")
    try:
        raw = _encode(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise WrongType(
            f"cannot publish on {channel!r}: the data are nothing that JSON has ({error}); "
            "pass dicts, lists, text, numbers, True, False, None"
        ) from error
    if len(raw) > MAX_DATA_BYTES:
        raise UsageError(
            f"cannot publish on {channel!r}: the data have {len(raw):,} bytes, "
            f"more than {MAX_DATA_BYTES:,}; send less at once"
        )
    return new_envelope(type or type_of(channel), msgspec.Raw(raw), channel=channel)


class Channels:
    """All channels of one running hub.

    Args:
        broker: where they are kept.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._sinks: dict[str, dict[object, Sink]] = {}
        self._leave: dict[str, Callable[[], None]] = {}
        self._stretch = 0

    def subscribe(self, channel: str, sink: Sink) -> Callable[[], None]:
        """Hand the channel's messages to `sink` from now on; returns the undo, which may be called twice."""
        key = object()
        self._sinks.setdefault(channel, {})[key] = sink
        if channel not in self._leave:
            self._leave[channel] = self._broker.subscribe(channel, self._spread)

        def undo() -> None:
            sinks = self._sinks.get(channel, {})
            sinks.pop(key, None)
            if not sinks and channel in self._leave:
                del self._sinks[channel]
                self._leave.pop(channel)()

        return undo

    def followed(self, channel: str) -> bool:
        """Return whether anybody here follows a channel."""
        return channel in self._sinks

    async def position(self, channel: str) -> Position:
        """Return where a channel stands."""
        return await self._broker.position(channel)

    async def read(self, channel: str, after: int, most: int) -> list[Message]:
        """Return messages that are kept, from the first after an offset on: up to `most` bytes, and at least one."""
        return await self._broker.read(channel, after, most)

    async def publish(self, message: Message, key: Key | None = None) -> Position:
        """Publish a message on the channel that it names; returns its position there.

        Args:
            message: what.
            key: what it is known by when it comes again; None: it never does.
        """
        assert message.channel is not None
        position = await self._broker.publish(message.channel, message, key)
        if self._stretch >= YIELD_AFTER_BYTES:
            self._stretch = 0
            await asyncio.sleep(0)
        return position

    def _spread(self, message: Message) -> None:
        frame = write(message)
        self._stretch += len(frame)
        for sink in list(self._sinks.get(message.channel or "", {}).values()):
            sink(message, frame)


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
