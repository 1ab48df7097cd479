"""Receiving: the bytes of files that are on their way, which are in memory until they are whole. Pure.

A request of a few bytes more may be the beginning of a large file: so what has come is counted, and not what was said
to come. Of all that there is room for, one client gets a quarter.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from .file_limits import MIB

ROOM: Final = 64 * MIB
"""Bytes of all files that are on their way; or of four of the largest."""


class Receiving:
    """What is on its way to one hub."""

    def __init__(self) -> None:
        self._size = 0
        self._of: Counter[str] = Counter()

    def take(self, who: str, count: int, largest: int) -> bool:
        """Count bytes that have come, and return whether there is room for them; if not, they are not counted.

        Args:
            who: sends them.
            count: of them.
            largest: bytes that a file may have.
        """
        room = max(ROOM, 4 * largest)
        if self._size + count > room or self._of[who] + count > room // 4:
            return False
        self._size += count
        self._of[who] += count
        return True

    def leave(self, who: str, count: int) -> None:
        """Count bytes that are there no more."""
        self._size -= count
        self._of[who] -= count
        if not self._of[who]:
            del self._of[who]

    @property
    def size(self) -> int:
        """How many there are."""
        return self._size
