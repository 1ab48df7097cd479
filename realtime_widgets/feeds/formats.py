"""Number formats: checked here, applied by the browser in the reader's locale."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UsageError, nearest

FORMATS = {
    "number": "thousands separators, up to three decimals; an exponent for what is very large or small",
    "percentage": "a ratio times 100, one decimal: 0.425 is 42.5 %; its change is in points",
    "duration": "of milliseconds, in two units that suit its size: 0.4 ms, 1.2 s, 1 min 34 s, 3 d 4 h",
    "bytes": "binary prefixes, one decimal: 1,536 is 1.5 KiB",
    "compact": "short, one decimal: 1.2M, 12.3万",
    "si": "with the prefix that suits its size before the unit, three digits: 1.23 kW, 45.6 mV",
}
"""The named formats, and what each does."""


def number_format(name: str, *, unit: str | None = None, precision: int | None = None) -> dict[str, Any]:
    """Return a checked format, as pages read it.

    Args:
        name: one of `FORMATS`.
        unit: text written behind the number, such as "°C" or "/s"; the sign of a currency, such as "$" or "€", or its
            code, such as "USD", stands where the reader's locale has it, with as many digits as it has (of numbers, and
            those that are compact); None: none.
        precision: digits after the decimal point, 0 to 12, but for durations of two units; None: the format's default.

    Raises:
        UsageError: for an unknown name (with the nearest), or a precision out of range.
    """
    chosen: dict[str, Any] = {"name": checked_format(name)}
    if unit:
        chosen["unit"] = str(unit)
    if precision is not None:
        chosen["precision"] = checked_precision(precision)
    return chosen


def checked_format(name: Any) -> str:
    """Return the name of a format.

    Raises:
        UsageError: for an unknown one, with the nearest.
    """
    if not isinstance(name, str) or name not in FORMATS:
        hint = nearest(str(name), FORMATS)
        advice = f"did you mean {hint!r}?" if hint else f"it is one of {', '.join(map(repr, FORMATS))}"
        raise UsageError(f"there is no number format {name!r}: {advice}")
    return str(name)


def checked_precision(digits: Any) -> int | None:
    """Return a number of digits; None: that of the format.

    Raises:
        UsageError: when it is no whole number from 0 to 12.
    """
    if digits is None:
        return None
    if isinstance(digits, bool) or not isinstance(digits, int | np.integer) or not 0 <= digits <= 12:
        raise UsageError(f"precision={digits!r} digits cannot be written: pass 0 to 12, or None")
    return int(digits)
