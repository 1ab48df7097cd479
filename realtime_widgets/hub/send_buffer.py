"""The send buffer: the frames that wait to be sent to one client, and the batches they are sent in. Pure.

It is bounded, so that a client that does not read costs the hub no more than that, and no publisher waits for it.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from typing import Final

MAX_BYTES: Final = 1024 * 1024
"""Bytes of memory that waiting frames may take: of text with one character beyond the BMP that is four a character."""


class SendBuffer:
    """A bounded queue of frames."""

    def __init__(self) -> None:
        self.frames: deque[str] = deque()
        """Those that wait; to be looked at only."""
        self._sizes: deque[int] = deque()  # of each: those of texts may change
        self.bytes = 0
        """Bytes of memory that the waiting frames take."""
        self.put_in = 0
        """Frames that were ever put in."""
        self.taken = 0
        """Those of them that were taken out or discarded."""

    def put(self, frame: str) -> bool:
        """Add a frame; returns whether there was room. An empty buffer takes a frame of any size."""
        size = sys.getsizeof(frame)
        if self.frames and self.bytes + size > MAX_BYTES:
            return False
        self.frames.append(frame)
        self._sizes.append(size)
        self.put_in += 1
        self.bytes += size
        return True

    def take(self, most: int) -> list[str]:
        """Remove and return the oldest frames: of up to `most` bytes of memory, and at least one if there is any."""
        if self.bytes <= most:
            taken = list(self.frames)
            self.clear()
            return taken
        taken, size = [self.frames.popleft()], self._sizes.popleft()
        while self.frames and size + self._sizes[0] <= most:
            taken.append(self.frames.popleft())
            size += self._sizes.popleft()
        self.bytes -= size
        self.taken += len(taken)
        return taken

    def clear(self) -> None:
        """Discard everything."""
        self.taken += len(self.frames)
        self.frames.clear()
        self._sizes.clear()
        self.bytes = 0


def bytes_of(text: str) -> int:
    """Return how many bytes a text has in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def batches(frames: list[str], most: int) -> Iterator[str]:
    """Join frames into arrays of up to `most` bytes; a larger frame stays alone, so that only it can be too large."""
    batch: list[str] = []
    size = 0
    for frame in frames:
        own = len(",") + bytes_of(frame)
        if batch and size + own > most - len("[]"):
            yield _joined(batch)
            batch, size = [], 0
        batch.append(frame)
        size += own
    if batch:
        yield _joined(batch)


def _joined(frames: list[str]) -> str:
    return frames[0] if len(frames) == 1 else f"[{','.join(frames)}]"
