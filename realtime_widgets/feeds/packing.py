"""Packing: buckets as the columns of numbers in which they travel to a page."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .axes import Kind
from .decimation import BucketArrays, Floats

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
        and `flags`.
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
    if arrays.flags.any():
        columns["flags"] = arrays.flags.ravel()
    return columns


def _positions(x: Floats, starts: Floats, step: float) -> Any:
    """Return where within their buckets coordinates lie, as whole numbers; 0 where there is none."""
    within = np.nan_to_num((x - starts) / step)
    return np.rint(np.clip(within, 0, 1) * POSITIONS).astype(np.uint8).ravel()
