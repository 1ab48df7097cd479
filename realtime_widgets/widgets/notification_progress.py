"""NotificationProgress: one notification that follows some work, instead of one for each step of it."""

from __future__ import annotations

import math
import threading
import time
from types import TracebackType
from typing import Any, Final

from ..errors import UsageError
from ..runtime import get_runtime
from ..runtime.forksafe import renew_after_fork
from .notification_handle import NotificationHandle
from .notification_record import record_of

INTERVAL: Final = 0.1
"""Seconds between two updates: faster than that nobody reads."""


class NotificationProgress:
    """Follows some work: `p(0.3)` says how far it is; any thread, and as often as you like.

    As a context manager it ends with the work: as `success`, or as `error` with what was raised.

    Args:
        handle: the notification.
    """

    def __init__(self, handle: NotificationHandle) -> None:
        self.handle = handle
        """The notification."""
        self._lock = threading.Lock()
        renew_after_fork(self, NotificationProgress._renew_lock)
        self._said_at = -math.inf
        self._waiting: dict[str, Any] = {}
        self._ended = False

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    def __call__(self, progress: float | None = None, message: Any = None) -> None:
        """Say how far the work is.

        Args:
            progress: from 0 to 1; None: as before.
            message: what is being done; None: as before.

        Raises:
            UsageError: when `progress` is not a number from 0 to 1.
        """
        said = record_of(message=message, progress=_checked(progress))
        with self._lock:
            if self._ended:
                return
            first = not self._waiting
            self._waiting.update(said)
            due = self._said_at + INTERVAL - time.monotonic()
            if due > 0:
                if first:
                    get_runtime().call_later(due, self._flush)
                return
        self._flush()

    def done(self, message: Any = None) -> None:
        """End it as a success."""
        self._end("success", message)

    def fail(self, message: Any = None) -> None:
        """End it as an error, which stays until it is dismissed."""
        self._end("error", message)

    def __enter__(self) -> NotificationProgress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.done()
        else:
            self.fail(told(error))

    def _flush(self) -> None:
        with self._lock:
            said, self._waiting = self._waiting, {}
            if self._ended or not said:
                return
            self._said_at = time.monotonic()
        self.handle.say(said)  # without the lock: who hears of it may say more

    def _end(self, type: str, message: Any) -> None:
        with self._lock:
            if self._ended:
                return
            self._ended = True
            said = self._waiting | record_of(message=message, type=type)
        said.pop("progress", None)
        self.handle.say(said)


def told(error: BaseException) -> str:
    """Return an exception in one line: its type, and what it says."""
    text = record_of(message=error).get("message", "")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _checked(progress: Any) -> float | None:
    if progress is None:
        return None
    try:
        part = float(progress)
    except (TypeError, ValueError):
        part = math.nan
    if not -1e-9 <= part <= 1 + 1e-9:
        raise UsageError(
            f"progress={progress!r} cannot be shown: pass how much of the whole is done, a number from 0 to 1"
        )
    return min(max(part, 0.0), 1.0)
