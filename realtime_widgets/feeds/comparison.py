"""Comparison: with what a card compares its number, as users ask for it and as pages say it.

| asked for            | the number is compared with                                            | pages say        |
|----------------------|------------------------------------------------------------------------|------------------|
| `"window"`           | the first value of the window; what is reduced: the window before      | last 60 s        |
| `"previous"`         | the value before the newest; what is reduced: the window before        | vs previous      |
| a number             | itself                                                                 | vs 0.5           |
| a duration: `"5min"` | the number of so long ago, or of as long ago as is known               | vs 5 min ago     |
| `None`               | nothing                                                                |                  |
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from numbers import Real
from typing import Any, Final, Literal

import msgspec
import numpy as np

from ..errors import UsageError, did_you_mean, shown
from ..streams.amounts import to_duration

Reduce = Literal["last", "mean", "max", "min", "sum", "rate"]

REDUCERS: Final = {
    "last": "the newest value",
    "mean": "the mean of the window",
    "max": "its greatest value",
    "min": "its least value",
    "sum": "the sum of its values",
    "rate": "by how much a counter grew in it, per second; one that falls has begun again at 0",
}
"""What a card can make of the values in its window."""

_NAMES: Final = ("window", "previous")
_LEAST: Final = 0.1
_LONGEST: Final = 3.2e9


class Comparison(msgspec.Struct, frozen=True):
    """With what a number is compared."""

    kind: Literal["window", "previous", "value", "ago", "none"]
    value: float = 0.0
    """The number, of the kind `value`; seconds, of `ago`."""

    def page(self) -> dict[str, Any]:
        """Return it as pages read it."""
        return {"kind": self.kind, "value": self.value}


WINDOW: Final = Comparison("window")


def to_comparison(asked: Any) -> Comparison:
    """Return what a user asks for.

    Args:
        asked: `"window"`, `"previous"`, a number, a duration as text, as a timedelta or as numpy's, or None.

    Raises:
        UsageError: when it is none of these, with the nearest name.
    """
    if asked is None:
        return Comparison("none")
    if isinstance(asked, Comparison):
        return asked
    if isinstance(asked, str) and asked in _NAMES:
        return Comparison("window" if asked == "window" else "previous")
    odd = isinstance(asked, bool | np.bool_ | np.timedelta64)
    if not odd and isinstance(asked, Real | Decimal):
        return Comparison("value", _number(asked))
    try:
        if not isinstance(asked, str | dt.timedelta | np.timedelta64):
            raise UsageError("no duration")
        seconds = to_duration(asked, "compare=", least=-math.inf)
    except UsageError:
        hint = did_you_mean(asked, _NAMES) if isinstance(asked, str) else ""
        advice = hint or (
            '; pass "window", "previous", a number to compare with, a duration such as "5min", or None'
        )
        raise UsageError(f"compare={shown(asked)} cannot be used{advice}") from None
    if not _LEAST <= seconds <= _LONGEST:
        raise UsageError(
            f"compare={shown(asked)} cannot be used: pass a duration from {_LEAST:g} to {_LONGEST:g} seconds"
        )
    return Comparison("ago", seconds)


def _number(asked: Any) -> float:
    try:
        number = float(asked)
    except (OverflowError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"compare={shown(asked)} cannot be used: a number to compare with is finite")
    return number


def checked_reduce(name: Any) -> str:
    """Return the name of a reducer.

    Raises:
        UsageError: for an unknown one, with the nearest.
    """
    if not isinstance(name, str) or name not in REDUCERS:
        hint = did_you_mean(str(name), REDUCERS) or f"; pass one of {', '.join(map(repr, REDUCERS))}"
        raise UsageError(f"reduce={shown(name)} cannot be used{hint}")
    return str(name)
