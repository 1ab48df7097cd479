"""Brokers: what a hub keeps its channels in.

A broker numbers the messages of each channel 1, 2, 3 … under an epoch, which names the life of that numbering,
and hands every message to everybody who follows the channel, in one order for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from ...errors import UsageError
from ...messages import Message

Sink = Callable[[Message], object]
"""Takes a message that has its channel, epoch and offset; must neither raise nor wait."""


class Position(NamedTuple):
    """Where a message stands in its channel."""

    epoch: str
    offset: int


class Broker(Protocol):
    """What every broker can do. All of it is called on the I/O thread."""

    async def publish(self, channel: str, message: Message) -> Position:
        """Number a message and hand it to the channel's sinks; returns its position."""

    def subscribe(self, channel: str, sink: Sink) -> Callable[[], None]:
        """Hand the channel's messages to `sink` from now on; returns the undo, which may be called twice."""


def make_broker(name: str) -> Broker:
    """Return a new broker.

    Raises:
        UsageError: there is none of that name.
    """
    from .memory import MemoryBroker

    if name != "memory":
        raise UsageError(
            f"there is no broker {name!r}: there is 'memory'; pass broker='memory', or leave it out"
        )
    return MemoryBroker()
