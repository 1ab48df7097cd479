"""Heartbeat of a connection: when to send a ping, and when a silent peer counts as gone.

Pure: the caller passes the time. Anything that arrives counts as a sign of life, not only the answer to a ping.
"""

from __future__ import annotations

from typing import Final

ANSWER_TIMEOUT: Final = 10.0
"""Seconds allowed for an answer."""

STALL_THRESHOLD: Final = 1.0
"""A check that comes this many seconds late means that this process was stalled (a call that held the interpreter
lock, a laptop that slept): what arrived meanwhile has not been read yet."""


class Heartbeat:
    """The heartbeat of one connection.

    Args:
        interval: seconds between two pings.
        now: when the connection was opened, in seconds of a monotonic clock.
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
        """Return whether to send a ping now, and whether the peer counts as gone."""
        late = now - self._due
        gone_at = self.heard + self.interval + ANSWER_TIMEOUT
        ping_due = now >= self._next
        if ping_due:
            self._next = now + self.interval
        if now >= gone_at and late >= STALL_THRESHOLD:
            self._due = now + min(STALL_THRESHOLD, self.interval)  # read what has arrived before deciding
            return ping_due, False
        self._due = min(self._next, gone_at) if gone_at > now else self._next
        return ping_due, now >= gone_at
