"""Locks that a forked child can use.

A child is forked with one thread. A lock that another thread held at that moment is copied locked, and
nobody is left to release it. So objects with a lock register here, and are told in the child to make a fresh
one; what a lock guards must be right at every moment, interrupts included, which is the house rule anyway.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """Something that has to be put right in a forked child."""

    def after_fork(self) -> None:
        """Make fresh locks, and forget the threads that stayed behind (in the child, before anything else)."""


# Kept across %autoreload of this module, which must not register twice either.
_known: weakref.WeakSet[Forkable] | None = globals().get("_known")


def renew_after_fork(owner: Forkable) -> None:
    """Have `owner.after_fork()` called in every child that is forked from now on; keeps no hold of it."""
    global _known
    if _known is None:
        _known = weakref.WeakSet()
        if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
            os.register_at_fork(after_in_child=_renew)
    _known.add(owner)


def _renew() -> None:
    for owner in list(_known or ()):
        owner.after_fork()
