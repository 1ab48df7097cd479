"""Fork safety: fresh locks for forked child processes, and an end for those of multiprocessing.

A forked child has one thread. A lock that another thread held at that moment is copied locked, and no thread is left to
release it. So the owner of a lock registers here how a child gets a fresh one. That is enough where the data behind the
lock are consistent at every moment, as interrupts require anyway.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def renew_after_fork(owner: T, renew: Callable[[T], object]) -> None:
    """Call `renew(owner)` first in every child that is forked from now on; owner is referenced weakly."""
    _renewals[owner] = renew


def finish_in_child(finish: Callable[[], object]) -> None:
    """Call `finish()` at the end of this process, if it is a child of multiprocessing.

    Those that are forked end without `atexit`; in the others it may be called by that, too.
    """
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None and _pids.get(finish) != os.getpid():
        from multiprocessing.util import Finalize

        _pids[finish] = os.getpid()
        Finalize(None, finish, exitpriority=100)


_pids: dict[Callable[[], object], int] = {}
"""In which process each is called."""


def _renew_all() -> None:
    for owner, renew in list(_renewals.items()):
        renew(owner)


# Kept across %autoreload of this module, which must not register the hook twice.
_renewals: weakref.WeakKeyDictionary[Any, Callable[[Any], object]]
if "_renewals" not in globals():
    _renewals = weakref.WeakKeyDictionary()
    if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
        os.register_at_fork(after_in_child=_renew_all)
