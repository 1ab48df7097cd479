"""Meter: the rate at which a counter grows, over the last seconds."""

from __future__ import annotations

from collections import deque
from typing import Final

WINDOW: Final = 5.0
"""Seconds that a rate looks back."""
MIN_SPAN: Final = 1.0
"""Seconds that a counter is taken to have needed at least: one message right after the start is no high rate."""
SAMPLE_INTERVAL: Final = 0.25
"""Seconds between two readings that are kept."""


class Meter:
    """The rate of a counter over the last `WINDOW` seconds, from readings taken whenever it grows."""

    def __init__(self, total: int, now: float) -> None:
        self._readings: deque[tuple[float, int]] = deque([(now, total)])

    def note(self, total: int, now: float) -> None:
        """Take a reading."""
        readings = self._readings
        if now - readings[-1][0] < SAMPLE_INTERVAL:
            return
        readings.append((now, total))
        while (
            len(readings) > 1 and readings[1][0] <= now - WINDOW
        ):  # one before the window stays, as its start
            readings.popleft()

    def rate(self, total: int, now: float) -> float:
        """Return the growth per second; in the first second of its life, so far in this second."""
        readings = list(self._readings)  # a copy: rates are read on any thread
        began, before = next((each for each in reversed(readings) if each[0] <= now - WINDOW), readings[0])
        return (total - before) / max(now - max(began, now - WINDOW), MIN_SPAN)
