"""Moments and durations, for cards: values that are neither numbers nor text.

Pages write them in the reader's language and zone; a moment without a zone is shown as it is. Text made here has short
units and ISO 8601, which readers of all languages know.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from .text import decoded, without_controls

_UNITS = (("d", 86_400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1))
"""From how many seconds on a unit is used, and the one beside it."""


def said_of(value: Any) -> dict[str, Any] | None:
    """Return what pages are told of a value that is no number; None: it has nothing that a card could show.

    Args:
        value: text; bytes, which are read as UTF-8; a duration; a moment, a date or a time of day, also numpy's and
            pandas' own.

    Returns:
        `{"duration": seconds}`, `{"moment": seconds since 1970}` of a moment that has a zone, or `{"text": …}`.
    """
    match value:
        case str() | bytes() | bytearray():
            return {"text": without_controls(decoded(value))}
        case dt.timedelta():
            return {"duration": value.total_seconds()}
        case dt.datetime():
            return {"text": moment_text(value)} if value.tzinfo is None else {"moment": value.timestamp()}
        case dt.date():
            return {"text": value.isoformat()}
        case dt.time():
            return {"text": value.isoformat("milliseconds" if value.microsecond else "seconds")}
        case np.timedelta64() if not np.isnat(value) and np.datetime_data(value.dtype)[0] not in (
            "Y",
            "M",
            "generic",
        ):
            return {"duration": float(value / np.timedelta64(1, "us")) / 1e6}
        case np.datetime64() if not np.isnat(value):
            moment = value.astype("datetime64[us]").item()
            return {"text": moment_text(moment) if isinstance(moment, dt.datetime) else str(value)}
    return None


def duration_text(seconds: float) -> str:
    """Return a duration in its two largest units: `250 ms`, `12.5 s`, `1 min 30 s`, `2 h 5 min`, `3 d 4 h`."""
    sign, seconds = ("−" if seconds < 0 else ""), abs(seconds)
    for unit, size, smaller, part in _UNITS:
        count = round(seconds / part)
        if count * part >= size:
            whole, rest = divmod(count, size // part)
            return f"{sign}{whole:,} {unit}" + (f" {rest} {smaller}" if rest else "")
    if seconds == 0 or seconds >= 0.9995:
        return f"{sign}{round(seconds, 1):g} s"
    return f"{sign}{seconds * 1e3:.3g} ms" if seconds >= 0.9995e-3 else f"{sign}{seconds * 1e6:.3g} µs"


def moment_text(moment: dt.datetime) -> str:
    """Return a moment as its own clock has it: `2026-11-28 12:30:00`, with milliseconds where it has any."""
    return moment.replace(tzinfo=None).isoformat(
        " ", "milliseconds" if moment.microsecond >= 1000 else "seconds"
    )
