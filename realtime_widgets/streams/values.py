"""Values: one incoming column of users' data, converted to one kind.

Accepts lists, arrays and the columns of pandas and polars, with nulls in all their forms; numbers that are already in
an array are converted as a whole, everything else value by value. Libraries are recognised by their objects, never
imported.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from ..errors import WrongType, shown
from .columns import (
    ABSENT,
    ABSENT_NUMBER,
    EXACT_BELOW,
    Array,
    Kind,
    Origin,
    absences,
    is_missing,
    object_array,
    objects,
    origin_of,
    origin_of_both,
    scalar,
)

_PLAIN: Set[type] = frozenset({float, int, bool, type(None)})
_ORIGINS: Mapping[str, Origin] = {"b": "boolean", "i": "integer", "u": "integer", "f": "float"}
"""Of the kinds of numpy's types."""
_INTEGERS: Set[str] = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"})

_NUMBER = re.compile(r"[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]+")


@dataclass(slots=True)  # not frozen, which would take longer than all the rest of a small column
class Values:
    """One incoming column, never changed: `array` holds it as the narrowest `kind`, `raw` as the user passed it."""

    kind: Kind
    array: Array
    raw: Any
    left_out: bool = False
    """Whether `raw` holds `ABSENT`."""
    origin: Origin = "float"
    """For numbers: what they were."""

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
        data: a list, tuple, 1-D array, pandas, polars or pyarrow column, or any other iterable with a length.
        what: its name in error messages, for example `"field 'cpu'"`.

    Raises:
        WrongType: for scalars, text, mappings, sets and arrays that are not 1-D.
    """
    if type(data) is np.ndarray and data.dtype == np.float64 and data.ndim == 1:
        return Values("number", data, data)
    if type(data) is list:
        return _from_list(data, data)
    if not (hasattr(data, "__len__") and hasattr(data, "__iter__")) or isinstance(
        data, str | bytes | bytearray | Mapping | Set
    ):
        raise WrongType(
            f"{what} is not a column: it is {shown(data)} of type {type(data).__name__}; "
            "pass a list or a 1-D array"
        )
    shape = getattr(data, "shape", None)
    if isinstance(shape, tuple) and len(shape) != 1:
        if not shape or math.prod(shape[1:]) != 1 or not hasattr(data, "reshape"):
            raise WrongType(f"{what} is not a column: its shape is {shape}; pass one 1-D column per field")
        data = data.reshape(-1)  # one number for each record, as models predict them
    found = _as_number_array(data)
    return _from_array(*found, data) if found is not None else _from_list(_listed(data), data)


def read_number(text: str) -> int | float | None:
    """Return the number that a text says; None: it says none.

    Numbers are written as in JSON, but that either side of the point may be empty, and that a plus is a sign, too:
    changes of prices are sent as "+1.25". There may be spaces around them. What begins with zeros ("007") is no number
    but the name of something, whatever its sign.
    """
    if _NUMBER.fullmatch(text := text.strip(" \t\r\n")) is None:
        return None
    if _INTEGER.fullmatch(text) and len(text) < 4000:  # Python refuses to read longer ones
        return int(text)
    return float(text)


def _as_number_array(data: Any) -> tuple[Array, Origin] | None:
    """Return numbers that are already in an array (nulls as NaN), and what they were; None: convert value by value."""
    dtype: Any = getattr(data, "dtype", None)
    if isinstance(data, np.ndarray):
        return _told(data if not isinstance(data, np.ma.MaskedArray) else None)
    if isinstance(dtype, np.dtype):  # pandas on numpy
        return _told(np.asarray(data))
    if hasattr(data, "isna") and getattr(dtype, "kind", "O") in "iuf":  # pandas' nullable numbers
        if dtype.kind == "f":
            return data.to_numpy(dtype="f8", na_value=math.nan), "float"
        return _filled(data.to_numpy(dtype=f"{dtype.kind}8", na_value=0), np.asarray(data.isna()))
    if hasattr(data, "to_pylist"):  # pyarrow
        kind = str(data.type)
        if kind in ("halffloat", "float", "double"):
            return data.to_numpy(zero_copy_only=False), "float"
        if kind in _INTEGERS:
            nulls = data.is_null().to_numpy(zero_copy_only=False)
            return _filled(data.fill_null(0).to_numpy(zero_copy_only=False), nulls)
    elif hasattr(data, "null_count") and hasattr(data, "is_null"):  # polars
        kind = str(dtype).lower()
        if kind.startswith("float"):
            return np.asarray(data.to_numpy()), "float"
        if kind in _INTEGERS:
            return _filled(data.fill_null(0).to_numpy(), np.asarray(data.is_null().to_numpy()))
    return None


def _told(array: Array | None) -> tuple[Array, Origin] | None:
    """Return an array of numbers, and what they are; None: it is none."""
    if array is None or array.dtype.kind not in _ORIGINS:
        return None
    return array, _ORIGINS[array.dtype.kind]


def _filled(values: Array, is_missing: Array) -> tuple[Array, Origin] | None:
    """Return integers with nulls as floats with NaN; None when float64 cannot hold them exactly."""
    if not is_missing.any():
        return values, "integer"
    if not _fits_float64(values):
        return None
    floats = values.astype(np.float64)
    floats[is_missing] = math.nan
    return floats, "integer"


def _from_array(array: Array, origin: Origin, raw: Any) -> Values:
    if not _fits_float64(array):
        return Values("object", objects(array.tolist()), raw)
    return Values("number", np.asarray(array, dtype=np.float64), raw, origin=origin)


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
            return Values("number", floats, raw, origin=_origin_of_types(types, floats))
    elif types == {str}:
        return Values("text", object_array(values), raw)
    found = [scalar(value) for value in values]
    kinds = {kind for kind, stored in found if not is_missing(kind, stored)}
    if kinds <= {"number"}:
        array = np.array([stored for _, stored in found], dtype=np.float64)
        there = [value for value, (_, stored) in zip(values, found, strict=True) if stored == stored]
        return Values("number", array, raw, origin=reduce(origin_of_both, map(origin_of, there), ""))
    if kinds == {"text"}:
        return Values("text", objects(stored for _, stored in found), raw, sparse)
    return Values("object", objects(values), raw, sparse)


def _origin_of_types(types: Set[type], floats: Array) -> Origin:
    if float in types and not (
        math.isnan(floats[0]) and np.isnan(floats).all()
    ):  # NaN is a missing value of any type
        return "float"
    return "integer" if int in types else "boolean" if bool in types else ""


def _listed(data: Any) -> list[Any]:
    """Return a column as Python values; datetime64 stays as it is, since `tolist()` turns nanoseconds into ints."""
    if isinstance(data, list):
        return data
    if hasattr(data, "to_pylist"):  # pyarrow
        return list(data.to_pylist())
    if hasattr(data, "isna") or (isinstance(data, np.ndarray) and data.dtype.kind in "mM"):
        return list(data)
    for to_list in ("tolist", "to_list"):
        if hasattr(data, to_list):
            return list(getattr(data, to_list)())
    return list(data)
