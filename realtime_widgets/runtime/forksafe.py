"""Locks that a forked child can use.

A child is forked with one thread. A lock that another thread held at that moment is copied locked, and
nobody is left to release it. So whoever has a lock says here how a child gets a fresh one; that is enough
where what the lock guards is right at every moment, as it has to be for the sake of interrupts anyway.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def renew_after_fork(owner: T, renew: Callable[[T], object]) -> None:
    """Call `renew(owner)` in every child that is forked from now on, first of all; keeps no hold of owner."""
    _renewals[owner] = renew


def _renew_all() -> None:
    for owner, renew in list(_renewals.items()):
        renew(owner)


# Kept across %autoreload of this module, which must not register twice either.
_renewals: weakref.WeakKeyDictionary[Any, Callable[[Any], object]]
if "_renewals" not in globals():
    _renewals = weakref.WeakKeyDictionary()
    if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
        os.register_at_fork(after_in_child=_renew_all)
