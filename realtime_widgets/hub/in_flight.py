"""In flight: publications whose positions are not known yet, because a broker writes them to a disk, say."""

from __future__ import annotations

import asyncio
from typing import Any, Final

MAX_IN_FLIGHT: Final = 1000
"""Publications of one publisher; with so many it waits for the first of them before it publishes more."""


class InFlight:
    """What one publisher has published and not heard of; on the I/O thread.

    Args:
        most: of them.
    """

    def __init__(self, most: int = MAX_IN_FLIGHT) -> None:
        self._most = most
        self._open: set[asyncio.Future[Any]] = set()
        self._room = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether another one has to wait."""
        return len(self._open) >= self._most

    def note(self, placed: asyncio.Future[Any]) -> None:
        """Count one until it is done."""
        if not placed.done():
            self._open.add(placed)
            placed.add_done_callback(self._landed)

    async def room(self) -> None:
        """Wait until there is room for another."""
        while self.full:
            self._room.clear()
            await self._room.wait()

    def _landed(self, placed: asyncio.Future[Any]) -> None:
        self._open.discard(placed)
        self._room.set()

    def __len__(self) -> int:
        return len(self._open)
