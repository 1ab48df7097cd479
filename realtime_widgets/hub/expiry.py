"""Expiry: calls a function once a moment of the clock on the wall has come."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from ..runtime.scheduling import Clock, Timer

LOOK_AGAIN: Final = 30.0
"""Seconds until the clock is looked at again: it may be set, and timers stand still while a machine sleeps."""


class Expiry:
    """One moment that is waited for.

    Args:
        at: seconds since the epoch; infinity: never.
        fn: is called once it has come, with nothing, once.
        timers: that it is waited with.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        at: float,
        fn: Callable[[], object],
        timers: Clock,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._at = at
        self._fn = fn
        self._timers = timers
        self._clock = clock
        self._timer: Timer | None = None
        self._come = False
        self._wait()

    def check(self) -> bool:
        """Return whether it has come, after calling the function if that is new."""
        if not self._come and self._at <= self._clock():
            self.cancel()
            self._come = True
            self._fn()
        return self._come

    def cancel(self) -> None:
        """Wait no longer; twice is fine."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        if not math.isinf(self._at):
            left = min(max(0.0, self._at - self._clock()), LOOK_AGAIN)
            self._timer = self._timers.call_later(left, self._look)

    def _look(self) -> None:
        if not self.check():
            self._wait()
