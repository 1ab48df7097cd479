"""Levels: how severe an event is, whatever its source calls it.

There are five, and every name of other systems is one of them, in any case, as bytes, or as an enum's. Numbers come
from three systems that overlap, so a rule decides:

    0 to 7      syslog: 0 to 3 error, 4 warning, 5 and 6 info, 7 debug
    10 to 60    `logging`: from 10 on debug, 20 info, 30 warning, 40 error; 25 is success (loguru)
                pino and bunyan, where the messages are in `msg`: from 10 on debug, 30 info, 40 warning, 50 error
    others      unknown

So the 5 of a `TRACE` of one's own in `logging` is taken for syslog's notice, and the 30 of a pino whose `msg` was
renamed for a warning: give such events names. What is unknown counts as info, and is shown as it is.
"""

from __future__ import annotations

from enum import Enum
from numbers import Real
from typing import Any, Final, Literal

from ..errors import UsageError, did_you_mean
from .text import decoded, without_controls

Level = Literal["debug", "info", "success", "warning", "error"]

LEVELS: Final[tuple[Level, ...]] = ("debug", "info", "success", "warning", "error")
"""From the least severe to the most severe."""

_NAMES: Final[dict[Level, str]] = {
    "debug": "trace trc verbose vrb v finest finer fine config spam dbg d t notset all",
    "info": "information informational inf i notice default",
    "success": "ok passed pass succeeded done",
    "warning": "warn wrn w caution",
    "error": "err e critical crit c fatal ftl f severe alert emerg emergency panic pnc dpanic "
    "exception failure failed fail",
}

NAMES: Final[dict[str, Level]] = {level: level for level in LEVELS} | {
    name: level for level, names in _NAMES.items() for name in names.split()
}
"""All names that are understood, in lower case: those of `logging`, syslog, Java, Go, .NET, Android, pino, loguru …"""

_SYSLOG: Final[tuple[Level, ...]] = ("error",) * 4 + ("warning", "info", "info", "debug")
_LOGGING: Final[tuple[Level, ...]] = ("debug", "info", "warning", "error", "error", "error")
_PINO: Final[tuple[Level, ...]] = ("debug", "debug", "info", "warning", "error", "error")


def level_of(value: Any, *, pino: bool = False) -> Level | None:
    """Return the level that a value of any kind stands for; None: unknown.

    Args:
        value: a name, a number, an enum, or an object with a `name`.
        pino: whether numbers from 10 on are pino's, else `logging`'s.
    """
    try:
        return _level_of(value, pino)
    except (
        Exception
    ):  # numbers beyond floats, objects of users: one bad event must not end a log, nor a whole frame
        return None


def _level_of(value: Any, pino: bool) -> Level | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, Enum | tuple) or not isinstance(value, str | bytes | bytearray | Real):
        name = getattr(value, "name", None)
        found = NAMES.get(_folded(without_controls(name))) if isinstance(name, str) else None
        return found or (_level_of(value.value, pino) if isinstance(value, Enum) else None)
    if isinstance(value, Real):
        return _of_number(float(value), pino)
    text = _folded(without_controls(decoded(value)))
    if text.isascii() and text.isdigit() and len(text) <= 3:
        return _of_number(float(text), pino)
    return NAMES.get(text)


def severity(value: Any, *, pino: bool = False) -> int:
    """Return the index of a level in `LEVELS`; unknown ones count as `info`."""
    return LEVELS.index(level_of(value, pino=pino) or "info")


def checked_level(level: Any) -> Level:
    """Return the level that a setting names; numbers are those of `logging` or syslog.

    Raises:
        UsageError: for an unknown level, naming the nearest.
    """
    found = level_of(level)
    if found is None:
        hint = did_you_mean(str(level), LEVELS) or f"; pass one of {', '.join(map(repr, LEVELS))}"
        raise UsageError(f"level={level!r} is no level{hint}")
    return found


def _folded(name: str) -> str:
    return name.strip(" \t\r\n\ufeff[]()<>{}:|*-").casefold()


def _of_number(number: float, pino: bool) -> Level | None:
    if 0 <= number < 8:
        return _SYSLOG[int(number)]
    if 10 <= number < 70:
        if number == 25 and not pino:
            return "success"
        return (_PINO if pino else _LOGGING)[int(number) // 10 - 1]
    return None
