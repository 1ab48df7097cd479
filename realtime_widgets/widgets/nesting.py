"""Nesting: the loop that is being iterated, so that one which begins within it finds its place below it.

What is begun in the same thread and context (see `contextvars`) while another loop is under way is within that. A loop
is asked whether it still runs: one that was left in a strange way, or in another context, encloses nothing.
"""

from __future__ import annotations

import contextvars
import os
import threading

from .rows import Line, Rows


class Loop:
    """A loop that is being iterated, or a `with` block of a progress bar.

    Args:
        rows: those of its card.
        line: its own among them.
    """

    __slots__ = ("_where", "line", "outer", "rows")

    def __init__(self, rows: Rows, line: Line) -> None:
        self.rows = rows
        self.line = line
        self._where = _here()
        self.outer = current_loop()
        """The loop that encloses it."""

    def enter(self) -> None:
        """What begins in this context from now on is within it."""
        _innermost.set(self)

    def leave(self) -> None:
        """What begins from now on is within what encloses it; does nothing in another context."""
        if _innermost.get() is self:
            _innermost.set(self.outer)

    @property
    def is_under_way(self) -> bool:
        """Whether it is iterated on this thread, and not in the process that this one was forked from."""
        return self._where == _here() and self.line.task.state == "running"


_innermost: contextvars.ContextVar[Loop | None] = contextvars.ContextVar(
    "realtime_widgets_loop", default=None
)


def current_loop() -> Loop | None:
    """Return the innermost loop that is under way here; None: there is none."""
    loop = _innermost.get()
    while loop is not None and not loop.is_under_way:
        loop = loop.outer
    return loop


def _here() -> tuple[int, int]:
    return os.getpid(), threading.get_ident()
