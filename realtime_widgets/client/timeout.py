"""The timeout: limits how long the peer may take to answer."""

from __future__ import annotations

from collections.abc import Callable

from ..protocol.heartbeat import STALL_THRESHOLD
from ..runtime.scheduling import Clock


class Timeout:
    """Limits how long the peer may take to answer; after a stall of our own it waits a little more, to read first.

    Args:
        clock: that it runs on.
        seconds: how long.
        over: is called at its end.
    """

    def __init__(self, clock: Clock, seconds: float, over: Callable[[], object]) -> None:
        self._clock = clock
        self._over = over
        self._wait(seconds)

    def cancel(self) -> None:
        """Stop waiting."""
        self._timer.cancel()

    def _wait(self, seconds: float) -> None:
        self._timer = self._clock.call_later(seconds, self._check, self._clock.time() + seconds)

    def _check(self, due: float) -> None:
        if self._clock.time() - due >= STALL_THRESHOLD:
            self._wait(STALL_THRESHOLD)
        else:
            self._over()
