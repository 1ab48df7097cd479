"""Guesses: what the name of a field says of its numbers, where it says so for certain.

A wrong unit is worse than none. So only the last word of a name counts, and only where it has one meaning:

| the name ends with                 | its numbers are                                          |
|------------------------------------|----------------------------------------------------------|
| `bytes`                            | bytes: 1,536 is 1.5 KiB                                  |
| `ms`, `milliseconds`               | durations: 94,000 is 1 min 34 s                          |
| `percent`, `pct`                   | of a hundred, `%`, when one of them is greater than 1    |
| `watts`, `volts`, `hertz` …        | of that unit, with its prefixes: 1.23 kW                 |
| `seconds`, `celsius`, `mb`, `usd` …| of that unit or currency                                 |
| `per second`, `per minute` …       | `/s`, `/min` …; after `bytes` also those                 |

Nor does a unit that a moment is written in: `created_ms`, `epoch_seconds`, or numbers that are moments of today.

Of everything else, such as a rate or a ratio, which may be of 1, of 100 or of a minute, it says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from .naming import in_words

_UNITS: Final[dict[str, dict[str, Any]]] = {
    "bytes": {"format": "bytes"},
    "ms": {"format": "duration"},
    "milliseconds": {"format": "duration"},
    "seconds": {"unit": "s"},
    "celsius": {"unit": "°C"},
    "fahrenheit": {"unit": "°F"},
    "kb": {"unit": "kB"},
    "mb": {"unit": "MB"},
    "gb": {"unit": "GB"},
    "usd": {"unit": "USD"},
    "eur": {"unit": "EUR"},
    "gbp": {"unit": "GBP"},
    "jpy": {"unit": "JPY"},
    "watts": {"format": "si", "unit": "W"},
    "volts": {"format": "si", "unit": "V"},
    "amperes": {"format": "si", "unit": "A"},
    "joules": {"format": "si", "unit": "J"},
    "hertz": {"format": "si", "unit": "Hz"},
    "hz": {"format": "si", "unit": "Hz"},
}
_PERCENT: Final = ("percent", "pct")
_CLOCKS: Final = {"ms": 1e11, "milliseconds": 1e11, "seconds": 1e8}
"""Units in which moments are written, and the number from which on one is none of a duration: three years, or 1973."""
_MOMENTS: Final = frozenset(
    {
        *(
            "at",
            "created",
            "date",
            "deadline",
            "epoch",
            "expires",
            "expiry",
            "finished",
            "modified",
            "now",
            "seen",
        ),
        *("since", "started", "timestamp", "ts", "unix", "until", "updated", "utc"),
    }
)
"""Words of names that are moments, before such a unit."""
_PER: Final = {"second": "/s", "sec": "/s", "minute": "/min", "min": "/min", "hour": "/h", "day": "/d"}
_ICONS: Final = {
    "cpu": "🖥️",
    "disk": "💾",
    "network": "🌐",
    "temperature": "🌡️",
    "battery": "🔋",
    "users": "👥",
}


class Guess(msgspec.Struct, frozen=True):
    """What the name of a field says.

    Attributes:
        words: the name in words, without the unit that `settings` have.
        settings: `format`, `unit` and `precision`, as far as they are certain, as a card takes them.
        icon: one that suits the name; empty: none does.
    """

    words: str
    settings: dict[str, Any]
    icon: str = ""


def guessed(field: str, numbers: Callable[[], Iterable[float]]) -> Guess:
    """Return what the name of a field says.

    Args:
        field: its name.
        numbers: returns those that it has had; called where the name alone does not settle it.
    """
    words = in_words(field)
    parts = words.split(" ")
    low = [word.lower() for word in parts]
    icon = next((_ICONS[word] for word in low if word in _ICONS), "")
    settings: dict[str, Any] = {}
    if len(low) > 2 and low[-2] == "per" and low[-1] in _PER:
        parts = parts[:-2]
        if low[-3] == "bytes":
            settings, parts = {"format": "bytes", "unit": _PER[low[-1]]}, parts[:-1]
        elif low[-3] in (*_UNITS, *_PERCENT):  # seconds per second, dollars per day: nothing is certain
            parts = words.split(" ")
        else:
            settings = {"unit": _PER[low[-1]]}
    elif low[-1] in _CLOCKS and _is_moment(low, numbers):
        pass
    elif low[-1] in _UNITS:
        settings, parts = dict(_UNITS[low[-1]]), parts[:-1]
    elif low[-1] in _PERCENT and any(abs(number) > 1 for number in numbers()):
        settings, parts = {"unit": "%", "precision": 1}, parts[:-1]
    return Guess(" ".join(parts) or words, settings, icon)


def _is_moment(low: list[str], numbers: Callable[[], Iterable[float]]) -> bool:
    """Whether numbers of seconds or milliseconds are a time of a clock, or may be."""
    return not _MOMENTS.isdisjoint(low) or any(abs(number) >= _CLOCKS[low[-1]] for number in numbers())
