"""Cells: which notebook cell runs, and when one begins and ends.

Outside a notebook there are none, and nothing here does anything. A cell is known by the id its front end gives
it, and by its text where there is no id.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

Cell = str
T = TypeVar("T")


class Replaced:
    """What each cell made that its next run replaces, so that it is there once, however often the cell is run.

    It is held weakly.
    """

    def __init__(self) -> None:
        self._made: dict[Cell, weakref.WeakKeyDictionary[Any, Callable[[Any], object]]] = {}
        watch(self._started, lambda: None)

    def add(self, thing: T, end: Callable[[T], object]) -> None:
        """Note in which cell something was made; its next run calls `end(thing)`. Outside of cells nothing does."""
        cell = current()
        if cell is not None:
            self._made.setdefault(cell, weakref.WeakKeyDictionary())[thing] = end

    def _started(self, cell: Cell | None) -> None:
        if cell is not None:
            for thing, end in list(self._made.pop(cell, {}).items()):
                end(thing)


def watch(started: Callable[[Cell | None], object], ended: Callable[[], object]) -> bool:
    """Call `started(cell)` whenever a cell begins to run and `ended()` when it ends, on the thread that runs it.

    Returns:
        Whether this is a notebook, so that they will ever be called.
    """
    shell = _shell()
    if shell is None:
        return False
    shell.events.register("pre_run_cell", lambda info=None: started(_of(info)))
    shell.events.register("post_run_cell", lambda *_: ended())
    return True


def current() -> Cell | None:
    """Return the cell that runs (or the last one that did); None where there is none."""
    shell = _shell()
    if shell is None:
        return None
    parent = shell.get_parent()
    metadata = parent.get("metadata") or {}
    text = (parent.get("content") or {}).get("code")
    return metadata.get("cellId") or text or None


def _of(info: Any) -> Cell | None:
    """Return the cell that IPython is about to run, by what it says of it."""
    return getattr(info, "cell_id", None) or getattr(info, "raw_cell", None) or None


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if shell is not None and hasattr(shell, "kernel") else None
