"""Intake: the arguments of `Stream.append()` and `extend()`, converted to a record or to columns.

It handles the forms that records and tables come in; `values` converts the columns of a table. Nothing here needs a
stream, so all of this happens before one is locked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..errors import UsageError, WrongLength, WrongType, shown
from .columns import ABSENT
from .fields import check_name
from .times import Floats, to_seconds_array
from .values import Values, values_of


class _Left:
    """The value of an argument that was left out; a class of its own for the sake of `help()`."""

    def __repr__(self) -> str:
        return "<no value>"


MISSING: Final[Any] = _Left()
"""The default of `append()`'s value, because None is a value: a missing number."""


def record(value: Any, ts: Any, fields: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """Return the values by field and the time that the arguments of `Stream.append()` stand for.

    Raises:
        UsageError: when there is nothing to append, or a value and fields, or two times.
        WrongType: when the value is several values.
    """
    if fields:
        raise UsageError(
            f"append() cannot take both: a value ({value!r}) and fields ({', '.join(fields)}); pass either"
        )
    if type(value) is float:  # first, since the checks below take longer
        return {"value": value}, ts
    if value is MISSING:
        raise UsageError(
            "append() has nothing to append: no value and no fields; pass append(0.42) or append(cpu=0.4)"
        )
    if isinstance(value, Mapping):
        return _without_ts(value, ts)
    if is_many(value):
        raise WrongType(
            "append() takes one value: we saw several; pass them to extend(), or as append(name=...)"
        )
    return {"value": value}, ts


def _without_ts(value: Mapping[str, Any], ts: Any) -> tuple[dict[str, Any], Any]:
    """Separate the time from the fields of a record that is a mapping."""
    fields = dict(value)
    own = fields.pop("ts", None)
    if own is not None and ts is not None:
        raise UsageError("append() cannot take both: ts= and a 'ts' in the mapping; pass either")
    if not fields:
        raise UsageError(
            "append() has nothing to append: the mapping has no fields; pass append({'cpu': 0.4})"
        )
    return fields, ts if own is None else own


def is_many(value: Any) -> bool:
    """Whether this is several values: a list, a tuple, an array, or a column or table of pandas or polars."""
    return isinstance(value, list | tuple) or bool(getattr(value, "ndim", 0)) or hasattr(value, "get_columns")


@dataclass(frozen=True, slots=True)
class Intake:
    """The data of one `extend()` call, checked and converted, not yet in a stream."""

    count: int
    """Number of records."""
    ts: Floats | None
    """Their times in seconds; None: now."""
    without_ts: list[int]
    """Indices of the records without a time of their own: now."""
    columns: dict[str, Values]

    def times(self, now: float) -> Floats:
        """Return all times, with `now` for the records that have none."""
        if self.ts is None:
            return np.full(self.count, now, dtype=np.float64)
        if self.without_ts:
            self.ts[self.without_ts] = now
        return self.ts


def intake(data: Any, ts: Any) -> Intake:
    """Convert the arguments of `Stream.extend()`.

    Raises:
        UsageError: when times are given twice, or there are no fields.
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
            f"extend() cannot take {shown(data)} of type {type(data).__name__}: it takes a dict of columns, "
            "a list of dicts, a DataFrame or a list of numbers; for one record, append()"
        )
    return {"value": data}, _times_of(data.index) if _is_from("pandas", "Series", data) else None


def _is_from(library: str, name: str, data: Any) -> bool:
    """Whether data is an instance of a library's class; imports nothing, since such a library is loaded already."""
    return isinstance(data, getattr(sys.modules.get(library), name, ()))


def _times_of(index: Any) -> Any:
    return index if _is_from("pandas", "DatetimeIndex", index) else None


def _turned(records: Iterable[Any]) -> dict[Any, list[Any]]:
    """Turn a list of dicts into a dict of lists, `ABSENT` where a record leaves a field out."""
    records = list(records)
    for record in records:
        if not isinstance(record, Mapping):
            raise WrongType(
                f"a list of dicts cannot be taken: {shown(record)} in it is none; pass dicts only"
            )
    names = dict.fromkeys(name for record in records for name in record)
    table = {name: [record.get(name, ABSENT) for record in records] for name in names}
    if "ts" in table:
        table["ts"] = [None if ts is ABSENT else ts for ts in table["ts"]]
    return table
