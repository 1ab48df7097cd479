"""What chats have said arrives before the program ends, if it can: a script says something, and is over.

Threads of the runtime run on until `atexit` stops it; this is called before that, for it is registered later, with the
first chat that has a connection.
"""

from __future__ import annotations

import atexit
import logging
import time
import weakref
from typing import Final, Protocol

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


_all: weakref.WeakSet[Waits] = weakref.WeakSet()
_registered = False


def finish_at_exit(one: Waits) -> None:
    """Let the end of the program wait for what something has to send; once the runtime has been started."""
    global _registered
    _all.add(one)
    if not _registered:
        _registered = True
        atexit.register(finish)


def finish(limit: float = LIMIT) -> int:
    """Wait until nothing waits, and return how many still have something then."""
    deadline, quiet = time.monotonic() + limit, 0
    while quiet < QUIET and time.monotonic() < deadline:
        quiet = 0 if any(one.waits for one in list(_all)) else quiet + 1
        time.sleep(PAUSE)
    left = sum(one.waits for one in list(_all))
    if left:
        logger.warning("the program ends before all that was said in %d chats has arrived", left)
    return left
