"""Cells: which notebook cell runs, and when one begins and ends.

Outside a notebook there are none, and nothing here does anything. A cell is known by the id its front end gives
it, and by its text where there is no id.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

Cell = str


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
