"""Listeners: quick functions that are called at once, where something has changed.

For machinery: users' functions go to the callback thread. Any thread may add one, undo it and tell them; there is
no lock that a fork could copy in its locked state.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Listeners:
    """Functions without arguments, in the order they were added.

    Args:
        of: what they listen to, for the log.
    """

    __slots__ = ("_of", "fns")

    def __init__(self, of: str) -> None:
        self._of = of
        self.fns: dict[object, Callable[[], object]] = {}
        """By a key of each; where a look must cost nothing, this is false when there are none."""

    def add(self, fn: Callable[[], object]) -> Callable[[], None]:
        """Add one; returns the undo. The same one may be there more than once."""
        key = object()
        self.fns[key] = fn

        def undo() -> None:
            self.fns.pop(key, None)

        return undo

    def tell(self) -> None:
        """Call them, on this thread; what one raises is logged, and the others are called all the same."""
        for fn in list(self.fns.values()):  # a copy made in one step: another thread may add one meanwhile
            try:
                fn()
            except Exception:
                logger.exception("a listener of %s raised: %r", self._of, fn)
