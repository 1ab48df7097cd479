"""Packing: buckets as the columns of numbers in which they travel to a page."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .axes import Kind
from .decimation import BESIDE_GAP, BucketArrays, Floats

POSITIONS: Final = 255
"""Places within a bucket that travel."""


def columns_of(arrays: BucketArrays, step: float, kind: Kind) -> dict[str, Any]:
    """Return buckets as columns; those that a page can tell by itself are left out.

    Args:
        arrays: the buckets.
        step: their width, in the unit of the axis.
        kind: of axis.

    Returns:
        `k`: numbers, counted from the first. `x`: where each begins, along a field. And for each series, one after the
        other, `lo` and `hi`: least and greatest value, `lo_at` and `hi_at`: where these stand in the bucket, 0 to 255,
        `open` and `close`: first and last value, where there are several and a gap is beside them, and `flags`.
    """
    if not len(arrays):
        return {}
    columns: dict[str, Any] = {"k": (arrays.k - arrays.k[0]).astype(np.int32), "lo": arrays.lo.ravel()}
    starts = np.floor(arrays.x / step) * step
    if kind == "field":
        columns["x"] = starts
    if kind != "records" or step > 1:
        columns["lo_at"] = _positions(arrays.lo_x, starts, step)
        if not np.array_equal(arrays.lo, arrays.hi, equal_nan=True):
            columns["hi"] = arrays.hi.ravel()
            columns["hi_at"] = _positions(arrays.hi_x, starts, step)
        matter = (arrays.flags & BESIDE_GAP != 0) & (arrays.lo < arrays.hi)
        if matter.any():
            columns["open"] = np.where(matter, arrays.open, np.nan).ravel()
            columns["close"] = np.where(matter, arrays.close, np.nan).ravel()
    flags = arrays.flags & ~np.uint8(BESIDE_GAP)
    if flags.any():
        columns["flags"] = flags.ravel()
    return columns


def _positions(x: Floats, starts: Floats, step: float) -> Any:
    """Return where within their buckets coordinates lie, as whole numbers; 0 where there is none."""
    within = np.nan_to_num((x - starts) / step)
    return np.rint(np.clip(within, 0, 1) * POSITIONS).astype(np.uint8).ravel()
