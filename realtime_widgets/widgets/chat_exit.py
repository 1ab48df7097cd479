"""What chats have said arrives before the program ends, if it can: a script says something, and is over.

The threads of the runtime run on until `atexit` stops it; this is called before that, for it is registered later, with
each chat that has a connection.
"""

from __future__ import annotations

import atexit
import logging
import time
import weakref
from typing import Final, Protocol

from ..runtime.forksafe import finish_in_child, renew_after_fork

logger = logging.getLogger(__name__)

LIMIT: Final = 5.0
"""Seconds that the end of a program waits at most."""

QUIET: Final = 3
"""Looks in a row at which nothing waits, until that is believed: what leaves one place is not at once in the next."""

PAUSE: Final = 0.01
"""Seconds between two looks."""


class Waits(Protocol):
    """What may have something to send."""

    @property
    def waits(self) -> bool:
        """Whether it has, and that may still arrive."""


class _Unfinished:
    """Who is asked at the end."""

    def __init__(self) -> None:
        self.all: weakref.WeakSet[Waits] = weakref.WeakSet()
        renew_after_fork(self, _Unfinished.forget)

    def forget(self) -> None:
        """Ask nobody: in a forked child, what the parent says is not its."""
        self.all = weakref.WeakSet()


_unfinished = _Unfinished()


def finish_at_exit(one: Waits) -> None:
    """Let the end of the program wait for what something has to send; once the runtime has been started."""
    _unfinished.all.add(one)
    atexit.unregister(
        finish
    )  # or it would be called after the stop of a runtime that is newer: that of a forked child
    atexit.register(finish)
    finish_in_child(finish)


def finish(limit: float = LIMIT) -> int:
    """Wait until nothing waits, and return how many still have something then."""
    deadline, quiet = time.monotonic() + limit, 0
    while quiet < QUIET and time.monotonic() < deadline:
        quiet = 0 if any(one.waits for one in list(_unfinished.all)) else quiet + 1
        time.sleep(PAUSE)
    left = sum(one.waits for one in list(_unfinished.all))
    if left:
        logger.warning("the program ends before all that was said in %d chats has arrived", left)
    return left
