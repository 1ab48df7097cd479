"""The queue: encoded records that wait to be sent, by channel, bounded in number and bytes; the oldest goes first.

Not locked, see `sender`. Pure.
"""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import Final

MAX_BATCH_RECORDS: Final = 1000
"""Records of one request."""

MAX_BATCH_BYTES: Final = 256 * 1024
"""Bytes of a request of several records; a record that is larger goes alone."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that go in one request.

    Attributes:
        channel: that they are for.
        records: as JSON, oldest first; at least one.
        first: the number of the first of them.
        key: by which the hub recognizes the request when it comes again.
    """

    channel: str
    records: tuple[bytes, ...]
    first: int
    key: str = field(default_factory=lambda: secrets.token_hex(16))

    def body(self) -> bytes:
        """Return the data: one record, or a list of several."""
        return self.records[0] if len(self.records) == 1 else b"[%b]" % b",".join(self.records)

    def halves(self) -> tuple[Batch, Batch]:
        """Return two batches with keys of their own; for one that was refused, so that no hub knows its key."""
        middle = len(self.records) // 2
        first, second = self.records[:middle], self.records[middle:]
        # Both have the number of the first: numbers only tell what is older, and those of one batch have gaps.
        return Batch(self.channel, first, self.first), Batch(self.channel, second, self.first)


class Queue:
    """Records in the order in which they came.

    Args:
        max_records: that wait; beyond it the oldest are dropped.
        max_bytes: of these.
    """

    def __init__(self, max_records: int, max_bytes: int) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._channels: dict[str, deque[tuple[int, bytes]]] = {}
        self._bytes = 0
        self._records = 0
        self.last = 0
        """The number of the newest record; 0: there was none."""

    def __len__(self) -> int:
        return self._records

    def put(self, channel: str, record: bytes) -> int:
        """Add a record; returns how many of the oldest were dropped for it."""
        waiting = self._channels.get(channel)
        if waiting is None:
            waiting = self._channels[channel] = deque()
        self.last += 1
        waiting.append((self.last, record))
        self._records += 1
        self._bytes += len(record)
        dropped = 0
        while self._records > self._max_records or (self._bytes > self._max_bytes and self._records > 1):
            self._pop(self._oldest_channel())
            dropped += 1
        return dropped

    def take(self) -> Batch | None:
        """Remove and return the oldest record, with those after it on its channel that fit; None: there is none."""
        if not self._records:
            return None
        channel = self._oldest_channel()
        first = self._channels[channel][0][0]
        records = [self._pop(channel)]
        size = len(records[0])
        while (
            (waiting := self._channels.get(channel)) is not None
            and len(records) < MAX_BATCH_RECORDS
            and size + len(waiting[0][1]) <= MAX_BATCH_BYTES
        ):
            records.append(self._pop(channel))
            size += len(records[-1])
        return Batch(channel, tuple(records), first)

    @property
    def oldest(self) -> int | None:
        """The number of the oldest record; None: there is none."""
        return self._channels[self._oldest_channel()][0][0] if self._records else None

    def clear(self) -> int:
        """Remove all; returns how many there were."""
        count = self._records
        self._channels.clear()
        self._bytes = self._records = 0
        return count

    def _oldest_channel(self) -> str:
        if len(self._channels) == 1:
            return next(iter(self._channels))
        return min(self._channels, key=lambda channel: self._channels[channel][0][0])

    def _pop(self, channel: str) -> bytes:
        waiting = self._channels[channel]
        _, record = waiting.popleft()
        if not waiting:
            del self._channels[channel]
        self._records -= 1
        self._bytes -= len(record)
        return record
