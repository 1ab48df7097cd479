"""The dedup cache: recognizes messages that were published lately, so that none is published twice. Pure.

Every operation takes constant time, however many senders and messages there are; what it holds is bounded in bytes.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Final, NamedTuple

import msgspec

from ...streams.gaps import Position

MAX_AGE: Final = 300.0
"""Seconds that a message is remembered."""

MAX_BYTES: Final = 64 * 1024 * 1024
"""Bytes of all that is remembered (150,000 messages); beyond it the sender with the most loses its oldest."""

MESSAGE_BYTES: Final = 400
"""Bytes that a message takes, measured: digests of its key and its data, its position and time, its place in a dict."""

SENDER_BYTES: Final = 600
"""Bytes that a sender takes besides."""


class Key(NamedTuple):
    """What identifies a message: an id is unique for its sender and channel."""

    sender: str
    channel: str
    id: str | int
    asked: bytes | None = None
    """What its sender said, by which it is known to be the same; None: the data of the message, which the hub did not
    change."""


class KeyReused(Exception):
    """The key of an earlier message came with other data: it is not that message sent again."""


class _Known(NamedTuple):
    until: float
    position: Position
    data: bytes  # a digest


def digest_of(data: bytes | memoryview) -> bytes:
    """Return the digest by which encoded data are compared."""
    return hashlib.blake2b(data, digest_size=16).digest()


class DedupCache:
    """The positions of messages by their keys, of which it keeps digests: senders choose how long they are."""

    def __init__(self) -> None:
        # The sender that was silent for longest comes first, and of each its oldest message.
        self._senders: OrderedDict[bytes, OrderedDict[bytes, _Known]] = OrderedDict()
        self._by_count: dict[int, OrderedDict[bytes, None]] = {}  # senders, by how many messages they have
        self._highest = 0  # of those numbers
        self._count = 0

    def find(self, key: Key, data: bytes, now: float) -> Position | None:
        """Return the position of a message that was published within `MAX_AGE` seconds; None: none was.

        Args:
            key: its own.
            data: the digest of its data.
            now: seconds of a monotonic clock.

        Raises:
            KeyReused: it had other data.
        """
        theirs = self._senders.get(_digest(key.sender))
        found = None if theirs is None else theirs.get(_digest(key.channel, key.id))
        if found is None or found.until <= now:
            return None
        if found.data != data:
            raise KeyReused
        return found.position

    def add(self, key: Key, data: bytes, position: Position, now: float) -> None:
        """Remember a message, and forget expired ones: of its sender, and of the sender that was silent for longest."""
        sender, id = _digest(key.sender), _digest(key.channel, key.id)
        mine = self._senders.setdefault(sender, OrderedDict())
        self._senders.move_to_end(sender)
        before = len(mine)
        mine.pop(id, None)
        mine[id] = _Known(now + MAX_AGE, position, data)
        self._recount(sender, before, len(mine))
        while self.size > MAX_BYTES and self._count > 1:
            self._forget(next(iter(self._by_count[self._highest])))
        for each in (sender, next(iter(self._senders))):
            while each in self._senders and next(iter(self._senders[each].values())).until <= now:
                self._forget(each)

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return MESSAGE_BYTES * self._count + SENDER_BYTES * len(self._senders)

    def _forget(self, sender: bytes) -> None:
        theirs = self._senders[sender]
        theirs.popitem(last=False)
        if not theirs:
            del self._senders[sender]
        self._recount(sender, len(theirs) + 1, len(theirs))

    def _recount(self, sender: bytes, before: int, after: int) -> None:
        """Note how many messages a sender has now: at most one more or one less than before."""
        self._count += after - before
        if before:
            group = self._by_count[before]
            del group[sender]
            if not group:
                del self._by_count[before]
        if after:
            self._by_count.setdefault(after, OrderedDict())[sender] = None
        if after > self._highest or self._highest not in self._by_count:
            self._highest = after

    def __len__(self) -> int:
        return self._count


def digest_of_key(key: Key) -> bytes:
    """Return the digest by which a key is found."""
    return _digest(key.sender, key.channel, key.id)


def digest_of_data(data: msgspec.Raw, key: Key | None) -> bytes:
    """Return the digest by which a message is compared with the one that had its key before."""
    return digest_of(memoryview(data) if key is None or key.asked is None else key.asked)


def _digest(*parts: str | int) -> bytes:
    # A repr shows where a text begins and ends, tells "1" from 1, and escapes lone surrogates.
    return digest_of(repr(parts).encode())
