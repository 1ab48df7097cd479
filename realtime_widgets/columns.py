"""Typed columns: what users hand over as one kind of values, and the ring that keeps the newest of them.

A column is of one kind: `number` (float64), `text` (str) or `object` (anything). A missing value (None,
NaN, NaT, pandas.NA) reads NaN in numbers and None in the others. Libraries are recognised by the objects
they made, never imported. Nothing here locks: the stream does.
"""

from __future__ import annotations

import math
import numbers
import sys
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from .errors import UsageError, WrongLength, WrongType
from .times import Floats, to_seconds_array

Kind = Literal["number", "text", "object"]
Array = npt.NDArray[Any]

KINDS: Final[tuple[Kind, ...]] = ("number", "text", "object")
MISFIT: Final = object()
"""What `Column.fit` answers for a value that its kind cannot hold."""

_EXACT_BELOW = 2**53
"""From here on float64 skips integers."""

_PLAIN: Set[type] = frozenset({float, int, bool, type(None)})
_MISSING_TYPES: Set[str] = frozenset({"NAType", "NaTType"})


def scalar(value: Any) -> tuple[Kind, Any]:
    """Return the kind of one value and the value as that kind keeps it; a missing one is the number NaN."""
    if type(value) is float:
        return "number", value
    if isinstance(value, str):
        return "text", str.__str__(value)
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return "number", math.nan
    if isinstance(value, bool | np.bool_):
        return "number", float(value)
    if isinstance(value, np.datetime64 | np.timedelta64):
        return ("number", math.nan) if np.isnat(value) else ("object", value)
    if isinstance(value, numbers.Real | Decimal):
        return _number(value)
    if getattr(value, "shape", None) == () and hasattr(value, "item"):  # a 0-d array or tensor
        return scalar(value.item())
    return "object", value


def _is_missing(kind: Kind, stored: Any) -> bool:
    """Whether what `scalar` found is a missing value."""
    return kind == "number" and stored != stored


def _number(value: Any) -> tuple[Kind, Any]:
    try:
        stored = float(value)
    except OverflowError:  # an int or a fraction beyond 1.8e308
        return "object", value
    except ValueError:  # Decimal("sNaN")
        return "number", math.nan
    if isinstance(value, numbers.Integral) and int(stored) != value:
        return "object", int(value)
    return "number", stored


@dataclass(frozen=True, slots=True)
class Values:
    """One column on its way into a stream: `array` holds it as the narrowest `kind`, `raw` as it came."""

    kind: Kind
    array: Array
    raw: Any

    def __len__(self) -> int:
        return len(self.array)

    def missing(self) -> bool:
        """Whether there is no value at all in it, so that it fits every kind."""
        return self.kind == "number" and bool(np.isnan(self.array).all())

    def as_kind(self, kind: Kind) -> Array | None:
        """Return the values as `kind` keeps them, or None when it cannot hold them without loss."""
        if kind == self.kind:
            return self.array
        if kind == "object":
            return _objects(_listed(self.raw))
        return np.full(len(self.array), None, dtype=object) if kind == "text" and self.missing() else None

    def first_misfit(self, kind: Kind) -> Any:
        """Return the first value that `kind` cannot hold, for the error message."""
        for value in _listed(self.raw):
            found, stored = scalar(value)
            if found != kind and not _is_missing(found, stored):
                return value
        return None


def values_of(data: Any, what: str) -> Values:
    """Find the kind of a column and convert it.

    Args:
        data: a list, tuple, 1-D array, pandas or polars column, or anything else with a length to walk
            through.
        what: its name in error messages, for example `"field 'cpu'"`.

    Raises:
        WrongType: for scalars, text, mappings, sets and arrays of another dimension than one.
    """
    if type(data) is np.ndarray and data.dtype == np.float64 and data.ndim == 1:
        return Values("number", data, data)
    if not (hasattr(data, "__len__") and hasattr(data, "__iter__")) or isinstance(
        data, str | bytes | Mapping | Set
    ):
        raise WrongType(
            f"{what} is not a column: it is {_short(data)} of type {type(data).__name__}; "
            "pass a list or a 1-D array"
        )
    if getattr(data, "ndim", 1) != 1:
        raise WrongType(f"{what} is not a column: its shape is {data.shape}; pass one 1-D column per field")
    array = _as_number_array(data)
    return _from_array(array, data) if array is not None else _from_list(_listed(data), data)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _as_number_array(data: Any) -> Array | None:
    """Return numbers that already lie in an array (nulls as NaN), None for everything that must be looked
    at singly.
    """
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
    """Return integers with holes as floats with NaN, unless float64 cannot hold them."""
    if not is_missing.any():
        return values
    if not _fits_float64(values):
        return None
    floats = values.astype(np.float64)
    floats[is_missing] = math.nan
    return floats


def _from_array(array: Array, raw: Any) -> Values:
    if not _fits_float64(array):
        return Values("object", _objects(array.tolist()), raw)
    return Values("number", np.asarray(array, dtype=np.float64), raw)


def _fits_float64(array: Array) -> bool:
    if array.dtype.kind not in "iu" or array.dtype.itemsize < 8 or not len(array):
        return True
    if array.max() <= _EXACT_BELOW and array.min() >= -_EXACT_BELOW:
        return True
    return all(int(float(value)) == value for value in array.tolist())


def _from_list(values: list[Any], raw: Any) -> Values:
    types = set(map(type, values))
    if types <= _PLAIN:
        try:
            floats = np.array(values, dtype=np.float64)  # None becomes NaN
        except OverflowError:
            return Values("object", _objects(values), raw)
        if int not in types or not (np.abs(floats) >= _EXACT_BELOW).any():
            return Values("number", floats, raw)
    elif types == {str}:
        return Values("text", _object_array(values), raw)
    found = [scalar(value) for value in values]
    kinds = {kind for kind, stored in found if not _is_missing(kind, stored)}
    if kinds <= {"number"}:
        return Values("number", np.array([stored for _, stored in found], dtype=np.float64), raw)
    if kinds == {"text"}:
        return Values("text", _object_array([None if k == "number" else stored for k, stored in found]), raw)
    return Values("object", _objects(values), raw)


def _listed(data: Any) -> list[Any]:
    """Return a column as Python values; datetime64 stays itself, since its nanoseconds would come out as
    bare ints.
    """
    if isinstance(data, list):
        return data
    if hasattr(data, "isna") or (isinstance(data, np.ndarray) and data.dtype.kind in "mM"):
        return list(data)
    for to_list in ("tolist", "to_list"):
        if hasattr(data, to_list):
            return list(getattr(data, to_list)())
    return list(data)


def _objects(values: Iterable[Any]) -> Array:
    return _object_array([_object(value) for value in values])


def _object(value: Any) -> Any:
    """Return a value as object columns keep it: itself, or None when it is missing."""
    kind, stored = scalar(value)
    return None if _is_missing(kind, stored) else value


def _object_array(values: list[Any]) -> Array:
    return np.fromiter(values, dtype=object, count=len(values))  # np.array() would unpack lists of lists


def as_numbers(array: Array) -> npt.NDArray[np.float64]:
    """Return a column of any kind as float64: itself for numbers; in others, what is not a number becomes
    NaN.
    """
    if array.dtype != object:
        return array
    found = map(scalar, array.tolist())
    return np.array([stored if kind == "number" else math.nan for kind, stored in found], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Intake:
    """What one call of `extend()` brings, checked and converted; nothing of it is in a stream yet."""

    count: int
    """Records."""
    ts: Floats | None
    """Their times in seconds; None: now."""
    without_ts: list[int]
    """Which of them have no time of their own: now."""
    columns: dict[str, Values]

    def times(self, clock: Callable[[], float]) -> Floats:
        """Return all times, asking the clock for those that are now."""
        if self.ts is None:
            return np.full(self.count, clock(), dtype=np.float64)
        if self.without_ts:
            self.ts[self.without_ts] = clock()
        return self.ts


def intake(data: Any, ts: Any) -> Intake:
    """Take apart everything that `Stream.extend()` takes.

    Raises:
        UsageError: when there are times twice, or no fields.
        WrongLength, WrongType, BadTime: see `Stream.extend`.
    """
    table, index = _table(data)
    if "ts" in table:
        if ts is not None:
            raise UsageError("extend() cannot take both: ts= and a column 'ts' in the data; pass either")
        ts = table.pop("ts")
    elif ts is None:
        ts = index
    columns = {check_name(name): values_of(column, f"field {name!r}") for name, column in table.items()}
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        seen = ", ".join(f"{name!r} has {length}" for name, length in lengths.items())
        raise WrongLength(f"columns cannot be put side by side: {seen} values; pass columns of equal length")
    count = next(iter(lengths.values()), len(ts) if hasattr(ts, "__len__") else 0)
    if count and not columns:
        raise UsageError(
            f"extend() has nothing to append: {count} times and no fields; pass a column beside 'ts'"
        )
    if isinstance(ts, list | tuple) and None in ts:
        without = [i for i, value in enumerate(ts) if value is None]
        return Intake(
            count,
            to_seconds_array([0.0 if value is None else value for value in ts], count),
            without,
            columns,
        )
    return Intake(count, None if ts is None else to_seconds_array(ts, count), [], columns)


def check_name(name: Any) -> str:
    """Return a field's name when it can be one.

    Raises:
        WrongType: when it is not a str.
        UsageError: when it is empty, or the name of what every record has anyway.
    """
    if not isinstance(name, str):
        raise WrongType(f"a field cannot be named {name!r}: it is of type {type(name).__name__}; pass a str")
    if name in ("", "seq", "ts"):
        raise UsageError(
            f"a field cannot be named {name!r}: it is empty, or what every record has anyway; rename it"
        )
    return name


def _table(data: Any) -> tuple[dict[Any, Any], Any]:
    """Return the columns by name, and the index of pandas data when it holds times."""
    if isinstance(data, Mapping):
        return dict(data), None
    if _is_from("polars", "DataFrame", data):
        return {series.name: series for series in data.get_columns()}, None
    if _is_from("pandas", "DataFrame", data):
        if not data.columns.is_unique:
            raise UsageError("a DataFrame cannot be taken: two of its columns have the same name; rename one")
        return {name: data[name] for name in data.columns}, _times_of(data.index)
    if isinstance(data, list | tuple) and data and isinstance(data[0], Mapping):
        return _turned(data), None
    if isinstance(data, list | tuple) and data and isinstance(data[0], list | tuple):
        raise WrongType(
            "extend() cannot tell fields apart: it got a list of tuples or lists; "
            "pass a dict of columns or a list of dicts"
        )
    if not hasattr(data, "__len__") or isinstance(data, str | bytes):
        raise WrongType(
            f"extend() cannot take {_short(data)} of type {type(data).__name__}: it takes a dict of columns, "
            "a list of dicts, a DataFrame or a list of numbers; for one record, append()"
        )
    return {"value": data}, _times_of(data.index) if _is_from("pandas", "Series", data) else None


def _is_from(library: str, name: str, data: Any) -> bool:
    """Whether data is of a class of a library, which then is loaded already: nothing is imported to find
    out.
    """
    return isinstance(data, getattr(sys.modules.get(library), name, ()))


def _times_of(index: Any) -> Any:
    return index if _is_from("pandas", "DatetimeIndex", index) else None


def _turned(records: Iterable[Any]) -> dict[Any, list[Any]]:
    """Turn a list of dicts into a dict of lists, None where a record lacks a field."""
    records = list(records)
    for record in records:
        if not isinstance(record, Mapping):
            raise WrongType(
                f"a list of dicts cannot be taken: {_short(record)} in it is none; pass dicts only"
            )
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [record.get(name) for record in records] for name in names}


class Column:
    """The newest values of one field: the one of record `seq` (from 1) lies at `(seq - 1) % len(array)`.

    So there is no head to move, and nothing but the array to replace when it grows: a column is right at
    every moment, even when the program is interrupted while its neighbours still have their old size.
    """

    __slots__ = ("array", "kind")

    def __init__(self, kind: Kind, capacity: int) -> None:
        self.kind: Kind = kind
        # Numbers may start with anything (records overwrite it); pages that nothing was written to cost no
        # memory.
        self.array: Array = np.empty(capacity, dtype=np.float64 if kind == "number" else object)

    @property
    def nothing(self) -> float | None:
        """What a missing value reads as."""
        return math.nan if self.kind == "number" else None

    def fit(self, value: Any) -> Any:
        """Return one value as this column keeps it, or MISFIT."""
        kind, stored = scalar(value)
        if self.kind == "object":
            return None if _is_missing(kind, stored) else value
        if kind == self.kind:
            return stored
        return None if self.kind == "text" and _is_missing(kind, stored) else MISFIT

    def write(self, seq: int, values: Array) -> None:
        """Store values from record `seq` on; there must be no more of them than the capacity."""
        start = (seq - 1) % len(self.array)
        head = len(self.array) - start
        if len(values) <= head:
            self.array[start : start + len(values)] = values
        else:
            self.array[start:] = values[:head]
            self.array[: len(values) - head] = values[head:]

    def fill(self, first: int, last: int) -> None:
        """Make the values of records `first` to `last` missing: what late fields, gaps and dropped objects
        need.
        """
        nothing = self.nothing
        for piece in self._pieces(first, last):
            self.array[piece] = nothing

    def read(self, first: int, last: int) -> Array:
        """Return a copy of the values of records `first` to `last`."""
        pieces = [self.array[piece] for piece in self._pieces(first, last)]
        return pieces[0].copy() if len(pieces) == 1 else np.concatenate(pieces)

    def grow(self, first: int, last: int, capacity: int) -> None:
        """Move records `first` to `last` into a larger array; one that already has the size is left alone."""
        if len(self.array) >= capacity:
            return
        larger = Column(self.kind, capacity)
        for piece in self._pieces(first, last):
            values = self.array[piece]
            larger.write(first, values)
            first += len(values)
        self.array = larger.array

    def widened(self, kind: Kind, first: int, last: int) -> Column:
        """Return the same records as a column of a wider kind; missing numbers become None."""
        column = Column(kind, len(self.array))
        if last >= first:
            column.write(first, _objects(self.read(first, last).tolist()))
        return column

    def _pieces(self, first: int, last: int) -> list[slice]:
        """Where records `first` to `last` lie: in one piece, or in two around the end of the array."""
        count = max(0, last - first + 1)
        capacity = len(self.array)
        start = (first - 1) % capacity if count else 0
        if start + count <= capacity:
            return [slice(start, start + count)]
        return [slice(start, capacity), slice(0, start + count - capacity)]
