"""Text that a socket can carry: UTF-8 has no lone surrogates, while Python's and JavaScript's strings may."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

_LONE: Final = re.compile("[\ud800-\udfff]")

REPLACEMENT: Final = "\ufffd"


def well_formed(text: str) -> str:
    """Return a text with U+FFFD in place of every lone surrogate, as JavaScript's `toWellFormed()` does."""
    return text if text.isascii() else _LONE.sub(REPLACEMENT, text)


def well_formed_data(data: Any) -> Any:
    """Return a copy of what JSON can express in which all text is well-formed, keys too.

    Raises:
        TypeError: JSON cannot express it.
        RecursionError: it is nested too deeply, or holds itself.
    """
    if isinstance(data, str):
        return well_formed(data)
    if isinstance(data, dict):
        return {well_formed_data(key): well_formed_data(value) for key, value in data.items()}
    if isinstance(data, list | tuple | set | frozenset):
        return [well_formed_data(value) for value in data]
    if data is None or isinstance(data, int | float | msgspec.Raw):
        return data
    return well_formed_data(msgspec.to_builtins(data))  # a dataclass, for example
