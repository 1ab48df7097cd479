"""Unwinding: how a loop is left: by its own end, by a `break`, or by an exception that goes through it.

A generator whose loop is left is closed, by all of these alike: it is told `GeneratorExit` and nothing else. But an
exception on its way through a frame has put that frame in its traceback by then, and so there is one more reference to
it. Where there is none, no exception can have left the loop. Where there is one it may belong to another traceback,
which somebody keeps; so the exception that ends the cell is asked: one that went through a loop has its frame, at the
instruction at which it was left, or at an earlier one, where a `with` or a `finally` has raised it again. One that is
raised behind the loop has a later one, and one that is raised before it, in the next turn of a loop around it, one
before that which asked for its first item. What iterates in C (`list`, `sum`, a `map`) has let go of the loop before
the frame is in the traceback: there it is always asked.

Pure, and of the standard library alone; what it knows of CPython its tests try on each version.
"""

from __future__ import annotations

import dis
import inspect
import sys
from itertools import islice
from types import CodeType, FrameType, TracebackType
from typing import Final, NamedTuple

_GENERATOR = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR | inspect.CO_COROUTINE


class Place(NamedTuple):
    """What tells a moment of a frame from others.

    Attributes:
        frame: its id, which another one may have once it is gone.
        code: what it executes.
        at: the instruction.
        references: how many there are to it.
    """

    frame: int
    code: CodeType
    at: int
    references: int


class Stretch(NamedTuple):
    """A frame that an exception may be leaving, and the instructions at which a loop in it began and was left."""

    frame: int
    code: CodeType
    first: int
    last: int


class Exit(NamedTuple):
    """How a loop was left.

    Attributes:
        stretches: where an exception may have gone through; empty: none has.
        ended: whether the `for` that asked for the first item came to its end, though not by an end of these items:
            they are within something, such as a `zip`, that had no more.
    """

    stretches: list[Stretch]
    ended: bool


def places_above(depth: int) -> list[Place]:
    """Return where a loop is now: in its frame, and where that is a generator in the one that iterates over it.

    Args:
        depth: of that frame, as `sys._getframe` of the caller counts. Where there is none nobody is there: a loop that
            is forgotten at the end of the program, or by another language, is left by nobody.
    """
    places: list[Place] = []
    try:
        frame: FrameType | None = sys._getframe(depth + 1)
    except ValueError:
        return places
    while frame is not None:
        places.append(Place(id(frame), frame.f_code, frame.f_lasti, sys.getrefcount(frame)))
        if not frame.f_code.co_flags & _GENERATOR:
            break
        frame = frame.f_back
    return places


def _references_of_a_frame() -> int:
    return places_above(0)[0].references


MOST_ORIGINS: Final = 100
FOR_ITER: Final = dis.opmap["FOR_ITER"]
UNREFERENCED: Final = _references_of_a_frame()
"""The references to a frame that nothing but the interpreter knows; how many these are is a matter of its version."""


def exit_of(began: list[Place], left: list[Place], handled: BaseException | None) -> Exit:
    """Return how a loop was left.

    Args:
        began: where it was as it asked for its first item.
        left: where it was as it was left.
        handled: the exception that is being handled meanwhile, whose traceback explains a reference.
    """
    known = _references_by(handled)
    asks = bool(began and left) and _is_one(began[0], left[0])
    in_c = asks and not _is_for(began[0])
    carrying = [p for p in left if in_c or p.references - known.get(p.frame, 0) > UNREFERENCED]
    first = {place.frame: place.at for place in began}
    stretches = [Stretch(p.frame, p.code, first.get(p.frame, 0), p.at) for p in carrying]
    return Exit(stretches, asks and not stretches)


def _references_by(handled: BaseException | None) -> dict[int, int]:
    """Return how often the tracebacks of an exception, and of those that it was raised in, refer to each frame."""
    seen: set[int] = set()
    found: dict[int, int] = {}
    while handled is not None and id(handled) not in seen:
        seen.add(id(handled))
        trace = handled.__traceback__
        while trace is not None and id(trace) not in seen:
            seen.add(id(trace))
            frame = id(trace.tb_frame)
            found[frame] = found.get(frame, 0) + 1
            trace = trace.tb_next
        handled = handled.__context__
    return found


def _is_one(place: Place, other: Place) -> bool:
    """Whether two moments of a frame are at one place in the program: the end of a `for` is where it asks, since
    CPython 3.14 by another instruction.
    """
    if (place.frame, place.code) != (other.frame, other.code):
        return False
    if place.at == other.at:
        return True
    here, there = (_position(place.code, each.at) for each in (place, other))
    return here == there and None not in here


def _is_for(place: Place) -> bool:
    return place.code.co_code[place.at] == FOR_ITER


def _position(code: CodeType, at: int) -> tuple[int | None, ...]:
    return next(islice(code.co_positions(), max(0, at // 2), None), (None,))


def with_origins(error: BaseException) -> list[BaseException]:
    """Return an exception, those that it was raised in or from, and those of a group; the newest of many."""
    found: list[BaseException] = []
    pending: list[BaseException | None] = [error]
    while pending and len(found) < MOST_ORIGINS:
        each = pending.pop(0)
        if each is not None and all(each is not other for other in found):
            found.append(each)
            pending += [each.__cause__, each.__context__]
            pending += each.exceptions if isinstance(each, BaseExceptionGroup) else ()
    return found


def passed(error: BaseException, stretches: list[Stretch]) -> bool:
    """Whether an exception has gone through a loop."""
    between = {(each.frame, each.code): (each.first, each.last) for each in stretches}
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        first, last = between.get((id(trace.tb_frame), trace.tb_frame.f_code), (0, -1))
        if first <= trace.tb_lasti <= last:
            return True
        trace = trace.tb_next
    return False
