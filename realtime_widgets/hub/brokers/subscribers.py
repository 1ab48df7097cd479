"""Subscribers: who is handed the messages of which channel, by a broker."""

from __future__ import annotations

from collections.abc import Callable

from ...protocol.envelope import Message
from .base import Sink


class Subscribers:
    """The sinks of each channel; on the I/O thread."""

    def __init__(self) -> None:
        self._sinks: dict[str, dict[object, Sink]] = {}

    def add(
        self, channel: str, sink: Sink, last_left: Callable[[str], object] = lambda _: None
    ) -> Callable[[], None]:
        """Call `sink` with the channel's messages from now on; returns the undo, which may be called twice.

        Args:
            channel: which.
            sink: as for `Broker.subscribe`.
            last_left: called with the channel when it has no sink any more.
        """
        key = object()
        self._sinks.setdefault(channel, {})[key] = sink

        def undo() -> None:
            sinks = self._sinks.get(channel, {})
            if sinks.pop(key, None) is not None and not sinks:
                del self._sinks[channel]
                last_left(channel)

        return undo

    def tell(self, message: Message) -> None:
        """Hand a message to the sinks of its channel."""
        for sink in list(self._sinks.get(message.channel or "", {}).values()):
            sink(message)

    def __contains__(self, channel: object) -> bool:
        return channel in self._sinks
