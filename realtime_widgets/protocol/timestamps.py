"""Timestamps: the times that servers write, converted to seconds or milliseconds since the epoch.

Units are told apart by size, since only one of them gives a year that anybody means:

| a number from … on | is in | and its years are |
|---|---|---|
| 0 | the unit that is the rule at its place | those of simulations, which begin at 0 |
| 1e8 | seconds | 1973 to 5138 |
| 1e11 | milliseconds | 1973 to 5138 |
| 1e14 | microseconds | 1973 to 5138 |
| 1e17 | nanoseconds | 1973 to 5138 |

Text may be such a number. Everything else is what a `Stream` takes as a time, ISO 8601 too.
"""

from __future__ import annotations

import math
import numbers
from decimal import Decimal
from typing import Any, Final

from ..errors import BadTime, shown
from ..streams.times import to_seconds
from ..streams.values import read_number

HINT: Final = "pass milliseconds, seconds, micro- or nanoseconds since the epoch, ISO 8601, or a datetime"


def seconds_of(given: Any) -> float:
    """Return a moment in seconds since the epoch; a number below 1e8 is in seconds.

    Raises:
        BadTime: when it is not a moment.
    """
    number = _number(given)
    if number is None:
        return _moment(given)
    return number if abs(number) < 1e8 else _by_size(number, given)


def milliseconds_of(given: Any) -> float:
    """Return a moment, as an envelope's `timestamp` has it, in milliseconds since the epoch; a number below 1e8 is in
    milliseconds.

    Raises:
        BadTime: when it is not a moment.
    """
    number = _number(given)
    if number is None:
        return _moment(given) * 1000
    if 1e11 <= abs(number) < 1e14 or abs(number) < 1e8:
        return number
    return _by_size(number, given) * 1000


def _by_size(number: float, given: Any) -> float:
    size = abs(number)
    if size < 1e11:
        return number
    if size < 1e14:
        return number / 1e3
    if size < 1e17:
        return number / 1e6
    if size < 1e20:
        return number / 1e9
    raise _no_time(given)


def _number(given: Any) -> float | None:
    """Return a number, or text that says one, as a float; None: it is none."""
    number = read_number(given) if isinstance(given, str) else given
    if isinstance(number, bool) or not isinstance(number, numbers.Real | Decimal):
        return None
    try:
        found = float(number)
    except (OverflowError, ValueError):
        raise _no_time(given) from None
    if not math.isfinite(found):
        raise _no_time(given)
    return found


def _moment(given: Any) -> float:
    try:
        return to_seconds(given)
    except Exception:  # BadTime, or what is not ours raises
        raise _no_time(given) from None


def _no_time(given: Any) -> BadTime:
    return BadTime(f"{shown(given)} is not a moment: {HINT}")
