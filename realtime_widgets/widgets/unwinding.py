"""Unwinding: whether a loop that was left early was left by an exception, as is known once that has ended its cell.

A generator whose loop is left is closed, by a `break` and by an exception alike: it is told `GeneratorExit` and nothing
else. But an exception that went through a loop has its frame in its traceback, at the instruction at which it was left,
or at an earlier one, where a `with` or a `finally` has raised it again. One that is raised behind the loop has a later
one, and one that is raised before it, in the next turn of a loop around it, one before that which asked for its first
item.
"""

from __future__ import annotations

import inspect
import sys
import weakref
from collections import deque
from types import FrameType
from typing import Final

from ..runtime import get_runtime, notebook
from .task import Task, ending

Place = tuple[int, int]
"""What tells a moment of a frame from others: the frame by its id, and the instruction."""

Stretch = tuple[int, int, int]
"""A frame by its id, and the instructions at which a loop in it began and was left."""

MOST_LEFT: Final = 1000
"""Loops that wait for the end of their cell; of a cell that leaves more of them early the last ones are told."""

_GENERATOR = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR | inspect.CO_COROUTINE


def frame_above(depth: int) -> FrameType | None:
    """Return a frame that called the caller, as `sys._getframe` counts; None: there is none.

    A loop that is forgotten at the end of the program, or by another language, is left by nobody.
    """
    try:
        return sys._getframe(depth + 1)
    except ValueError:
        return None


def places_of(frame: FrameType | None) -> list[Place]:
    """Return where a loop is now: in its frame, and where that is a generator in the one that iterates over it.

    Args:
        frame: of the loop; None: not known.
    """
    places = []
    while frame is not None:
        places.append((id(frame), frame.f_lasti))
        if not frame.f_code.co_flags & _GENERATOR:
            break
        frame = frame.f_back
    return places


def stretches(began: list[Place], left: list[Place]) -> list[Stretch]:
    """Return from where to where a loop went; from 0 on in a frame that has not asked for its first item."""
    first = dict(began)
    return [(frame, first.get(frame, 0), last) for frame, last in left]


def passed(error: BaseException, loop: list[Stretch]) -> bool:
    """Whether an exception has gone through a loop."""
    between = {frame: (first, last) for frame, first, last in loop}
    trace = error.__traceback__
    while trace is not None:
        first, last = between.get(id(trace.tb_frame), (0, -1))
        if first <= trace.tb_lasti <= last:
            return True
        trace = trace.tb_next
    return False


class LeftLoops:
    """Loops that were left early: the end of their cell tells which of them an exception has left."""

    def __init__(self) -> None:
        self._left: deque[tuple[weakref.ref[Task], list[Stretch]]] = deque(maxlen=MOST_LEFT)
        self._is_told = notebook.watch_errors(self._explain)

    def add(self, task: Task, loop: list[Stretch]) -> None:
        """Wait for the end of the cell."""
        if self._is_told:
            self._left.append((weakref.ref(task), loop))

    def _explain(self, error: BaseException | None) -> None:
        waiting, self._left = self._left, deque(maxlen=MOST_LEFT)
        for ref, loop in waiting if error is not None else ():
            task = ref()
            assert error is not None
            if task is not None and task.state == "stopped" and passed(error, loop):
                task.explain(*ending(error))


def get_left_loops() -> LeftLoops:
    """Return those of this process; they live as long as the runtime."""
    return get_runtime().shared("left loops/1", lambda _: LeftLoops())
