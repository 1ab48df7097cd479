"""Layout: how records become buckets: how wide these are, and how many are kept.

The step is that of a quarter of a pixel. Where the window has a fixed length it is fixed too; where the window grows
with the stream, buckets are made wider by leaps, when there are twice as many of them as needed.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from .axes import Kind
from .decimation import nice_step
from .windows import Points, Window

PER_PIXEL: Final = 4
"""Buckets for each pixel: with that many, one pixel in a hundred at most differs from a picture of all records."""
MAX_PER_PIXEL: Final = 8
"""Buckets for each pixel at which those of a growing window are made wider."""
EARLIER_RUNS: Final = 3
"""Windows of earlier runs that have room in one of a fixed length along a field. An earlier run that is longer is not
drawn: pages leave out what would begin in the midst of their view."""


class Layout(msgspec.Struct, frozen=True):
    """The newest `capacity` buckets, `step` wide in the unit of the axis."""

    step: float
    capacity: int


def fitting(kind: Kind, window: Window, px: int, count: int, length: float, total: float) -> Layout:
    """Return the layout for a window.

    Args:
        kind: of the axis.
        window: what is shown.
        px: width of the view, pixels.
        count: records that the stream keeps.
        length: extent of the data along the axis, in its unit.
        total: the same, summed over all runs along a field.
    """
    if isinstance(window, float):
        step = nice_step(window / (PER_PIXEL * px))
        rooms = 1 + EARLIER_RUNS if kind == "field" else 1
        return Layout(step, rooms * (math.ceil(window / step) + 2))
    capacity = MAX_PER_PIXEL * px + 2
    if kind == "records":
        shown = min(count, window.n) if isinstance(window, Points) else count
        step = max(1.0, nice_step(max(shown, 1) / (PER_PIXEL * px)))
        if isinstance(window, Points):
            capacity = min(capacity, math.ceil(window.n / step) + (step > 1))
        return Layout(step, capacity)
    step = nice_step((length or 1.0) / (PER_PIXEL * px))
    if kind == "time":
        return Layout(step, capacity)
    return Layout(max(step, nice_step((total or 1.0) / (1.5 * MAX_PER_PIXEL * px))), 2 * capacity)
