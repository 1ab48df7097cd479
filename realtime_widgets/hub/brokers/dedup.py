"""The dedup cache: recognizes messages that were published lately, so that none is published twice. Pure."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

from ...streams.gaps import Position

MAX_AGE: Final = 300.0
"""Seconds that a message is remembered."""

MAX_PER_SENDER: Final = 10_000
"""Messages of one sender, more than it may have in flight; beyond it its oldest are forgotten early."""

MAX_IDS: Final = 300_000
"""Messages of all senders; beyond it the sender with the most loses its oldest."""


HTTP_SENDER: Final = "http"
"""The sender of all that came over HTTP, which does not identify senders: only `MAX_IDS` limits it."""


class Key(NamedTuple):
    """What identifies a message: an id is unique for its sender and channel."""

    sender: str
    channel: str
    id: str | int


class DedupCache:
    """The positions of messages by their keys."""

    def __init__(self) -> None:
        self._senders: OrderedDict[str, OrderedDict[Key, tuple[float, Position]]] = OrderedDict()
        self._count = 0

    def find(self, key: Key, now: float) -> Position | None:
        """Return the position of a message that was published within `MAX_AGE` seconds; None: none was."""
        theirs = self._senders.get(key.sender)
        found = None if theirs is None else theirs.get(key)
        return found[1] if found is not None and found[0] > now else None

    def add(self, key: Key, position: Position, now: float) -> None:
        """Remember a message, and forget expired ones: of its sender, and of the sender that was silent for longest."""
        mine = self._senders.setdefault(key.sender, OrderedDict())
        self._senders.move_to_end(key.sender)
        self._count -= mine.pop(key, None) is not None
        mine[key] = now + MAX_AGE, position
        self._count += 1
        if len(mine) > MAX_PER_SENDER and key.sender != HTTP_SENDER:
            self._forget(key.sender)
        if self._count > MAX_IDS:
            self._forget(max(self._senders, key=lambda sender: len(self._senders[sender])))
        for sender in (key.sender, next(iter(self._senders))):
            while sender in self._senders and next(iter(self._senders[sender].values()))[0] <= now:
                self._forget(sender)

    def _forget(self, sender: str) -> None:
        theirs = self._senders[sender]
        theirs.popitem(last=False)
        self._count -= 1
        if not theirs:
            del self._senders[sender]

    def __len__(self) -> int:
        return self._count
