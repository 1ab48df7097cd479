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
        line: its own among them, of a task that has begun.
    """

    __slots__ = ("_count", "_left_at", "_task", "_where", "line", "outer", "rows")

    def __init__(self, rows: Rows, line: Line) -> None:
        self.rows = rows
        self.line = line
        self._task, self._count = line.task, line.task.count
        self._left_at: int | None = None  # its count when what encloses it ended
        self._where = _here()
        self.outer = current_loop()
        """The loop that encloses it."""

    def enter(self) -> None:
        """What begins in this context from now on is within it."""
        _innermost.set(self)

    def leave(self, *, ended: bool = True) -> None:
        """What begins from now on is within what encloses it; does nothing in another context.

        Args:
            ended: whether there was nothing left of it.
        """
        loop = _innermost.get()
        if loop is self:
            _innermost.set(self.outer)
        elif ended and self._is_around(loop):
            while loop is not None and loop is not self:
                loop._left_at = loop._count.done
                loop = loop.outer

    def _is_around(self, loop: Loop | None) -> bool:
        while loop is not None and loop is not self:
            loop = loop.outer
        return loop is self

    @property
    def is_left_behind(self) -> bool:
        """Whether what encloses it has ended meanwhile, and nothing was asked of it since: the two are in a `zip`."""
        return self._left_at == self._count.done

    @property
    def is_under_way(self) -> bool:
        """Whether it is iterated on this thread, and not in the process that this one was forked from."""
        return self._where == _here() and self._task.runs_by(self._count)


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
