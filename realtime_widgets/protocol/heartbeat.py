"""The heartbeat of a link: when to send a sign of life, and when the silence of the other side means its end.

Pure: it is told the time. Whatever arrives counts as a sign of life, not only the answer to ours.
"""

from __future__ import annotations

from typing import Final

ANSWER_TIMEOUT: Final = 10.0
"""Seconds that an answer may take."""

STALL_THRESHOLD: Final = 1.0
"""A check that comes so many seconds late says that we ourselves stood still (a call that held the interpreter
lock, a laptop that slept): what arrived meanwhile has not been read yet."""


class Heartbeat:
    """One link's signs of life.

    Args:
        interval: seconds between two of ours.
        now: seconds of a monotonic clock, at which the link was opened.
    """

    def __init__(self, interval: float, now: float) -> None:
        self.interval = interval
        self.heard = now
        """When anything last arrived."""
        self._next = now + interval
        self._due = self._next

    @property
    def due(self) -> float:
        """When to call `check` next."""
        return self._due

    def check(self, now: float) -> tuple[bool, bool]:
        """Return whether to send a sign of life now, and whether the other side is taken for gone."""
        late = now - self._due
        gone_at = self.heard + self.interval + ANSWER_TIMEOUT
        beat = now >= self._next
        if beat:
            self._next = now + self.interval
        if now >= gone_at and late >= STALL_THRESHOLD:
            self._due = now + min(STALL_THRESHOLD, self.interval)  # read first, then judge
            return beat, False
        self._due = min(self._next, gone_at) if gone_at > now else self._next
        return beat, now >= gone_at
