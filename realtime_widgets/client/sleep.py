"""The sleep detector: notices that this machine has slept, after which links may be dead that still look alive."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from ..runtime.scheduling import Clock, Timer

CHECK_INTERVAL: Final = 5.0
"""Seconds between two readings of the clocks."""

SLEEP_THRESHOLD: Final = 10.0
"""Seconds by which the time of day must have advanced further than the loop's clock between two readings. Where the
loop's clock goes on in a sleep, or when only this process stalled, the heartbeat notices it."""

_wall = time.time
"""The time of day: unlike the loop's clock it goes on while a machine sleeps."""


class SleepDetector:
    """Compares the clocks for as long as it is on; on the I/O thread.

    Args:
        clock: returns the loop's clock.
        slept: is called when time has jumped.
    """

    def __init__(self, clock: Callable[[], Clock], slept: Callable[[], object]) -> None:
        self._clock = clock
        self._slept = slept
        self._timer: Timer | None = None
        self._seen = 0.0, 0.0

    def on(self) -> None:
        """Start; again is fine."""
        if self._timer is None:
            self._see()

    def off(self) -> None:
        """Stop; again is fine."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _see(self) -> None:
        clock = self._clock()
        self._seen = clock.time(), _wall()
        self._timer = clock.call_later(CHECK_INTERVAL, self._look)

    def _look(self) -> None:
        before, wall_before = self._seen
        self._see()
        now, wall = self._seen
        jumped = (wall - wall_before) - (now - before) > SLEEP_THRESHOLD
        if jumped:
            self._slept()
