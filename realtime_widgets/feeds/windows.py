"""Window: how much of a stream a view shows: a length of its axis, the newest records, or everything that is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from ..errors import UsageError, shown
from ..streams.amounts import to_duration

MAX_LENGTH: Final = 3.2e9
"""Longest window in seconds: a century."""


@dataclass(frozen=True, slots=True)
class Points:
    """A window of the newest `n` records."""

    n: int

    def __post_init__(self) -> None:
        n: Any = self.n
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 2:
            raise UsageError(
                f"a window of {self.n!r} points cannot be shown: pass a whole number of at least 2"
            )


def points(n: int) -> Points:
    """Return a window of the newest `n` records, for `window=`.

    Raises:
        UsageError: when `n` is not a whole number of at least 2.
    """
    return Points(int(Points(n).n))


Window = float | Points | Literal["all"]


def to_window(value: Any, *, of_time: bool = True) -> Window:
    """Return a checked window.

    Args:
        value: a length (see `of_time`), `points(n)`, or `"all"` or None for everything that is kept.
        of_time: whether a length is one of time: seconds, a timedelta or a text such as "5min"; else a number in the
            unit of the axis.

    Raises:
        UsageError: when it is none of these, or out of its range.
    """
    if value is None or (isinstance(value, str) and value == "all"):
        return "all"
    if isinstance(value, Points):
        return value
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool | np.timedelta64)
    if not of_time:
        if not number or not value > 0 or not math.isfinite(value):
            raise UsageError(
                f'window={value!r} cannot be used: pass a length above 0 in the unit of x, points(n) or "all"'
            )
        return float(value)
    try:
        length = float(value) if number else to_duration(value, "window=", least=-math.inf)
    except UsageError:
        length = math.nan
    if not 0.01 <= length <= MAX_LENGTH:
        raise UsageError(
            f"window={shown(value)} cannot be used: pass 0.01 to 3.2e+09 seconds, a timedelta, a text such as "
            '"5min", points(n) or "all"'
        )
    return length
