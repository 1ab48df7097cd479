"""A clock that is turned by hand: time, and timers, as an asyncio loop has them."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import Any

from realtime_widgets.runtime import get_runtime

ROUNDING = 1e-9
"""Seconds: who turns it by `due - time()` gets there, whatever the last digits of that are."""


class Handle:
    """A call that is due later."""

    def __init__(self, fn: Callable[..., object], args: tuple[Any, ...]) -> None:
        self.job: tuple[Callable[..., object], tuple[Any, ...]] | None = (fn, args)

    def cancel(self) -> None:
        self.job = None


class FakeClock:
    """Given as `Pool(runtime, clock=fake_clock)`; used by the I/O thread, turned by the test's."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._order = itertools.count()
        self._due: list[tuple[float, int, Handle]] = []

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Handle:
        handle = Handle(callback, args)
        heapq.heappush(self._due, (self._now + max(0.0, delay), next(self._order), handle))
        return handle

    def turn(self, seconds: float) -> None:
        """Let time go on, and do what is due on the way."""

        async def turn() -> None:
            end = self._now + seconds
            while self._due and self._due[0][0] <= end + ROUNDING:
                due, _, handle = heapq.heappop(self._due)
                self._now = max(self._now, due)
                if handle.job is not None:
                    fn, args = handle.job
                    fn(*args)
            self._now = end

        get_runtime().run(turn()).result(10)

    def stall(self, seconds: float) -> None:
        """Let time go on with nothing done, as a call that holds the interpreter does: what was due comes late."""

        async def stall() -> None:
            self._now += seconds

        get_runtime().run(stall()).result(10)
        self.turn(0)
