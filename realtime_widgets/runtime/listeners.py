"""Listeners: fast internal functions that are called at once, on the thread that changed something.

Users' functions go to the callback thread instead. Any thread may add, remove and call listeners; there is no lock that
a fork could copy in its locked state.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Listeners:
    """Functions without arguments, in the order they were added.

    Args:
        of: what they listen to, named in the log.
    """

    __slots__ = ("_of", "fns")

    def __init__(self, of: str) -> None:
        self._of = of
        self.fns: dict[object, Callable[[], object]] = {}
        """The functions by an internal key; empty, so false, without listeners: a check that costs next to nothing."""

    def add(self, fn: Callable[[], object]) -> Callable[[], None]:
        """Add a function; returns the undo. The same function may be added more than once."""
        key = object()
        self.fns[key] = fn

        def undo() -> None:
            self.fns.pop(key, None)

        return undo

    def tell(self) -> None:
        """Call all of them on this thread; what one raises is logged, and the others are still called."""
        for fn in list(self.fns.values()):  # an atomic copy: another thread may add one meanwhile
            try:
                fn()
            except Exception:
                logger.exception("a listener of %s raised: %r", self._of, fn)
