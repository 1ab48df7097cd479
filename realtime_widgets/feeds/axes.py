"""Axis: where records stand along a chart, and which bucket they fall into.

| axis      | coordinate of a record                   | bucket number                                          |
|-----------|------------------------------------------|--------------------------------------------------------|
| `time`    | its `ts`                                 | `floor(ts / step)`                                     |
| `records` | its number in the stream                 | `floor(seq / step)`                                    |
| `field`   | the value of a number field that grows   | `floor(value / step)`, shifted so that a run that      |
|           |                                          | begins again comes after the one before                |

A record without a finite value of the field has no place, and is not drawn.

Along a field whose values are so large that float64 could not tell the buckets apart (identifiers such as 10**18 + 1,
counters of nanoseconds), coordinates are counted from an *origin*, a whole number near the newest value: the
differences are exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from numbers import Rational
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..streams import Batch
from ..streams.columns import differences
from .windows import Points, Window

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Kind = Literal["time", "records", "field"]

FAR: Final = 2.0**45
"""Buckets from the origin within which float64 holds a coordinate to a hundredth of a bucket."""


def axis_kind(x: str, window: Window) -> Kind:
    """Return the kind of axis for the `x=` of a chart and its window."""
    if x == "seq" or (x == "ts" and isinstance(window, Points)):
        return "records"
    return "time" if x == "ts" else "field"


class FieldAxis:
    """The bucket numbers of records along a field, which begins again with each run.

    Args:
        field: the name of the field.
        step: width of a bucket, in the unit of the field.
        origin: the value that coordinates are counted from.
    """

    def __init__(self, field: str, step: float, origin: int = 0) -> None:
        self.field = field
        self.step = step
        self.origin = origin
        self._shift = 0
        self._last: tuple[float, int] | None = None  # coordinate and bucket of the record before

    def is_far(self, x: float) -> bool:
        """Whether a coordinate is so large that it needs another origin."""
        return abs(x) >= FAR * self.step

    def place(self, x: Floats, marked: NDArray[np.bool_]) -> tuple[Ints, Ints]:
        """Return the bucket number of each record, and the indices of those that begin a run, as the first of all does.

        Args:
            x: coordinates of the next records, finite, in order of arrival.
            marked: whether a run was marked before each.
        """
        if not len(x):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        # What is farther away is out of every view, and int64 could not hold all of it.
        with np.errstate(over="ignore"):
            k = np.clip(np.floor(x / self.step), -FAR, FAR).astype(np.int64)
        begins = begins_run(x, marked, None if self._last is None else self._last[0])
        begins[0] |= self._last is None
        starts = np.flatnonzero(begins)
        if len(starts):
            # Runs follow each other with a bucket between them.
            ends = np.append(starts[1:], len(x)) - 1
            before = (
                int(k[starts[0] - 1]) + self._shift
                if starts[0]
                else self._last[1]
                if self._last
                else int(k[0]) - 2
            )
            spans = k[ends] - k[starts]
            first = before + 2 + np.concatenate(([0], np.cumsum(spans[:-1] + 2)))
            shifts = first - k[starts]
            k[: starts[0]] += self._shift
            k[starts[0] :] += np.repeat(shifts, ends - starts + 1)
            self._shift = int(shifts[-1])
        else:
            k += self._shift
        self._last = float(x[-1]), int(k[-1])
        return k, starts


def coordinates(batch: Batch, field: str, origin: int) -> Floats:
    """Return where records stand along a field, counted from an origin; NaN or ±inf where they have no place."""
    if field not in batch.columns:
        return np.full(len(batch), math.nan)
    return differences(batch.columns[field], origin)


def axis_of(batch: Batch, field: str, step: float, length: float) -> FieldAxis:
    """Return the axis along a field, with an origin where its newest value needs one.

    Args:
        batch: the records to be placed first.
        field: the name of the field.
        step: width of a bucket, in the unit of the field.
        length: how much of the axis is in view, in the same unit.
    """
    axis = FieldAxis(field, step)
    newest = newest_whole(batch, field)
    return FieldAxis(field, step, origin_near(newest, length)) if axis.is_far(newest) else axis


def newest_whole(batch: Batch, field: str) -> int:
    """Return the newest finite value of a field, rounded down, with all its digits; 0 where there is none."""
    x = coordinates(batch, field, 0)
    there = np.flatnonzero(np.isfinite(x))
    if not len(there):
        return 0
    value: Any = batch.columns[field].item(int(there[-1]))
    exact: Any = value if isinstance(value, float | Decimal | Rational) else float(x[there[-1]])
    whole: int = math.floor(exact)
    return whole


def origin_near(whole: int, length: float) -> int:
    """Return a whole number near another, round to the digits that change within a length of the axis."""
    size: int = 10 ** math.ceil(math.log10(max(length, 1.0)))
    return whole // size * size


def begins_run(x: Floats, marked: NDArray[np.bool_], before: float | None) -> NDArray[np.bool_]:
    """Return which records begin a run: those before which one was marked, and those where x falls back.

    Args:
        x: coordinates in order of arrival.
        marked: whether a run was marked before each.
        before: the coordinate before the first; None: there was none.
    """
    begins = marked.copy()
    begins[1:] |= x[1:] < x[:-1]
    if before is not None and len(x):
        begins[0] |= x[0] < before
    return begins


def extent(x: Floats, marked: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the extent of all runs along the axis, and the sum of the extents of each."""
    if not len(x):
        return 0.0, 0.0
    starts = np.flatnonzero(begins_run(x, marked, None))
    starts = np.union1d(starts, [0])
    ends = np.append(starts[1:], len(x)) - 1
    return float(x.max() - x.min()), float((x[ends] - x[starts]).sum())


def marks(batch: Batch, seq: Ints) -> NDArray[np.bool_]:
    """Return before which records of a batch, given by their numbers, a run was marked."""
    return at_marks([run.seq for run in batch.runs], seq)


def at_marks(after: Sequence[int], seq: Ints) -> NDArray[np.bool_]:
    """Return which records are the first after one of these numbers."""
    marked = np.zeros(len(seq), bool)
    if after and len(seq):
        places = np.searchsorted(seq, np.asarray(after), side="right")
        before_first = np.asarray(after) < seq[0]
        places = places[(places < len(seq)) & (~before_first | (np.asarray(after) == seq[0] - 1))]
        marked[places] = True
    return marked
