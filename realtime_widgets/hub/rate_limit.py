"""Connection rate limit: how many clients may connect per second, so that a restarted hub is not overloaded. Pure."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

MAX_WAIT: Final = 30.0
"""Seconds that a client is told to wait at most."""


class ConnectionRateLimiter:
    """Counts connections, and gives those beyond the limit a time to try again.

    Args:
        most: connections in any second; None: any number.
    """

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._admitted: deque[float] = deque(maxlen=most)
        self._last_turn = -math.inf  # the latest time that a client was given

    def ask(self, now: float) -> float:
        """Return 0 for a client that may connect, else the seconds to wait: each client gets a turn of its own.

        Args:
            now: seconds of a monotonic clock.
        """
        if self._most is None:
            return 0.0
        if len(self._admitted) < self._most or now - self._admitted[0] >= 1.0:
            self._admitted.append(now)
            return 0.0
        turn = max(self._last_turn + 1.0 / self._most, self._admitted[0] + 1.0)
        self._last_turn = min(turn, now + MAX_WAIT)
        return self._last_turn - now
