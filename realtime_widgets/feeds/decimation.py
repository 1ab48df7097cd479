"""Buckets: min-max decimation of series into a bounded number of numbered buckets.

A bucket has an absolute number: `floor(ts / step)` for buckets of time, `(seq - 1) // step` for buckets of records.
Absolute numbers keep a moving chart from shimmering: a completed bucket never changes again, wherever the window moves.
Each bucket keeps, per series, the minimum and the maximum of the finite values (so a spike of one sample is never lost)
and whether the line is broken before its first or after its last record. The cost of `add` grows with the new records
only. `series` chooses the step, and decides when records are few enough to be sent unchanged.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.uint8]

BREAK_BEFORE = 1
BREAK_AFTER = 2

_NO_BUCKET = np.iinfo(np.int64).min


def nice_step(ideal: float) -> float:
    """Return the largest step of the 1-2-5 series that is at most 1.5 times the ideal one.

    Steps of that series keep bucket edges on round times, and 1.5 keeps a bucket between 0.6 and
    1.5 pixels wide: narrow enough to look continuous, wide enough to be worth sending.

    Raises:
        ValueError: when `ideal` is not a positive finite number.
    """
    if not (ideal > 0 and math.isfinite(ideal)):
        raise ValueError(f"no bucket step near {ideal!r}: a positive finite number is needed")
    limit = ideal * 1.5
    exponent = math.floor(math.log10(limit))
    # log10 may land one decade off at exact powers of ten: try the neighbours too.
    steps = [float(f"{digit}e{e}") for e in (exponent - 1, exponent, exponent + 1) for digit in (1, 2, 5)]
    return max(step for step in steps if step <= limit)


class BucketArrays(msgspec.Struct, frozen=True):
    """Contents of some buckets, in the order of their numbers; copies.

    Attributes:
        k: bucket numbers, shape (n,), strictly increasing.
        x: time of the earliest record of each, seconds, shape (n,).
        lo: minimum of the finite values, shape (series, n); NaN where there was none.
        hi: maximum, likewise.
        breaks: bit 1: the line is broken before the bucket; bit 2: after it; shape (series, n).
    """

    k: Ints
    x: Floats
    lo: Floats
    hi: Floats
    breaks: Flags

    def __len__(self) -> int:
        return len(self.k)

    def since(self, ts: float) -> BucketArrays:
        """Return the buckets from the last one before `ts` on: that one draws the line in from the left edge."""
        inside = np.flatnonzero(self.x >= ts)
        start = max(int(inside[0]) - 1, 0) if len(inside) else max(len(self.k) - 1, 0)
        return BucketArrays(
            self.k[start:], self.x[start:], self.lo[:, start:], self.hi[:, start:], self.breaks[:, start:]
        )


class Buckets:
    """The newest `capacity` buckets of `series` parallel series.

    Args:
        series: how many series share the records' times.
        capacity: how many consecutive bucket numbers are kept, counted back from the newest.
    """

    __slots__ = ("_breaks", "_hi", "_k", "_lo", "_t_first", "_t_last", "_touched", "capacity", "newest")

    def __init__(self, series: int, capacity: int) -> None:
        self.capacity = capacity
        self.newest: int | None = None
        self._k = np.full(capacity, _NO_BUCKET, np.int64)
        self._t_first = np.empty(capacity)
        self._t_last = np.empty(capacity)
        self._lo = np.empty((series, capacity))
        self._hi = np.empty((series, capacity))
        self._breaks = np.zeros((series, capacity), np.uint8)
        self._touched = np.zeros(capacity, bool)

    def add(self, k: Ints, ts: Floats, values: Floats, *, broken: bool = False) -> None:
        """Add records in any order; those older than the kept buckets are left out.

        NaN breaks the line; ±inf cannot be drawn and counts as NaN.

        Args:
            k: bucket number of each record, shape (n,).
            ts: time of each record, seconds, shape (n,).
            values: shape (series, n).
            broken: the line is broken before the first of these records (some were missed).
        """
        if len(k) == 0:
            return
        newest = int(k.max())
        self.newest = newest if self.newest is None else max(newest, self.newest)
        finite = np.isfinite(values)
        if not finite.all():
            values = np.where(finite, values, np.nan)
        if k.min() <= self.newest - self.capacity:
            kept = k > self.newest - self.capacity
            k, ts, values = k[kept], ts[kept], values[:, kept]
            if len(k) == 0:
                return
        if len(k) > 1 and (np.any(k[1:] < k[:-1]) or np.any(ts[1:] < ts[:-1])):
            order = np.lexsort((ts, k))
            k, ts, values = k[order], ts[order], values[:, order]
        starts = np.flatnonzero(np.concatenate(([True], k[1:] != k[:-1])))
        ends = np.append(starts[1:], len(k)) - 1
        breaks = np.isnan(values[:, starts]).astype(np.uint8) * np.uint8(BREAK_BEFORE)
        breaks |= np.isnan(values[:, ends]).astype(np.uint8) * np.uint8(BREAK_AFTER)
        if broken:
            breaks[:, 0] |= BREAK_BEFORE
        self._merge(
            k[starts],
            ts[starts],
            ts[ends],
            np.fmin.reduceat(values, starts, axis=1),
            np.fmax.reduceat(values, starts, axis=1),
            breaks,
        )

    def _merge(self, k: Ints, t_first: Floats, t_last: Floats, lo: Floats, hi: Floats, breaks: Flags) -> None:
        """Merge one new piece per bucket with its present content; each number occurs once here."""
        slot = k % self.capacity
        fresh = self._k[slot] != k
        if fresh.all():
            self._t_first[slot], self._t_last[slot] = t_first, t_last
            self._lo[:, slot], self._hi[:, slot], self._breaks[:, slot] = lo, hi, breaks
        else:
            earlier = fresh | (t_first < self._t_first[slot])
            later = fresh | (t_last >= self._t_last[slot])
            old = self._breaks[:, slot]
            before = np.where(earlier, breaks, old) & BREAK_BEFORE
            after = np.where(later, breaks, old) & BREAK_AFTER
            self._breaks[:, slot] = before | after
            self._t_first[slot] = np.where(earlier, t_first, self._t_first[slot])
            self._t_last[slot] = np.where(later, t_last, self._t_last[slot])
            self._lo[:, slot] = np.where(fresh, lo, np.fmin(lo, self._lo[:, slot]))
            self._hi[:, slot] = np.where(fresh, hi, np.fmax(hi, self._hi[:, slot]))
        self._k[slot] = k
        self._touched[slot] = True

    def touched(self) -> BucketArrays:
        """Return the buckets that changed since the last call."""
        arrays = self._arrays(self._touched)
        self._touched[:] = False
        return arrays

    def kept(self) -> BucketArrays:
        """Return all buckets that are kept."""
        return self._arrays(self._k != _NO_BUCKET)

    def _arrays(self, wanted: NDArray[np.bool_]) -> BucketArrays:
        oldest = _NO_BUCKET if self.newest is None else self.newest - self.capacity
        slots = np.flatnonzero(wanted & (self._k > oldest))
        slots = slots[np.argsort(self._k[slots])]
        return BucketArrays(
            self._k[slots],
            self._t_first[slots],
            self._lo[:, slots],
            self._hi[:, slots],
            self._breaks[:, slots],
        )
