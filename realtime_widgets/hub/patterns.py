"""Patterns: names of channels, and beginnings of names with a `*` after them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from ..errors import UsageError, WrongType, shown
from ..protocol.limits import MAX_NAME_LENGTH

T = TypeVar("T")


class ByChannel(Generic[T]):
    """Values by the names of channels, or by how those begin.

    Args:
        usual: that of all others.
        named: the values, by names, or beginnings of names with a `*` after them.
    """

    def __init__(self, usual: T, named: Mapping[str, T]) -> None:
        self._usual = usual
        self._names = {name: value for name, value in named.items() if not name.endswith("*")}
        beginnings = [(name[:-1], value) for name, value in named.items() if name.endswith("*")]
        self._beginnings = sorted(beginnings, key=lambda each: len(each[0]), reverse=True)

    def __getitem__(self, channel: str) -> T:
        found = self._names.get(channel)
        if found is not None:
            return found
        for beginning, value in self._beginnings:
            if channel.startswith(beginning):
                return value
        return self._usual


def checked_pattern(pattern: Any, option: str) -> str:
    """Return a pattern that a user gave.

    Args:
        pattern: what they gave.
        option: in which, such as `"publish="`.

    Raises:
        UsageError: it is no channel's name, or has a `*` before its end; WrongType: it is no text.
    """
    if not isinstance(pattern, str):
        raise WrongType(f"{option} cannot have {shown(pattern)}: it must be text; pass names of channels")
    if not pattern or len(pattern.removesuffix("*")) > MAX_NAME_LENGTH or "*" in pattern[:-1]:
        raise UsageError(
            f"{option} cannot have {shown(pattern)}: pass the name of a channel, or how names begin and a single '*' "
            "at the end"
        )
    return pattern
