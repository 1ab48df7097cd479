"""Unwinding: how a `for` loop was left, as the generator that it iterates over can know it.

A generator whose loop is left early is closed, by a `break` and by an exception alike: it is told `GeneratorExit` and
nothing else. But the instruction at which the frame stands tells a `break` and a `raise`, and where it could be either,
an exception that passes through a frame leaves a traceback object which names the frame and the instruction. It is made
just before the generator is closed, so it is found among the youngest objects of the garbage collector.

The exception itself refers to that traceback since Python 3.12. In 3.11 it does so only once it is caught, and one that
C code raises is no object until then: it may not be found.
"""

from __future__ import annotations

import dis
import gc
import inspect
from types import FrameType, TracebackType
from typing import Any, Final, NamedTuple

AGES: Final = (0, 1, 2)
"""Generations of the garbage collector: a collection may come between the two moments, as in a `finally`."""

_LEAVES: Final = ("POP_TOP", "POP_ITER", "STORE_FAST")
"""Instructions that end the life of an iterator and raise nothing: those of a `break`, above all."""
_RAISES: Final = ("RAISE_VARARGS", "RERAISE")
_SUSPENDED: Final = ("YIELD_VALUE", "RESUME", "SEND")
_GENERATOR: Final = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


class Unwound(NamedTuple):
    """A frame that an exception passes through.

    Attributes:
        place: what tells that moment from others: the frame by its id, and the instruction.
        error: the exception; None: it was not found.
    """

    place: tuple[int, int]
    error: BaseException | None


def unwound(frame: FrameType | None) -> Unwound | None:
    """Return the exception that passes through a frame, or through the one that iterates over it.

    Args:
        frame: of the loop; None: not known.

    Returns:
        None when no exception does: the loop was left by `break`, `return`, or because its generator was closed.
    """
    while frame is not None and _is_closed_too(frame):
        frame = frame.f_back
    if frame is None:
        return None
    instruction = _instruction(frame)
    if instruction in _LEAVES:
        return None
    raises = instruction in _RAISES  # perhaps for the second time: the traceback is of the first
    for generation in AGES:
        things = gc.get_objects(generation=generation)
        trace = next((each for each in reversed(things) if _is_of(each, frame, raises)), None)
        if trace is not None:
            return Unwound((id(frame), trace.tb_lasti), _exception_of(trace, things))
    return Unwound((id(frame), frame.f_lasti), None) if raises else None


def passed(error: BaseException, place: tuple[int, int]) -> bool:
    """Whether an exception that was caught since has passed a place of `Unwound`."""
    trace = error.__traceback__
    while trace is not None:
        if (id(trace.tb_frame), trace.tb_lasti) == place:
            return True
        trace = trace.tb_next
    return False


def _is_closed_too(frame: FrameType) -> bool:
    """Whether a frame is a generator that is being closed: whoever iterates over that knows why."""
    return bool(frame.f_code.co_flags & _GENERATOR) and _instruction(frame) in _SUSPENDED


def _instruction(frame: FrameType) -> str:
    return "" if frame.f_lasti < 0 else dis.opname[frame.f_code.co_code[frame.f_lasti]]


def _is_of(thing: Any, frame: FrameType, anywhere: bool) -> bool:
    if type(thing) is not TracebackType or thing.tb_frame is not frame:
        return False
    return anywhere or thing.tb_lasti == frame.f_lasti


def _exception_of(trace: TracebackType, things: list[Any]) -> BaseException | None:
    """Return the exception with this traceback, among objects of its age."""
    traces = set()
    each: TracebackType | None = trace
    while each is not None:
        traces.add(id(each))
        each = each.tb_next
    errors = [thing for thing in things if isinstance(thing, BaseException)]
    known = [error for error in errors if id(error.__traceback__) in traces]
    if known:
        return known[-1]
    fresh = [error for error in errors if error.__traceback__ is None]
    return fresh[-1] if len(fresh) == 1 else None
