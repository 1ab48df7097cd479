"""Left loops: those that an exception may have left wait for the end of their cell, which tells whether one has."""

from __future__ import annotations

import inspect
import sys
import weakref
from collections.abc import Hashable
from typing import Final

from ..runtime import get_runtime, notebook
from .task import Count, Task, ending
from .unwinding import Place, Stretch, passed, with_origins

MOST_LEFT: Final = 1000
"""Loops that wait; of a cell in which exceptions leave more of them the last ones are told."""

EXPRESSIONS: Final = ("<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")
"""Code that is nothing but a loop."""


class LeftLoops:
    """Loops that were left early: the end of their cell tells which of them an exception has left."""

    def __init__(self) -> None:
        self._left: dict[Hashable, tuple[weakref.ref[Task], Count, list[Stretch]]] = {}
        self._running: dict[Hashable, tuple[weakref.ref[Task], Count, list[Stretch]]] = {}
        self._is_told = notebook.watch_errors(self._explain)

    def begun(self, task: Task, count: Count, began: list[Place]) -> None:
        """Know that a loop runs. An exception does not end one whose iterator its frame has by a name, as that of a
        generator expression: the traceback has the frame, and the notebook the traceback.

        Args:
            task: what the loop counts.
            count: its own.
            began: where it asks for its first item.
        """
        if not self._is_told or not began:
            return
        inner = began[0]
        if inner.code.co_flags & inspect.CO_NEWLOCALS:  # what a cell has by a name may go on in the next one
            _put(self._running, task, count, [Stretch(inner.frame, inner.code, inner.at, sys.maxsize)])

    def add(self, task: Task, count: Count, stretches: list[Stretch]) -> None:
        """Wait for the end of the cell.

        One that was left at the same place before waits no longer: the exception that left it did not end the cell.

        Args:
            task: what the loop has counted.
            count: its own.
            stretches: where an exception may have gone through it.
        """
        if not self._is_told or not stretches:
            return
        _put(self._left, task, count, stretches)

    def _explain(self, error: BaseException | None) -> None:
        waiting, self._left = self._left, {}
        if error is None:
            return
        errors = with_origins(error)
        for ref, count, stretches in waiting.values():
            task, cause = ref(), _who_passed(errors, stretches)
            if task is not None and cause is not None:
                task.explain(count, *ending(cause))
        for ref, count, stretches in list(self._running.values()):
            task, cause = ref(), _who_passed(errors, stretches)
            if task is not None and cause is not None:
                # A function may have left its loop before: that it is over is all that is known.
                exactly = stretches[0].code.co_name in EXPRESSIONS
                task.end(*(ending(cause) if exactly else ("stopped", "")), count=count)


def _who_passed(errors: list[BaseException], stretches: list[Stretch]) -> BaseException | None:
    return next((error for error in errors if passed(error, stretches)), None)


def _put(
    loops: dict[Hashable, tuple[weakref.ref[Task], Count, list[Stretch]]],
    task: Task,
    count: Count,
    stretches: list[Stretch],
) -> None:
    """Keep a loop, as the last one of its place."""
    frame, code, first, _ = stretches[0]
    where = (frame, code, first)
    loops.pop(where, None)
    loops[where] = (weakref.ref(task), count, stretches)
    while len(loops) > MOST_LEFT:
        loops.pop(next(iter(loops), None), None)


def get_left_loops() -> LeftLoops:
    """Return those of this process; they live as long as the runtime."""
    return get_runtime().shared("left loops/1", lambda _: LeftLoops())
