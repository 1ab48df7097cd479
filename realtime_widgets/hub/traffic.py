"""Traffic: what was handled in the last minute, how long it took, and how much of it failed. Pure: told the time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

WINDOW: Final = 60
"""Seconds that are counted."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The totals of one window.

    Attributes:
        handled: messages.
        failed: how many of them failed.
        seconds: that they took in all.
    """

    handled: int = 0
    failed: int = 0
    seconds: float = 0.0

    @property
    def failed_share(self) -> float | None:
        """Ratio 0-1; None: there were no messages."""
        return self.failed / self.handled if self.handled else None

    @property
    def mean_seconds(self) -> float | None:
        """Seconds per message; None: there were no messages."""
        return self.seconds / self.handled if self.handled else None


class _Second:
    """The totals of one second."""

    __slots__ = ("failed", "handled", "second", "seconds")

    def __init__(self, second: int) -> None:
        self.second = second
        self.handled = 0
        self.failed = 0
        self.seconds = 0.0


class Traffic:
    """A window that slides by whole seconds, so that its size does not depend on the rate.

    Times are seconds of a monotonic clock.
    """

    def __init__(self) -> None:
        self._seconds: deque[_Second] = deque()

    def note(self, now: float, seconds: float, *, failed: bool = False) -> None:
        """Count a message that has been handled.

        Args:
            now: when that was.
            seconds: how long it took.
            failed: whether it failed.
        """
        second = int(now // 1)
        if not self._seconds or self._seconds[-1].second != second:
            self._forget(second)
            self._seconds.append(_Second(second))
        each = self._seconds[-1]
        each.handled += 1
        each.failed += failed
        each.seconds += seconds

    def figures(self, now: float) -> Figures:
        """Return the totals of the current second and the 59 before it."""
        self._forget(int(now // 1))
        return Figures(
            sum(each.handled for each in self._seconds),
            sum(each.failed for each in self._seconds),
            sum(each.seconds for each in self._seconds),
        )

    def _forget(self, second: int) -> None:
        while self._seconds and self._seconds[0].second <= second - WINDOW:
            self._seconds.popleft()
