"""The log limit: how often the same trouble is logged, since a server may send a thousand bad frames in a second."""

from __future__ import annotations

import traceback
from collections.abc import Hashable
from typing import Final

from ..errors import CallbackFailed, ClientError
from .address import identity

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


def kind_of(error: ClientError) -> Hashable:
    """Return what is the same in trouble that is logged now and then only: its class, and the place or the function."""
    if isinstance(error, CallbackFailed) and error.function is not None:
        return type(error), identity(error.function)
    place = None
    if error.__cause__ is not None and (frames := traceback.extract_tb(error.__cause__.__traceback__)):
        place = frames[-1].filename, frames[-1].lineno
    return type(error), type(error.__cause__), place
