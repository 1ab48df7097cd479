"""Footprint: about how much memory the data of a message take, so that what waits can be bounded in bytes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from sys import getsizeof
from typing import Any, Final

MAX_VALUES: Final = 1_000_000
"""Values that are counted; an object that contains itself has no end."""

_OTHER: Final = 64
"""Bytes that an object counts whose size is not known, and a field with its name."""

_SMALL: Final = frozenset({float, int, bool, type(None)})


def footprint_of(data: Any) -> int:
    """Return about how many bytes data take in memory, with all that is in them."""
    if type(data) is dict:  # the common case: a record of numbers and texts
        total = _OTHER
        for name, value in data.items():
            kind = type(value)
            if kind is str and type(name) is str:
                total += 2 * _OTHER + len(name) + len(value)
            elif kind in _SMALL and type(name) is str:
                total += 2 * _OTHER + len(name)
            else:
                return _footprint_of_all(data)
        return total
    return 32 if type(data) in _SMALL else _footprint_of_all(data)


def _footprint_of_all(data: Any) -> int:
    total = 0
    left: list[Any] = [data]
    for _ in range(MAX_VALUES):
        if not left:
            break
        value = left.pop()
        try:
            total += getsizeof(value, _OTHER)
            if isinstance(value, dict | Mapping):
                left.extend(value)
                left.extend(value.values())
            elif isinstance(value, list | tuple | set | frozenset):
                left.extend(value)
        except Exception:  # a user's own class
            total += _OTHER
    return total
