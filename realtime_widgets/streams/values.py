"""Values: one incoming column of users' data, converted to one kind.

Accepts lists, arrays and the columns of pandas and polars, with nulls in all their forms; numbers that are already in
an array are converted as a whole, everything else value by value. Libraries are recognised by their objects, never
imported.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import WrongType, shown
from .columns import (
    ABSENT,
    ABSENT_NUMBER,
    EXACT_BELOW,
    Array,
    Kind,
    absences,
    is_missing,
    object_array,
    objects,
    scalar,
)

_PLAIN: Set[type] = frozenset({float, int, bool, type(None)})


@dataclass(frozen=True, slots=True)
class Values:
    """One incoming column: `array` holds it as the narrowest `kind`, `raw` as the user passed it."""

    kind: Kind
    array: Array
    raw: Any
    left_out: bool = False
    """Whether `raw` holds `ABSENT`."""

    def __len__(self) -> int:
        return len(self.array)

    def is_sparse(self) -> bool:
        """Whether some records leave the field out."""
        return bool(absences(self.array).any()) if self.kind == "number" else self.left_out

    def missing(self) -> bool:
        """Whether all its values are missing, so that it fits every kind."""
        return self.kind == "number" and bool(np.isnan(self.array).all())

    def as_kind(self, kind: Kind) -> Array | None:
        """Return the values as `kind` keeps them, or None when it cannot hold them without loss."""
        if kind == self.kind:
            return self.array
        if kind == "object":
            return objects(_listed(self.raw))
        return objects(self.array.tolist()) if kind == "text" and self.missing() else None

    def first_misfit(self, kind: Kind) -> Any:
        """Return the first value that `kind` cannot hold, for the error message."""
        for value in _listed(self.raw):
            found, stored = scalar(value)
            if found != kind and not is_missing(found, stored):
                return value
        return None


def values_of(data: Any, what: str) -> Values:
    """Find the kind of a column and convert it.

    Args:
        data: a list, tuple, 1-D array, pandas or polars column, or any other iterable with a length.
        what: its name in error messages, for example `"field 'cpu'"`.

    Raises:
        WrongType: for scalars, text, mappings, sets and arrays that are not 1-D.
    """
    if type(data) is np.ndarray and data.dtype == np.float64 and data.ndim == 1:
        return Values("number", data, data)
    if not (hasattr(data, "__len__") and hasattr(data, "__iter__")) or isinstance(
        data, str | bytes | Mapping | Set
    ):
        raise WrongType(
            f"{what} is not a column: it is {shown(data)} of type {type(data).__name__}; "
            "pass a list or a 1-D array"
        )
    if getattr(data, "ndim", 1) != 1:
        raise WrongType(f"{what} is not a column: its shape is {data.shape}; pass one 1-D column per field")
    array = _as_number_array(data)
    return _from_array(array, data) if array is not None else _from_list(_listed(data), data)


def _as_number_array(data: Any) -> Array | None:
    """Return numbers that are already in an array (nulls as NaN); None: convert value by value."""
    dtype: Any = getattr(data, "dtype", None)
    if isinstance(data, np.ndarray):
        return data if data.dtype.kind in "biuf" and not isinstance(data, np.ma.MaskedArray) else None
    if isinstance(dtype, np.dtype):  # pandas on numpy
        return np.asarray(data) if dtype.kind in "biuf" else None
    if hasattr(data, "isna") and getattr(dtype, "kind", "O") in "iuf":  # pandas' nullable numbers
        return _filled(data.to_numpy(dtype=f"{dtype.kind}8", na_value=0), np.asarray(data.isna()))
    if hasattr(data, "null_count") and hasattr(data, "is_null"):  # polars
        kind = str(dtype)
        if kind.startswith("Float"):
            return np.asarray(data.to_numpy())
        if kind in ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"):
            return _filled(data.fill_null(0).to_numpy(), np.asarray(data.is_null().to_numpy()))
    return None


def _filled(values: Array, is_missing: Array) -> Array | None:
    """Return integers with nulls as floats with NaN; None when float64 cannot hold them exactly."""
    if not is_missing.any():
        return values
    if not _fits_float64(values):
        return None
    floats = values.astype(np.float64)
    floats[is_missing] = math.nan
    return floats


def _from_array(array: Array, raw: Any) -> Values:
    if not _fits_float64(array):
        return Values("object", objects(array.tolist()), raw)
    return Values("number", np.asarray(array, dtype=np.float64), raw)


def _fits_float64(array: Array) -> bool:
    if array.dtype.kind not in "iu" or array.dtype.itemsize < 8 or not len(array):
        return True
    if array.max() <= EXACT_BELOW and array.min() >= -EXACT_BELOW:
        return True
    return all(int(float(value)) == value for value in array.tolist())


def _from_list(values: list[Any], raw: Any) -> Values:
    types = set(map(type, values))
    sparse = type(ABSENT) in types
    if sparse and types <= _PLAIN | {type(ABSENT)}:
        values = [ABSENT_NUMBER if value is ABSENT else value for value in values]
        types.remove(type(ABSENT))
    if types <= _PLAIN:
        try:
            floats = np.array(values, dtype=np.float64)  # None becomes NaN
        except OverflowError:
            return Values("object", objects(values), raw, sparse)
        if int not in types or not (np.abs(floats) >= EXACT_BELOW).any():
            return Values("number", floats, raw)
    elif types == {str}:
        return Values("text", object_array(values), raw)
    found = [scalar(value) for value in values]
    kinds = {kind for kind, stored in found if not is_missing(kind, stored)}
    if kinds <= {"number"}:
        return Values("number", np.array([stored for _, stored in found], dtype=np.float64), raw)
    if kinds == {"text"}:
        return Values("text", objects(stored for _, stored in found), raw, sparse)
    return Values("object", objects(values), raw, sparse)


def _listed(data: Any) -> list[Any]:
    """Return a column as Python values; datetime64 stays as it is, since `tolist()` turns nanoseconds into ints."""
    if isinstance(data, list):
        return data
    if hasattr(data, "isna") or (isinstance(data, np.ndarray) and data.dtype.kind in "mM"):
        return list(data)
    for to_list in ("tolist", "to_list"):
        if hasattr(data, to_list):
            return list(getattr(data, to_list)())
    return list(data)
