"""Limit: which values reach a threshold, and which are far enough from it to clear it.

| kind      | reached by            | cleared by (h: hysteresis)        |
|-----------|-----------------------|-----------------------------------|
| `above`   | value >= v            | value < v - h                     |
| `below`   | value <= v            | value > v + h                     |
| `outside` | value < low or > high | low + h <= value <= high - h      |
| `inside`  | low <= value <= high  | value < low - h or > high + h     |

What does neither, and what is missing, decides nothing. Values that float64 cannot hold are compared exactly.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from ..errors import UsageError, WrongType, shown
from ..streams.columns import EXACT_BELOW, Array, differences, plain

Kind = Literal["above", "below", "outside", "inside"]
Codes = npt.NDArray[np.int8]

REACHED: Final = 1
NEITHER: Final = 0
CLEAR: Final = -1

_PASS = "pass a number, or a band such as (0.2, 0.8)"
_SIGNS: Final[dict[Kind, str]] = {
    "above": "≥ {}",
    "below": "≤ {}",
    "outside": "< {} or > {}",
    "inside": "{} – {}",
}
_BACK: Final[dict[Kind, str]] = {
    "above": "below {}",
    "below": "above {}",
    "outside": "within {} – {}",
    "inside": "outside of {} – {}",
}

_PLACES: Final[dict[Kind, str]] = {
    "above": "≥ {0}",
    "below": "≤ {0}",
    "outside": "< {0} / > {1}",
    "inside": "{0} – {1}",
}
"""The same without words, which pages have in the reader's language."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold as it is compared with values; made by `limit_of`."""

    kind: Kind
    bounds: tuple[Any, ...]
    """One number, or the two of a band, as they were given."""
    hysteresis: float
    _origin: int
    """What is taken off values before they are compared; 0 unless float64 could not tell them apart."""
    _reach: tuple[float, ...]
    """The bounds less that."""
    _clear: tuple[float, ...]
    """Where it is cleared, less that."""

    def codes(self, column: Array) -> Codes:
        """Return for each value of a column, of any kind, whether it is `REACHED`, `CLEAR` or `NEITHER`."""
        x = differences(column, self._origin)
        low, high = self._reach[0], self._reach[-1]
        clear_low, clear_high = self._clear[0], self._clear[-1]
        match self.kind:
            case "above":
                reached, clear = x >= low, x < clear_low
            case "below":
                reached, clear = x <= low, x > clear_low
            case "outside":
                reached, clear = (x < low) | (x > high), (x >= clear_low) & (x <= clear_high)
            case "inside":
                reached, clear = (x >= low) & (x <= high), (x < clear_low) | (x > clear_high)
        return reached.astype(np.int8) - clear.astype(np.int8)

    @property
    def threshold(self) -> Any:
        """The number, or the band `(low, high)`."""
        return self.bounds[0] if len(self.bounds) == 1 else self.bounds

    def text(self) -> str:
        """Return what reaches it: `≥ 0.9`."""
        return _SIGNS[self.kind].format(*map(number_text, self.bounds))

    def back(self) -> str:
        """Return where a value is that does not: `below 0.9`."""
        return _BACK[self.kind].format(*map(number_text, self.bounds))

    def wire(self) -> dict[str, Any]:
        """Return what pages are told of it: they write the bounds in the reader's way into the places of `text`."""
        return {
            "kind": self.kind,
            "bounds": [float(bound) for bound in self.bounds],
            "text": _PLACES[self.kind],
        }


def limit_of(value: Any, *, above: bool = True, inside: bool = False, hysteresis: Any = 0.0) -> Limit:
    """Return the limit of a threshold's arguments, see `Threshold`.

    Raises:
        WrongType: when something is no number.
        UsageError: when it is not finite, a band is upside down, or the hysteresis negative or too large.
    """
    above, inside = _flag("above", above), _flag("inside", inside)
    bounds = _bounds(value)
    margin = _number(hysteresis, f"hysteresis={shown(hysteresis)} of a threshold", "pass a number, 0 or more")
    if margin < 0:
        raise UsageError(
            f"hysteresis={shown(hysteresis)} of a threshold cannot be used: it is negative; pass 0 or more"
        )
    band = len(bounds) == 2
    if band and not above:
        raise UsageError(
            f"a threshold cannot be the band {shown(value)} and above=False: a band has two sides; leave above out, or "
            "pass one number"
        )
    if inside and not band:
        raise UsageError(f"a threshold cannot be inside of {shown(value)}: pass a band such as (0.2, 0.8)")
    if not band:
        kind: Kind = "above" if above else "below"
        return _made(kind, bounds, margin, (-margin,) if above else (margin,))
    if inside:
        return _made("inside", bounds, margin, (-margin, margin))
    if 2 * margin > Fraction(bounds[1]) - Fraction(bounds[0]):
        raise UsageError(
            f"hysteresis={shown(hysteresis)} of a threshold cannot be used: nothing is so far within the band "
            f"{shown(value)}; pass less than half of its width"
        )
    return _made("outside", bounds, margin, (margin, -margin))


def _made(kind: Kind, bounds: tuple[Any, ...], margin: Fraction, off: tuple[Fraction, ...]) -> Limit:
    large = max(abs(bound) for bound in bounds) >= EXACT_BELOW
    origin = int(bounds[0]) if large else 0
    reach = [Fraction(bound) - origin for bound in bounds]
    clear = [bound + each for bound, each in zip(reach, off, strict=True)]
    return Limit(kind, bounds, float(margin), origin, tuple(map(float, reach)), tuple(map(float, clear)))


def _bounds(value: Any) -> tuple[Any, ...]:
    pair = value.tolist() if isinstance(value, np.ndarray) and value.ndim == 1 else value
    if not isinstance(pair, list | tuple):
        bound = plain(value)
        _number(bound, f"threshold {shown(value)}", _PASS)
        return (bound,)
    if len(pair) != 2:
        raise UsageError(f"a threshold cannot be {shown(value)}: a band has two numbers; {_PASS}")
    low, high = map(plain, pair)
    for bound in (low, high):
        _number(bound, f"{shown(bound)} in threshold {shown(value)}", _PASS)
    if low >= high:
        raise UsageError(
            f"a threshold cannot be the band {shown(value)}: it is upside down or empty; pass the lower number first"
        )
    return low, high


def is_number(value: Any) -> bool:
    """Return whether something is a number that values can be compared with: no boolean, and no span of time, which
    numpy takes for one.
    """
    return isinstance(value, Real | Decimal) and not isinstance(value, bool | np.bool_ | np.timedelta64)


def _number(value: Any, what: str, advice: str) -> Fraction:
    value = plain(value)
    if not is_number(value):
        if isinstance(value, dt.timedelta | np.timedelta64):
            advice = "pass its seconds, as which spans of time are compared"
        raise WrongType(f"{what} cannot be used: it is of type {type(value).__name__}; {advice}")
    try:
        finite = math.isfinite(float(value))
    except (OverflowError, ValueError):  # an int beyond 1.8e308, Decimal("sNaN")
        finite = False
    if not finite:
        raise UsageError(f"{what} cannot be used: it is not finite, or too large; {advice}")
    return Fraction(value)  # every finite Real is a float, int, Fraction or numpy's


def _flag(what: str, value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise WrongType(f"{what}={shown(value)} of a threshold cannot be used: pass True or False")
    return bool(value)


def number_text(value: Any) -> str:
    """Return a number in short, for a title or a message: at most six digits of a float."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
