"""Column: the newest values of one field, in a ring array of one kind.

The kinds are `number` (float64), `text` (str) and `object` (anything). A missing value (None, NaN, NaT, pandas.NA)
reads NaN in a number column and None in the others. So does an absent one, of a record that leaves the field out; the
two are told apart by the bits of the NaN, and by `ABSENT` in place of None. Nothing here locks: the stream does.
"""

from __future__ import annotations

import datetime as dt
import enum
import math
import numbers
import struct
from collections.abc import Iterable, Set
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["number", "text", "object"]
Array = npt.NDArray[Any]

KINDS: Final[tuple[Kind, ...]] = ("number", "text", "object")
MISFIT: Final = object()
"""What `Column.fit` returns for a value that its kind cannot hold."""

EXACT_BELOW = 2**53
"""From here on float64 cannot represent every integer."""

_MISSING_TYPES: Set[str] = frozenset({"NAType", "NaTType", "MaskedConstant"})

Origin = Literal["", "integer", "boolean", "float"]
"""What the numbers of a column were, so that tables can have them as that again; `""`: there were none."""

_PLAIN: Set[type] = frozenset({str, int, float, bool, type(None), dict, list, tuple, Decimal})


class _Absent:
    """The type of `ABSENT`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""What columns of texts and objects keep for a record that leaves the field out."""

_ABSENT_BITS: Final = 0x7FF8_0000_5257_0001
_ABSENT_PACKED: Final = struct.pack("<Q", _ABSENT_BITS)
ABSENT_NUMBER: Final[float] = struct.unpack("<d", _ABSENT_BITS.to_bytes(8, "little"))[0]
"""The same for numbers: a quiet NaN with bits of its own, which copies and conversions to and from Python keep."""


def absences(array: Array) -> npt.NDArray[np.bool_]:
    """Return where a column, as it is kept, has an absent value."""
    if array.dtype == object:
        return np.fromiter((value is ABSENT for value in array.tolist()), dtype=bool, count=len(array))
    mask: npt.NDArray[np.bool_] = np.ascontiguousarray(array).view(np.uint64) == _ABSENT_BITS
    return mask


def plain(value: Any) -> Any:
    """Return what is in a wrapper of one value: a scalar of numpy or Arrow, an array or a tensor of one, an enum member
    (its value); anything else is returned as it is.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, np.generic):
        return value if isinstance(value, np.datetime64 | np.timedelta64) else value.item()
    if isinstance(value, enum.Enum):
        return plain(value.value)
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and all(n == 1 for n in shape) and hasattr(value, "item"):
        if np.ma.is_masked(value):
            return None
        if isinstance(value, np.ndarray) and value.dtype.kind in "mMO":
            return value.reshape(-1)[0]  # item() makes integers of datetime64[ns]
        return value.item()
    return value.as_py() if hasattr(value, "as_py") else value  # pyarrow


def scalar(value: Any) -> tuple[Kind, Any]:
    """Return the kind of one value and the value as that kind keeps it; a missing one is the number NaN."""
    if type(value) is float:
        return "number", value
    if type(value) is int and -EXACT_BELOW <= value <= EXACT_BELOW:
        return "number", float(value)
    value = plain(value)
    if isinstance(value, str):
        return "text", str.__str__(value)
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return "number", math.nan
    if value is ABSENT:
        return "number", ABSENT_NUMBER
    if isinstance(value, np.datetime64 | np.timedelta64):
        return ("number", math.nan) if np.isnat(value) else ("object", value)
    if isinstance(value, numbers.Real | Decimal):
        return _number(value)
    return "object", value


def origin_of(value: Any) -> Origin:
    """Return what a value of the kind `number` was."""
    value = plain(value)
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, numbers.Integral) else "float"


def origin_of_both(one: Origin, other: Origin) -> Origin:
    """Return what the numbers of two columns are together."""
    if one == other or not other:
        return one
    if not one:
        return other
    return "float" if "float" in (one, other) else "integer"


def is_missing(kind: Kind, stored: Any) -> bool:
    """Whether a result of `scalar` is a missing value."""
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
    if (
        isinstance(value, Decimal)
        and abs(stored) >= EXACT_BELOW
        and value.is_finite()
        and Decimal(stored) != value
    ):
        return "object", value  # an integer as well, from a database: its digits are kept
    return "number", stored


def objects(values: Iterable[Any]) -> Array:
    """Return values as object columns keep them: unchanged, None when missing, `ABSENT` when absent."""
    return object_array(
        [_without_nan(value) if is_missing(*scalar(value)) else plain(value) for value in values]
    )


def _without_nan(missing: Any) -> Any:
    """Return what stands for a missing or an absent value in a column of objects."""
    if isinstance(missing, float) and is_absent(missing):
        return ABSENT
    return ABSENT if missing is ABSENT else None


def object_array(values: list[Any]) -> Array:
    """Return Python values as an array of objects, one element for each value."""
    return np.fromiter(values, dtype=object, count=len(values))  # np.array() would unpack lists of lists


def as_numbers(array: Array) -> npt.NDArray[np.float64]:
    """Return a column of any kind as float64: number columns unchanged; in others large integers rounded, spans of
    time as seconds, and NaN for what is no number.
    """
    if array.dtype != object:
        return array
    return np.fromiter(map(_as_number, array.tolist()), dtype=np.float64, count=len(array))


def _as_number(value: Any) -> float:
    kind, stored = scalar(value)
    if kind == "number":
        return float(stored)
    if kind == "text":
        return math.nan
    if isinstance(stored, int | Fraction | Decimal):  # too large to be exact, or at all
        try:
            return float(stored)
        except OverflowError:
            return math.inf if stored > 0 else -math.inf
    if isinstance(stored, dt.timedelta):
        return stored.total_seconds()
    if isinstance(stored, np.timedelta64) and np.datetime_data(stored.dtype)[0] not in ("generic", "M", "Y"):
        return float(stored / np.timedelta64(1, "s"))
    return math.nan


def differences(array: Array, origin: int) -> npt.NDArray[np.float64]:
    """Return by how much the numbers of a column of any kind exceed a whole number, NaN for what is no number.

    A difference that float64 can hold is exact, also where it could hold neither of the two.
    """
    if not origin:
        return as_numbers(array)
    if array.dtype != object:
        high = float(origin)
        less: npt.NDArray[np.float64] = (array - high) - float(origin - int(high))
        return less
    values = array.tolist()
    if set(map(type, values)) == {int}:
        try:
            return (array - origin).astype(np.float64)
        except OverflowError:  # one that is beyond 1.8e308
            pass
    return np.fromiter((_difference(value, origin) for value in values), np.float64, count=len(array))


def _difference(value: Any, origin: int) -> float:
    exact = isinstance(value, int | Fraction) or (isinstance(value, Decimal) and value.is_finite())
    exact = exact or (isinstance(value, float) and math.isfinite(value))
    if not exact or isinstance(value, bool):
        return _as_number(value) - origin
    if isinstance(value, Decimal) and value.adjusted() > 400:  # whose digits would fill the memory
        return math.copysign(math.inf, value)
    try:
        return float(Fraction(value) - origin)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def holds_numbers(array: Array) -> bool:
    """Whether there are numbers in a column of any kind."""
    return bool((~np.isnan(as_numbers(array))).any())


def is_absent(value: float) -> bool:
    """Whether a number, as it is kept, stands for a field that is left out."""
    return value != value and struct.pack("<d", value) == _ABSENT_PACKED


class Column:
    """The newest values of one field: the value of record `seq` (from 1) is at `(seq - 1) % len(array)`.

    There is no head index to move, and growing replaces nothing but the array: a column is consistent at every
    moment, even when the program is interrupted while other columns still have their old size.
    """

    __slots__ = ("array", "floats", "holds_numbers", "kind", "origin", "sparse")

    def __init__(self, kind: Kind, capacity: int) -> None:
        self.kind: Kind = kind
        self.origin: Origin = ""
        """What its numbers were when they came."""
        self.floats = False
        """Whether it holds numbers and a float is nothing new to it, so that `append()` need not call `fit`."""
        self.holds_numbers = kind == "number"
        """Whether it has had numbers, and so can be drawn; a field of texts and objects may, from its first one on."""
        self.sparse = False
        """Whether some records may have no value of it; False: all have one, be it a missing one."""
        # Number arrays may start uninitialised (records overwrite them): memory pages never written to cost nothing.
        self.array: Array = np.empty(capacity, dtype=np.float64 if kind == "number" else object)

    def leave_out(self) -> Any:
        """Return what stands for the value of a record that leaves the field out."""
        self.sparse = True
        return ABSENT_NUMBER if self.kind == "number" else ABSENT

    def fit(self, value: Any) -> Any:
        """Return one value as this column keeps it, or MISFIT."""
        kind, stored = scalar(value)
        if self.kind == "object":
            if is_missing(kind, stored):
                return _without_nan(value)
            self.holds_numbers = self.holds_numbers or not math.isnan(_as_number(value))
            return plain(value)
        if kind == self.kind:
            if kind == "number" and stored == stored:
                self.note(origin_of(value))
            return stored
        return _without_nan(value) if self.kind == "text" and is_missing(kind, stored) else MISFIT

    def note(self, origin: Origin) -> None:
        """Note what numbers that come were."""
        if origin != self.origin:
            self.origin = origin_of_both(self.origin, origin)
            self.floats = self.kind == "number" and self.origin == "float"

    def write(self, seq: int, values: Array) -> None:
        """Store values from record `seq` on; at most as many as the capacity."""
        start = (seq - 1) % len(self.array)
        head = len(self.array) - start
        if len(values) <= head:
            self.array[start : start + len(values)] = values
        else:
            self.array[start:] = values[:head]
            self.array[: len(values) - head] = values[head:]

    def fill(self, first: int, last: int) -> None:
        """Set the values of records `first` to `last` to absent: fields left out, late ones, dropped objects."""
        nothing = self.leave_out()
        for piece in self._pieces(first, last):
            self.array[piece] = nothing

    def read(self, first: int, last: int) -> Array:
        """Return a copy of the values of records `first` to `last`."""
        pieces = [self.array[piece] for piece in self._pieces(first, last)]
        return pieces[0].copy() if len(pieces) == 1 else np.concatenate(pieces)

    def grow(self, first: int, last: int, capacity: int) -> None:
        """Move records `first` to `last` into a larger array; an array that is large enough is kept."""
        if len(self.array) >= capacity:
            return
        larger = Column(self.kind, capacity)
        for piece in self._pieces(first, last):
            values = self.array[piece]
            larger.write(first, values)
            first += len(values)
        self.array = larger.array

    def widened(self, kind: Kind, first: int, last: int) -> Column:
        """Return the same records as a column of a wider kind; missing numbers become None, absent ones `ABSENT`."""
        column = Column(kind, len(self.array))
        column.sparse = self.sparse
        if last >= first:
            column.holds_numbers = column.holds_numbers or holds_numbers(self.read(first, last))
            values = self.read(first, last).tolist()
            if self.origin in ("integer", "boolean"):
                whole = int if self.origin == "integer" else bool
                values = [whole(value) if value == value else value for value in values]
            column.write(first, objects(values))
        return column

    def _pieces(self, first: int, last: int) -> list[slice]:
        """Where records `first` to `last` lie: in one piece, or in two around the end of the array."""
        count = max(0, last - first + 1)
        capacity = len(self.array)
        start = (first - 1) % capacity if count else 0
        if start + count <= capacity:
            return [slice(start, start + count)]
        return [slice(start, capacity), slice(0, start + count - capacity)]
