"""Notebook cells: which cell runs, when one begins and ends, and what its next run replaces.

Outside a notebook there are no cells, and nothing here does anything. A cell is identified by the id that its front end
gives it, or by its text where there is no id.
"""

from __future__ import annotations

import os
import re
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

Cell = str
T = TypeVar("T")


class Run(NamedTuple):
    """One run of a cell: in which front end, and which message asked for it.

    A notebook that is open twice on one kernel has its cells twice: each shows what was run there.
    """

    cell: Cell
    session: str
    message: str


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


def watch_displays(kind: type[T], displayed: Callable[[T], dict[str, Any] | None]) -> None:
    """Call `displayed(thing)` whenever an object of this class is about to be displayed, on the thread that does it.

    What it returns, if anything, is displayed instead, by MIME type. Does nothing outside a notebook.
    """
    shell = _shell()
    formatter = getattr(getattr(shell, "display_formatter", None), "mimebundle_formatter", None)
    if formatter is None:
        return
    before = formatter.for_type(kind)

    def bundle(thing: Any) -> Any:
        instead = displayed(thing)
        if instead is not None:
            return instead
        if before is not None:
            return before(thing)
        method = getattr(thing, "_repr_mimebundle_", None)
        return method(include=None, exclude=None) if callable(method) else None

    formatter.for_type(kind, bundle)


def watch_errors(failed: Callable[[BaseException | None], object]) -> bool:
    """Call `failed(error)` whenever a cell has ended, with the exception that ended it, if one did.

    Returns:
        Whether this is a notebook; elsewhere it is never called.
    """
    shell = _shell()
    if shell is None:
        return False
    shell.events.register("post_run_cell", lambda result=None: failed(getattr(result, "error_in_exec", None)))
    return True


def display(thing: object) -> None:
    """Display an object in the cell that runs."""
    from IPython.display import display as show

    show(thing)  # type: ignore[no-untyped-call]


def is_here() -> bool:
    """Whether this process has a notebook in which a cell has been run: no fork of it, which cannot reach the pages."""
    if current_run() is None:
        return False
    session = getattr(_shell().kernel, "session", None)
    return getattr(session, "pid", os.getpid()) == os.getpid()


def current() -> Cell | None:
    """Return the cell that runs, or the last one that ran; None outside a notebook."""
    run = current_run()
    return None if run is None else run.cell


def current_run() -> Run | None:
    """Return the run of the cell that runs, or of the last one that ran; None outside a notebook and its cells."""
    shell = _shell()
    if shell is None:
        return None
    parent = shell.get_parent()
    metadata, header = parent.get("metadata") or {}, parent.get("header") or {}
    cell = metadata.get("cellId") or (parent.get("content") or {}).get("code")
    return Run(cell, str(header.get("session")), str(header.get("msg_id"))) if cell else None


def current_message() -> str | None:
    """Return the id of the message that the kernel works on: one that runs a cell, or a widget's; None: not known."""
    shell = _shell()
    header = {} if shell is None else shell.get_parent().get("header") or {}
    return header.get("msg_id")


def cached_results() -> Iterator[object]:
    """Yield what the notebook keeps of all results by their numbers, `Out[5]` and `_5`, once for each reference.

    They are no names that somebody chose; `_`, `__` and `___`, the last three results, are not among them.
    """
    shell = _shell()
    if shell is None:
        return
    namespace = getattr(shell, "user_ns", {})
    for names in (namespace, getattr(shell, "user_ns_hidden", {})):
        yield from [value for name, value in list(names.items()) if re.fullmatch(r"_\d+", str(name))]
    out = namespace.get("_oh")
    yield from list(out.values()) if isinstance(out, dict) else ()


def _of(info: Any) -> Cell | None:
    """Return the cell that IPython is about to run, from the `info` of its event."""
    return getattr(info, "cell_id", None) or getattr(info, "raw_cell", None) or None


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if shell is not None and hasattr(shell, "kernel") else None
