"""Quoting: what error messages show of frames that are not ours, whatever these are and however large."""

from __future__ import annotations

from typing import Final

MAX_SHOWN: Final = 80
"""Characters that are shown of a frame."""


def quote(raw: str | bytes) -> str:
    """Return the beginning of a frame."""
    text = raw if isinstance(raw, str) else bytes(raw[: 4 * MAX_SHOWN]).decode("utf-8", "replace")
    return repr(text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…")
