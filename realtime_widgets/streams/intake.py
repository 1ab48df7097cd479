"""Intake: the arguments of `Stream.append()` and `extend()`, converted to a record or to columns.

It handles the forms that records and tables come in; `values` converts the columns of a table. Nothing here needs a
stream, so all of this happens before one is locked.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..errors import BadTime, UsageError, WrongLength, WrongType, did_you_mean, shown
from .columns import ABSENT
from .exports import library
from .fields import check_name
from .records import as_record
from .times import Floats, has_moments, to_seconds, to_seconds_array, zone_of
from .values import Values, values_of
from .zones import Zone, read_zone


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
            f"append() cannot take both: a value ({shown(value)}) and fields ({', '.join(fields)}); pass either"
        )
    if value is MISSING:
        raise UsageError(
            "append() has nothing to append: no value and no fields; pass append(0.42) or append(cpu=0.4)"
        )
    if type(value) is dict:
        return _without_ts(value, ts)
    found = as_record(value, labelled=ts is None)
    if found is not None:
        return _without_ts(found, ts)
    if is_many(value):
        raise WrongType(
            "append() takes one value: we saw several; pass them to extend(), or as append(name=...)"
        )
    return {"value": value}, ts


def _without_ts(value: Mapping[Any, Any], ts: Any) -> tuple[dict[str, Any], Any]:
    """Separate the time from the fields of a record."""
    fields = dict(value)
    own = fields.pop("ts", None)
    if own is not None and ts is not None:
        raise UsageError("append() cannot take both: ts= and a 'ts' in the record; pass either")
    if not fields:
        raise UsageError(
            "append() has nothing to append: the record has no fields; pass append({'cpu': 0.4})"
        )
    return fields, ts if own is None else own


def is_many(value: Any) -> bool:
    """Whether this is several values or records: a list, a tuple, an array, a column or table of any library."""
    if as_record(value) is not None:
        return False
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return math.prod(shape) != 1 or hasattr(value, "columns")  # a table may have one record
    return isinstance(value, list | tuple) or any(
        hasattr(value, protocol) for protocol in ("__arrow_c_stream__", "__arrow_c_array__")
    )


@dataclass(slots=True)  # not frozen, for the sake of speed
class Intake:
    """The data of one `extend()` call, checked and converted, not yet in a stream."""

    count: int
    """Number of records."""
    ts: Floats | None
    """Their times in seconds; None: now."""
    without_ts: list[int]
    """Indices of the records without a time of their own: now."""
    columns: dict[str, Values]
    zone: Zone = None
    """The zone that the column of its times had; None: it had none."""

    def times(self, now: float) -> Floats:
        """Return all times, with `now` for the records that have none."""
        if self.ts is None:
            return np.full(self.count, now, dtype=np.float64)
        if self.without_ts:
            self.ts[self.without_ts] = now
        return self.ts


def intake(data: Any, ts: Any, zone: Zone = None, known: Container[str] | None = ()) -> Intake:
    """Convert the arguments of `Stream.extend()`.

    Args:
        data: the records.
        ts: their times, or the name of a column or an index of them.
        zone: of times that have none.
        known: fields that stay fields, though they may be the only column of times; None: all, a record's own.

    Raises:
        UsageError: when times are given twice, or there are no fields.
        WrongLength, WrongType, BadTime: see `Stream.extend`.
    """
    table, index = _table(data)
    if "ts" in table:
        if ts is not None:
            raise UsageError("extend() cannot take both: ts= and a column 'ts' in the data; pass either")
        ts = table.pop("ts")
    elif isinstance(ts, str) and ts in table:
        ts = table.pop(ts)
    elif isinstance(ts, str) and ts in (levels := _levels_of(data)):
        ts = data.index.get_level_values(levels.index(ts))
    elif ts is None:
        ts = index
        if ts is None and known is not None and (name := _column_of_times(table, known)) is not None:
            ts = table.pop(name)
    columns = {check_name(name): values_of(column, f"field {name!r}") for name, column in table.items()}
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        seen = ", ".join(f"{name!r} has {length}" for name, length in lengths.items())
        raise WrongLength(f"columns cannot be put side by side: {seen} values; pass columns of equal length")
    is_column = hasattr(ts, "__len__") and not isinstance(ts, str) and getattr(ts, "shape", None) != ()
    count = next(iter(lengths.values()), len(ts) if is_column else 0)
    if count and not columns:
        raise UsageError(
            f"extend() has nothing to append: {count} times and no fields; pass a column beside 'ts'"
        )
    if isinstance(ts, list | tuple) and None in ts:
        without = [i for i, value in enumerate(ts) if value is None]
        times = to_seconds_array([0.0 if value is None else value for value in ts], count, zone)
        return Intake(count, times, without, columns)
    if isinstance(ts, str):
        return Intake(count, np.full(count, _one_time(ts, [*table, *_levels_of(data)], zone)), [], columns)
    return Intake(
        count, None if ts is None else to_seconds_array(ts, count, zone), [], columns, _known_zone(ts)
    )


def _known_zone(ts: Any) -> Zone:
    """Return the zone of a column of times; None: it has none, or one that is not known here."""
    if type(ts) in (type(None), np.ndarray, list, tuple, float):
        return None
    try:
        return read_zone(zone_of(ts), "the zone of a column")
    except UsageError:
        return None


def _one_time(ts: str, names: Sequence[Any], zone: Zone) -> float:
    """Return the time that `ts=` is as a text, which names no column and no index."""
    try:
        return to_seconds(ts, zone)
    except BadTime as error:
        names = [name for name in names if isinstance(name, str)]
        near = did_you_mean(ts, names)
        if not near:
            raise BadTime(f"{error}, or the name of a column") from None
        raise BadTime(
            f"there is no column {ts!r} to take the times from: the data have {', '.join(map(repr, names))}{near}"
        ) from None


def _levels_of(data: Any) -> list[Any]:
    """Return the names of the index of pandas data, one for each of its levels; None for one that has none."""
    is_pandas = _is_from("pandas", "DataFrame", data) or _is_from("pandas", "Series", data)
    return list(data.index.names) if is_pandas else []


def _column_of_times(table: Mapping[Any, Any], known: Container[str]) -> str | None:
    """Return the name of the only column of times among others; None: there is none."""
    if len(table) < 2:
        return None
    names = [name for name, column in table.items() if name not in known and has_moments(column)]
    if len(names) > 1:
        raise UsageError(
            f"extend() cannot tell which column has the records' times: {', '.join(map(repr, names))} hold times; pass "
            f"ts={names[0]!r} (or ts=time.time(), to have all of them as fields)"
        )
    return names[0] if names else None


def _table(data: Any) -> tuple[dict[Any, Any], Any]:
    """Return the columns by name, and the index of pandas data when it holds times."""
    if isinstance(data, Mapping):
        return dict(data), None
    if isinstance(data, np.ndarray):
        names = data.dtype.names  # of a structured array
        return {"value": data} if names is None else {name: data[name] for name in names}, None
    if _is_from("polars", "DataFrame", data):
        return {series.name: series for series in data.get_columns()}, None
    if _is_from("pandas", "DataFrame", data):
        if not data.columns.is_unique:
            raise UsageError("a DataFrame cannot be taken: two of its columns have the same name; rename one")
        return {name: data[name] for name in data.columns}, _times_of(data.index)
    if isinstance(data, list | tuple) and data and as_record(data[0]) is not None:
        return _turned(data), None
    if _is_table(data):
        return _columns_of_arrow(data), None
    if isinstance(data, list | tuple) and data and isinstance(data[0], list | tuple):
        raise WrongType(
            "extend() cannot tell fields apart: it got a list of tuples or lists; "
            "pass a dict of columns or a list of dicts"
        )
    if (
        not hasattr(data, "__len__")
        or isinstance(data, str | bytes)
        or (as_record(data) is not None and not _is_from("pandas", "Series", data))
    ):
        raise WrongType(
            f"extend() cannot take {shown(data)} of type {type(data).__name__}: it takes a dict of columns, "
            "a list of dicts, a DataFrame or a list of numbers; for one record, append()"
        )
    return {"value": data}, _times_of(data.index) if _is_from("pandas", "Series", data) else None


def _is_from(library: str, name: str, data: Any) -> bool:
    """Whether data is an instance of a library's class; imports nothing, since such a library is loaded already."""
    return isinstance(data, getattr(sys.modules.get(library), name, ()))


def _times_of(index: Any) -> Any:
    """Return the index of pandas data when it holds times, spans of time, or periods; None: it holds none."""
    kinds = ("datetime64", "datetime", "date", "timedelta64", "timedelta", "period")
    if index.nlevels > 1:
        levels = [index.get_level_values(level) for level in range(index.nlevels)]
        times = [level for level in levels if level.inferred_type in kinds]
        return times[0] if len(times) == 1 else None
    return index if len(index) and index.inferred_type in kinds else None


def _is_table(data: Any) -> bool:
    """Whether this is a table by Arrow's protocol, of whatever library."""
    return hasattr(data, "__arrow_c_stream__") and not (
        _is_from("pandas", "Series", data)
        or _is_from("pandas", "Index", data)
        or _is_from("polars", "Series", data)
        or _is_from("pyarrow", "ChunkedArray", data)
    )


def _columns_of_arrow(data: Any) -> dict[Any, Any]:
    pa = library("pyarrow", f"reading a table of type {type(data).__name__}")
    table = pa.table(data)
    if len(set(table.column_names)) < len(table.column_names):
        raise UsageError("a table cannot be taken: two of its columns have the same name; rename one")
    return dict(zip(table.column_names, table.columns, strict=True))


def _turned(given: Sequence[Any]) -> dict[Any, list[Any]]:
    """Turn a list of records into a dict of lists, `ABSENT` where a record leaves a field out."""
    found = [each if type(each) is dict else as_record(each) for each in given]
    records = [each for each in found if each is not None]
    if len(records) < len(found):
        odd = given[found.index(None)]
        raise WrongType(f"a list of records cannot be taken: {shown(odd)} in it is none; pass records only")
    names = dict.fromkeys(name for record in records for name in record)
    table = {name: [record.get(name, ABSENT) for record in records] for name in names}
    if "ts" in table:
        table["ts"] = [None if ts is ABSENT else ts for ts in table["ts"]]
    return table
