"""What notifications come from: the streams of clients, any others, and how these are filled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..client import Client
from ..errors import WrongType, shown
from ..feeds.feed import Payload
from ..streams import Stream

CHANNELS: Final = ("notifications", "alerts")
"""Of a client: what its server has to say to somebody."""


class Link:
    """A feed that says nothing but how its stream is filled: of notifications a pause is no news.

    Args:
        stream: one with a source, such as a client's.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def resize(self, px: int) -> None:
        """See `Feed.resize`."""

    def changed(self) -> bool:
        """See `Feed.changed`."""
        return False

    def take(self, key: bool, now: float) -> Payload:
        """See `Feed.take`."""
        return Payload(1, 0, True, {"age": None})


def streams_of(source: Any) -> list[Stream]:
    """Return the streams of a client, a stream, several of these, or nothing.

    Raises:
        WrongType: for anything else.
    """
    if source is None:
        return []
    if isinstance(source, Stream):
        return [source]
    if isinstance(source, Client):
        return [source.stream(channel) for channel in CHANNELS]
    if isinstance(source, Iterable) and not isinstance(source, str | bytes | Mapping):
        return [stream for each in source for stream in streams_of(each)]
    raise WrongType(
        f"notifications cannot come from {shown(source)}: pass a client (rw.connect()), a stream, a list of these, "
        "or nothing and call info(), warning() …"
    )
