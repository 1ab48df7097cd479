"""LogHandler: records of Python's `logging` as events, handed to one function: a log's stream, or notifications.

It never raises into the program that logs, never logs what it causes itself, and takes records from any thread. It has
no lock of its own, as other handlers have: a thread that holds a lock of ours while it logs could wait for one that
holds the handler's. So the function it hands events to must be safe from any thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

from ..errors import UsageError, WrongType, did_you_mean, shown

Event = dict[str, Any]

PACKAGE: Final = __package__.partition(".")[0]
LAST_HOP: Final = f"{PACKAGE}.browser"
"""Where events are carried to the pages, on another thread: what fails there would be logged, carried, fail again …"""
LEAST_NUMBER: Final = 10
"""Numbers below that are debug in `logging`, but levels of syslog to those who read events."""

_PLAIN: Final = logging.Formatter()


class LogHandler(logging.Handler):
    """A handler of `logging` that hands each record to a function, as the event that it is.

    Args:
        take: called with `{"level", "source", "message", "ts"}`, and `"details"` where the record has a traceback or a
            stack, on the thread that logs; must be fast and safe from any thread.
        level: the least severe level to take, a name in any case, or a number of `logging`.

    Raises:
        UsageError: for an unknown level, naming the nearest.

    Example:
        `logging.getLogger().addHandler(LogHandler(events.append))`
    """

    def __init__(self, take: Callable[[Event], object], level: str | int = "INFO") -> None:
        if not callable(take):
            raise WrongType(f"a log handler cannot hand events to {shown(take)}: pass a function of one dict")
        super().__init__(_checked_level(level))
        self.dropped = 0
        """Records that were not taken because taking another one had caused them."""
        self._take: Callable[[Event], object] | None = take
        self._here = threading.local()
        self._emitting = (
            0  # threads; only ever compared with 0, so that a lost count would cost a record of ours
        )

    def createLock(self) -> None:
        """Have none; see above."""
        self.lock = None

    def handle(self, record: logging.LogRecord) -> Any:
        """Take a record that passes the filters; returns what they made of it, false when it did not pass."""
        found: Any = self.filter(record)
        if found:
            self.emit(found if isinstance(found, logging.LogRecord) else record)
        return found

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record on, unless it was caused by that; failures go where `logging` reports its own."""
        take = self._take
        if take is None:
            return
        if self._is_ours(record):
            self.dropped += 1
            return
        self._here.busy = True
        self._emitting += 1
        try:
            take(event_of(record, self.formatter))
        except Exception:
            self.handleError(record)
        finally:
            self._emitting -= 1
            self._here.busy = False

    def _is_ours(self, record: logging.LogRecord) -> bool:
        """Whether handing records on has caused this one, or may have."""
        if getattr(self._here, "busy", False):
            return True
        name = str(record.name)
        return _is_under(LAST_HOP, name) or (self._emitting > 0 and _is_under(PACKAGE, name))

    def close(self) -> None:
        """Take no more, and leave the loggers it was added to; may be called again, from any thread."""
        self._take = None
        loggers = [logging.root, *list(logging.Logger.manager.loggerDict.values())]
        for logger in loggers:
            if isinstance(logger, logging.Logger) and self in logger.handlers:
                logger.removeHandler(self)
        super().close()

    def __repr__(self) -> str:
        state = ", closed" if self._take is None else ""
        return f"<LogHandler {logging.getLevelName(self.level)}{state}>"


def event_of(record: logging.LogRecord, formatter: logging.Formatter | None = None) -> Event:
    """Return a record as an event: `level`, `source`, `message`, `ts` in seconds, and `details` where there are any.

    Args:
        record: of `logging`; it may hold arguments that do not fit its message, or that raise.
        formatter: makes the message; None: the message as it was logged.
    """
    details = _details(record, formatter or _PLAIN)
    message = _message(record, formatter)
    event: Event = {
        "level": _level(record),
        "source": record.name,
        "message": message.removesuffix(details).rstrip("\n") if details else message,
        "ts": record.created,
    }
    if details:
        event["details"] = details
    return event


def _message(record: logging.LogRecord, formatter: logging.Formatter | None) -> str:
    try:
        return str(record.getMessage() if formatter is None else formatter.format(record))
    except Exception as error:  # what somebody meant to say is worth more than how
        try:
            said = str(record.msg)
        except Exception:
            said = f"<a {type(record.msg).__name__}>"
        return f"{said} (could not be formatted: {type(error).__name__})"


def _details(record: logging.LogRecord, formatter: logging.Formatter) -> str:
    """Return the traceback and the stack as `logging` writes them after a message; empty for none."""
    try:
        traceback = record.exc_text or (formatter.formatException(record.exc_info) if record.exc_info else "")
        stack = formatter.formatStack(record.stack_info) if record.stack_info else ""
    except Exception as error:
        return f"<a traceback that raised {type(error).__name__}>"
    return "\n".join(part for part in (traceback, stack) if part)


def _level(record: logging.LogRecord) -> str | int:
    """Return the name of a level; its number where it has no name."""
    name = str(record.levelname)
    if name != f"Level {record.levelno}":
        return name.lower()
    return record.levelno if record.levelno >= LEAST_NUMBER else "debug"


def _is_under(room: str, name: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def _checked_level(level: Any) -> int:
    """Return the number of a level.

    Raises:
        UsageError: for one that `logging` does not know.
    """
    if isinstance(level, int) and not isinstance(level, bool):
        return level
    names = logging.getLevelNamesMapping()
    found = names.get(level.strip().upper(), names.get(level)) if isinstance(level, str) else None
    if found is None:
        hint = did_you_mean(str(level), names) or f"; pass one of {', '.join(map(repr, names))}, or a number"
        raise UsageError(f"level={level!r} is no level of logging{hint}")
    return found
