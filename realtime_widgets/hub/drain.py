"""The drain: sends the clients of a hub that is about to stop away, one after the other, within a given time.

Whoever is sent away at once with others, or comes meanwhile, is asked to come again at another time than they.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, Protocol

from ..streams.amounts import to_duration

RETURNS_PER_SECOND: Final = 100.0
"""Clients that are asked to come again in each second after the hub has stopped."""

MAX_SPREAD: Final = 30.0
"""Seconds after the hub's end until all have come again who came while it drained."""

LOOK_AGAIN: Final = 0.5
"""Seconds after which those who are there are counted anew."""

_random: Final = random.Random()
"""Not the generator of the `random` module: that one is the user's, who may have seeded it."""


def checked_drain(drain: Any) -> float:
    """Return how long clients are sent away, in seconds, as a user gave it.

    Raises:
        UsageError, WrongType: it is no duration.
    """
    return to_duration(drain, "drain= of the hub")


class Leaving(Protocol):
    """A connection that can be ended in good order."""

    def go(self, retry_after: float) -> None:
        """Ask the client to come again after so many seconds, and close."""


def spread(count: int) -> float:
    """Return the seconds after which one of so many clients that are sent away together is asked to come again."""
    return _random.random() * count / RETURNS_PER_SECOND


class Drain:
    """One drain; on the I/O thread."""

    def __init__(self) -> None:
        self._hurry = asyncio.Event()
        self._until = math.inf  # of the loop's clock
        self._turned_away = 0

    @property
    def left(self) -> float | None:
        """Seconds until everybody is sent away; None: that has not begun."""
        if math.isinf(self._until):
            return None
        return max(0.0, self._until - asyncio.get_running_loop().time())

    def turn_away(self) -> float | None:
        """Return the seconds after which one who comes now may come again, each at another time; None: it may stay."""
        if (left := self.left) is None:
            return None
        self._turned_away += 1
        return left + 1.0 + min(self._turned_away / RETURNS_PER_SECOND, MAX_SPREAD)

    def hurry(self) -> None:
        """Wait no longer."""
        self._hurry.set()

    async def run(
        self, seconds: float, there: Callable[[], Sequence[Leaving]], needed: Collection[asyncio.Task[Any]]
    ) -> None:
        """Send everybody away, evenly within some seconds; returns when the time is over, however many came meanwhile.

        Args:
            seconds: to take.
            there: returns those who are there.
            needed: what must run meanwhile; without one of them it returns.
        """
        loop = asyncio.get_running_loop()
        self._until = loop.time() + seconds
        hurry = asyncio.create_task(self._hurry.wait())
        try:
            while (left := self._until - loop.time()) > 0 and not any(
                task.done() for task in (hurry, *needed)
            ):
                pause = min(left, LOOK_AGAIN)
                if waiting := there():
                    pause = left / len(waiting)
                    _random.choice(waiting).go(0.0)
                await asyncio.wait({hurry, *needed}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hurry.cancel()
            await asyncio.gather(hurry, return_exceptions=True)
