"""Brokers: what a hub keeps its channels in.

A broker numbers the messages of each channel 1, 2, 3 … under an epoch, which names the life of that numbering,
keeps the newest of them, and hands every message to everybody who follows the channel, in one order for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ...protocol.envelope import Message
from ...streams.gaps import Position
from .dedup import Key

Sink = Callable[[Message], object]
"""Takes a message that has its channel, epoch and offset; must neither raise nor wait."""


class Broker(Protocol):
    """What every broker can do. All of it is called on the I/O thread."""

    async def publish(self, channel: str, message: Message, key: Key | None = None) -> Position:
        """Number a message, keep it, and hand it to the channel's sinks; returns its position.

        Args:
            channel: where it is for.
            message: without a number.
            key: what it is known by when it comes again: the position of the first is returned then, for
                `known.REMEMBERED` seconds, and nothing else happens. None: it never comes again.
        """

    async def position(self, channel: str) -> Position:
        """Return where a channel stands; offset 0 when nothing was ever published."""

    async def read(self, channel: str, after: int, most: int) -> list[Message]:
        """Return messages that are kept, from the first after an offset on: up to `most` bytes, and at least one."""

    def subscribe(self, channel: str, sink: Sink) -> Callable[[], None]:
        """Hand the channel's messages to `sink` from now on; returns the undo, which may be called twice."""
