"""The intake: everything that `Stream.append()` and `extend()` take, as records with fields or as columns.

It knows the forms that tables come in; what is in their columns is the business of `values`. Nothing here
knows a stream, so all of this happens before one is locked.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import UsageError, WrongLength, WrongType
from .fields import check_name
from .times import Floats, to_seconds_array
from .values import Values, shortened, values_of


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
            f"extend() cannot take {shortened(data)} of type {type(data).__name__}: it takes a dict of columns, "
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
                f"a list of dicts cannot be taken: {shortened(record)} in it is none; pass dicts only"
            )
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [record.get(name) for record in records] for name in names}
