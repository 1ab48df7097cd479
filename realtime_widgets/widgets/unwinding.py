"""Unwinding: whether a loop that was left early was left by an exception, as is known once that has ended its cell.

A generator whose loop is left is closed, by a `break` and by an exception alike: it is told `GeneratorExit` and nothing
else. But an exception that went through a loop has its frame in its traceback, at the instruction at which it was left,
or at an earlier one, where a `with` or a `finally` has raised it again. One that is raised behind the loop has a later
one.
"""

from __future__ import annotations

import inspect
from types import FrameType

Place = tuple[int, int]
"""What tells a moment of a frame from others: the frame by its id, and the instruction."""

_GENERATOR = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR | inspect.CO_COROUTINE


def places_of(frame: FrameType | None) -> list[Place]:
    """Return where a loop is being left: in its frame, and where that is a generator in the one that iterates over it.

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


def passed(error: BaseException, places: list[Place]) -> bool:
    """Whether an exception has gone through one of some places."""
    left_at = dict(places)
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_lasti <= left_at.get(id(trace.tb_frame), -1):
            return True
        trace = trace.tb_next
    return False
