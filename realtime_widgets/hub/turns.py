"""Turns: one client after the other on the I/O thread, however much one of them has sent at once."""

from __future__ import annotations

import asyncio
import time
from typing import Final

TURN: Final = 0.005
"""Seconds that one client may be served before the others have their turn."""


class Turns:
    """Those of one client."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether this client was served for long enough."""
        return time.monotonic() - self._began >= TURN

    async def give(self) -> None:
        """Let others have their turn."""
        await asyncio.sleep(0)
        self._began = time.monotonic()
