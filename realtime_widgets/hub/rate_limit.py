"""Admission: how many may come in a second, so that a hub that comes back is not run over by all it had. Pure."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

MAX_PER_SECOND: Final = 100
"""Connections in any second; whoever is turned away is told when to come again."""

MAX_WAIT: Final = 30.0
"""Seconds that somebody is told to wait at most."""


class ConnectionRateLimiter:
    """Counts who comes in.

    Args:
        most: connections in any second.
    """

    def __init__(self, most: int = MAX_PER_SECOND) -> None:
        self._most = most
        self._admitted: deque[float] = deque(maxlen=most)
        self._last_turn = -math.inf  # that somebody was given

    def ask(self, now: float) -> float:
        """Return 0 for who may come in, else the seconds after which to ask again: each gets another turn.

        Args:
            now: seconds of a monotonic clock.
        """
        if len(self._admitted) < self._most or now - self._admitted[0] >= 1.0:
            self._admitted.append(now)
            return 0.0
        turn = max(self._last_turn + 1.0 / self._most, self._admitted[0] + 1.0)
        self._last_turn = min(turn, now + MAX_WAIT)
        return self._last_turn - now
