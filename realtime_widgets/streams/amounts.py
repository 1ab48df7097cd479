"""Amounts: durations and counts, as users pass them for settings and limits.

A duration is a number of seconds, a `timedelta` of any library, or a text such as "5min". All rooms read them here.
"""

from __future__ import annotations

import datetime as dt
import math
import numbers
import re
from decimal import Decimal
from typing import Any

from ..errors import UsageError, WrongType, shown

Duration = float | str | dt.timedelta
"""What `to_duration` takes (and numpy's and pandas' own durations)."""

_UNITS = {
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), 1e-9),
    **dict.fromkeys(("us", "µs", "μs", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ms", "millis", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604_800.0),
}
_NUMBER = r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
_PART = re.compile(rf"\s*({_NUMBER})\s*([a-zµμ]+)\s*", re.IGNORECASE)
_ISO = re.compile(
    rf"P(?:({_NUMBER})W)?(?:({_NUMBER})D)?(?:T(?:({_NUMBER})H)?(?:({_NUMBER})M)?(?:({_NUMBER})S)?)?"
)
_ISO_UNITS = (604_800.0, 86_400.0, 3600.0, 60.0, 1.0)
_PASS = 'seconds, a timedelta, or a text such as "90s", "5min" or "1h30m"'


def to_duration(value: Any, what: str, *, least: float = 0.0, above: float | None = None) -> float:
    """Return a duration in seconds.

    Args:
        value: seconds; a `timedelta`, `numpy.timedelta64` or `pandas.Timedelta`; or a text: numbers with units (ns, us,
            ms, s, min or m, h, d, w), such as "5min", "1h30m" or "500 ms", or ISO 8601 ("PT5M").
        what: what it is for, to begin the error message with, such as `"max_age of stream 'cpu'"`.
        least: the shortest that is allowed, in seconds.
        above: when given, it must be longer than this.

    Raises:
        WrongType: when it is of another type.
        UsageError: when it cannot be read, is not finite, or too short.
    """
    seconds = value if type(value) is float else _seconds(value, what)
    if not math.isfinite(seconds):
        raise UsageError(f"{what} cannot be {shown(value)}: it is not finite; pass {_PASS}")
    if seconds < least or (above is not None and seconds <= above):
        bound = f"{least:g} or more" if above is None else f"above {above:g}"
        raise UsageError(f"{what} cannot be {shown(value)}: that is {seconds:g} s; pass a duration {bound}")
    return seconds


def to_count(value: Any, what: str, *, least: int = 0) -> int:
    """Return a number of things.

    Args:
        value: an integer of any library, or a float that is whole.
        what: what it is for, as for `to_duration`.
        least: the smallest that is allowed.

    Raises:
        WrongType: when it is no number.
        UsageError: when it is not whole, or too small.
    """
    if type(value) is not int:
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise WrongType(
                f"{what} cannot be {shown(value)}: it is of type {type(value).__name__}; pass {least} or more"
            )
        try:
            whole = int(value)  # type: ignore[call-overload]  # every Real is a float, int, Fraction or numpy's
        except (OverflowError, ValueError):  # infinity, NaN
            whole = None
        if whole is None or whole != value:
            raise UsageError(f"{what} cannot be {shown(value)}: it is not whole; pass {least} or more")
        value = whole
    if value < least:
        raise UsageError(f"{what} cannot be {shown(value)}: pass {least} or more")
    return int(value)


def _seconds(value: Any, what: str) -> float:
    if isinstance(value, str):
        return _read(value, what)
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if getattr(getattr(value, "dtype", None), "kind", "") == "m" and getattr(value, "shape", None) == ():
        return _of_timedelta64(value, what)
    if getattr(value, "shape", None) == () and hasattr(value, "item") and not isinstance(value, numbers.Real):
        return _seconds(value.item(), what)
    if type(value) is not bool and isinstance(value, numbers.Real | Decimal):
        try:
            return float(value)
        except (OverflowError, ValueError):  # an int beyond 1.8e308, Decimal("sNaN")
            return math.inf
    raise WrongType(f"{what} cannot be {shown(value)}: it is of type {type(value).__name__}; pass {_PASS}")


def _of_timedelta64(value: Any, what: str) -> float:
    if value.dtype.str.endswith(("m8", "[Y]", "[M]")):
        raise UsageError(f"{what} cannot be {shown(value)}: its unit has no length in seconds; pass {_PASS}")
    count = int(value.astype("m8[ns]").astype("i8"))
    return math.nan if count == -(2**63) else count / 1e9


def _read(text: str, what: str) -> float:
    """Read a duration in words."""
    if (iso := _ISO.fullmatch(text)) and any(iso.groups()):
        return sum(
            float(number) * unit for number, unit in zip(iso.groups(), _ISO_UNITS, strict=True) if number
        )
    seconds, at = 0.0, 0
    while part := _PART.match(text, at):
        number, unit = part.groups()
        if unit == "M" or unit.lower() not in _UNITS:  # "M" are months, at least as often
            break
        seconds += float(number) * _UNITS[unit.lower()]
        at = part.end()
    if at < len(text) or not at:
        raise UsageError(f"{what} cannot be {shown(text)}: it is no duration that can be read; pass {_PASS}")
    return seconds
