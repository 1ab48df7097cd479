"""Quoting: what error messages show of frames and values that are not ours, whatever these are and however large."""

from __future__ import annotations

from typing import Final

MAX_SHOWN: Final = 80
"""Characters that are shown of a frame or a value."""


def quote(raw: str | bytes) -> str:
    """Return the beginning of a frame."""
    text = raw if isinstance(raw, str) else bytes(raw[: 4 * MAX_SHOWN]).decode("utf-8", "replace")
    return repr(text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…")


def shown(value: object, most: int = MAX_SHOWN) -> str:
    """Return the beginning of a value's `repr`."""
    try:
        if isinstance(value, str | bytes) and len(value) > most:
            return repr(value[:most])[:most] + "…"
        text = repr(value)
    except Exception:  # a user's own class, or nested too deeply
        return f"an object of type {type(value).__name__[:most]}"
    return text if len(text) <= most else text[:most] + "…"
