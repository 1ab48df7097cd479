"""The log limit: how often the same trouble is logged, since a server may send a thousand bad frames in a second."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

LOG_INTERVAL: Final = 10.0
"""Seconds between two log lines about the same."""

MAX_REMEMBERED: Final = 1000
"""Kinds of trouble that are told apart; beyond it the oldest is forgotten."""


class LogLimit:
    """When each kind of trouble was logged last."""

    def __init__(self) -> None:
        self._logged: dict[Hashable, float] = {}

    def allows(self, kind: Hashable, now: float) -> bool:
        """Return whether to log trouble of a kind, and note that it is logged.

        Args:
            kind: what is the same.
            now: seconds of a monotonic clock.
        """
        last = self._logged.get(kind)
        if last is not None and now - last < LOG_INTERVAL:
            return False
        self._logged.pop(kind, None)
        self._logged[kind] = now
        if len(self._logged) > MAX_REMEMBERED:
            del self._logged[next(iter(self._logged))]
        return True
