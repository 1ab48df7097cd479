"""Notebook cells: which cell runs, when one begins and ends, and what its next run replaces.

Outside a notebook there are no cells, and nothing here does anything. A cell is identified by the id that its front end
gives it, or by its text where there is no id.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

Cell = str
T = TypeVar("T")


class Replaced:
    """Objects made by each cell, closed when the cell is run again, so that each exists once.

    They are referenced weakly.
    """

    def __init__(self) -> None:
        self._made: dict[Cell, weakref.WeakKeyDictionary[Any, Callable[[Any], object]]] = {}
        watch(self._started, lambda: None)

    def add(self, thing: T, end: Callable[[T], object]) -> None:
        """Register an object with the current cell, whose next run calls `end(thing)`; does nothing outside cells."""
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
        Whether this is a notebook; elsewhere they are never called.
    """
    shell = _shell()
    if shell is None:
        return False
    shell.events.register("pre_run_cell", lambda info=None: started(_of(info)))
    shell.events.register("post_run_cell", lambda *_: ended())
    return True


def current() -> Cell | None:
    """Return the cell that runs, or the last one that ran; None outside a notebook."""
    shell = _shell()
    if shell is None:
        return None
    parent = shell.get_parent()
    metadata = parent.get("metadata") or {}
    text = (parent.get("content") or {}).get("code")
    return metadata.get("cellId") or text or None


def _of(info: Any) -> Cell | None:
    """Return the cell that IPython is about to run, from the `info` of its event."""
    return getattr(info, "cell_id", None) or getattr(info, "raw_cell", None) or None


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if shell is not None and hasattr(shell, "kernel") else None
