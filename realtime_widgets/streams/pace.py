"""Pace: how often data usually arrive in a stream, learned from the pauses between arrivals.

Records that arrive within `BURST` of each other count as one arrival, so a batch every minute has the pace of a minute.
Of the last pauses the second longest counts: one outage is not taken for a habit. A pause is forgotten when it has not
come again for twenty times its length.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

BURST: Final = 1.0
"""Seconds: shorter pauses are no pauses."""
MAX_PAUSES: Final = 16
REMEMBERED: Final = 20.0
"""How many times its length a pause is remembered."""
FACTOR: Final = 3.0
"""How many usual pauses without data are unusual."""
MIN_QUIET: Final = 5.0
"""Seconds without data that are never unusual."""
UNKNOWN_QUIET: Final = 60.0
"""Seconds without data that are unusual before a pace is known."""


class Pace:
    """The pauses between the arrivals of data, and after how long a pause is longer than usual.

    Attributes:
        quiet_after: seconds without data that are longer than usual, rounded up to 1, 2 or 5 times a power of ten, so
            that it changes rarely; `UNKNOWN_QUIET` before data have arrived twice.
    """

    __slots__ = ("_arrived", "_pauses", "quiet_after")

    def __init__(self) -> None:
        self.quiet_after = UNKNOWN_QUIET
        self._arrived = -math.inf
        self._pauses: deque[tuple[float, float]] = deque(maxlen=MAX_PAUSES)  # when it ended, how long it was

    def note(self, arrived: float) -> None:
        """Take in when data arrived last, in seconds of one clock; the same time again says nothing."""
        before = self._arrived
        if arrived == before:
            return
        self._arrived = arrived
        if not -math.inf < before < arrived:  # the first arrival, a clear, a clock set back
            return
        pause = arrived - before
        if pause < BURST and self.quiet_after == MIN_QUIET:
            return
        if pause >= BURST:
            self._pauses.append((arrived, pause))
        known = sorted(each for at, each in self._pauses if arrived - at <= REMEMBERED * each)
        usual = known[-2] if len(known) > 1 else known[0] if known else BURST
        self.quiet_after = max(MIN_QUIET, rounded_up(FACTOR * usual))


def rounded_up(seconds: float) -> float:
    """Return the least of 1, 2 or 5 times a power of ten that is no less."""
    power = 10.0 ** math.floor(math.log10(seconds))
    return next(digit * power for digit in (1.0, 2.0, 5.0, 10.0) if digit * power >= seconds * (1 - 1e-9))
