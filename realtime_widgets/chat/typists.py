"""Typists: who types in a room at this moment. Whoever says no more, as after a crash, has stopped. Pure."""

from __future__ import annotations

from typing import Final

TIMEOUT: Final = 3.0
"""Seconds after which typing has stopped, unless it is said again: the convention of existing clients."""

SLACK: Final = 1.0
"""Seconds more, for what is said again may be late."""

MAX_TYPISTS: Final = 100


class Typists:
    """Those who type, by user; the time that is passed in is of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[float, str]] = {}

    def start(self, user: str, name: str, now: float) -> bool:
        """Note that a user types; returns whether that is news."""
        if user not in self._until and len(self._until) >= MAX_TYPISTS:
            return False
        before = self._until.get(user)
        self._until[user] = now + TIMEOUT + SLACK, name
        return before is None or before[0] <= now or before[1] != name

    def stop(self, user: str) -> bool:
        """Note that a user does not type any more; returns whether that is news."""
        return self._until.pop(user, None) is not None

    def names(self, now: float, besides: str = "") -> list[str]:
        """Return the names of those who type, whoever began first comes first; `besides`: a user who is left out."""
        return [name for user, (until, name) in self._until.items() if until > now and user != besides]

    def expire(self, now: float) -> bool:
        """Forget those who have stopped without a word; returns whether there were any."""
        gone = [user for user, (until, _) in self._until.items() if until <= now]
        for user in gone:
            del self._until[user]
        return bool(gone)

    def due(self, now: float) -> float | None:
        """Return in how many seconds the next one will have stopped; None: nobody types."""
        return min((until - now for until, _ in self._until.values()), default=None)
