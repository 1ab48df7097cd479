"""Intake: the arguments of `Stream.append()` and `extend()`, converted to a record or to columns.

It sorts out which values are the times; `records` and `tables` know the forms that data come in, `values` converts the
columns. Nothing here needs a stream, so all of this happens before one is locked.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..errors import BadTime, UsageError, WrongLength, WrongType, did_you_mean, shown
from .fields import check_name
from .records import as_record, is_many
from .tables import columns_of, in_pandas, index_of_times, levels_of
from .times import Floats, has_moments, to_seconds, to_seconds_array, without_zone, zone_of
from .values import Values, values_of
from .zones import Zone, read_zone


class _Left:
    """The value of an argument that was left out; a class of its own for the sake of `help()`."""

    def __repr__(self) -> str:
        return "<no value>"


MISSING: Final[Any] = _Left()
"""The default of `append()`'s value, because None is a value: a missing number; and of `publish()`'s data."""


def data_or_record(data: Any, fields: dict[str, Any], options: Iterable[str]) -> Any:
    """Return what the arguments of a `publish()` stand for: its data, or a record of fields.

    Args:
        data: MISSING: there are none.
        fields: values by field name.
        options: the other keywords that it takes.

    Raises:
        UsageError: there are both, or neither.
    """
    if data is MISSING and fields:
        return fields
    if fields:
        name = next(iter(fields))
        raise UsageError(
            f"publish() cannot take both: data ({shown(data)}) and fields ({', '.join(fields)})"
            f"{did_you_mean(name, options) or '; pass either'}"
        )
    if data is MISSING:
        raise UsageError(
            "publish() has nothing to publish: no data and no fields; pass publish(channel, 0.42) or "
            "publish(channel, loss=0.42)"
        )
    return data


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
    written: bool = False
    """Whether its times are dates and clock times without a zone."""

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
        data: the records; what this function has returned is fine as it is.
        ts: their times, or the name of a column or an index of them.
        zone: of times that have none.
        known: fields that stay fields, though they may be the only column of times; None: all, a record's own.

    Raises:
        UsageError: when times are given twice, or there are no fields.
        WrongLength, WrongType, BadTime: see `Stream.extend`.
    """
    if isinstance(data, Intake):
        return data
    data = in_pandas(data)
    table = columns_of(data)
    if "ts" in table:
        if ts is not None:
            raise UsageError("extend() cannot take both: ts= and a column 'ts' in the data; pass either")
        ts = table.pop("ts")
    elif isinstance(ts, str) and ts in table:
        ts = table.pop(ts)
    elif isinstance(ts, str) and ts in (levels := levels_of(data)):
        ts = data.index.get_level_values(levels.index(ts))
    elif ts is None:
        ts = index_of_times(data, table)
        if ts is None and known is not None and (name := _column_of_times(table, known)) is not None:
            ts = table.pop(name)
    columns = {_checked(name): values_of(column, f"field {name!r}") for name, column in table.items()}
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
        return Intake(count, times, without, columns, written=without_zone(ts))
    if isinstance(ts, str):
        return Intake(count, np.full(count, _one_time(ts, [*table, *levels_of(data)], zone)), [], columns)
    if ts is None:
        return Intake(count, None, [], columns)
    times = to_seconds_array(ts, count, zone)
    return Intake(count, times, [], columns, _known_zone(ts), is_column and without_zone(ts))


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


def _checked(name: Any) -> str:
    """Return the name of a column that may be one of a field."""
    if not isinstance(name, str):
        raise WrongType(
            f"a column cannot be taken: it is named {shown(name)}, of type {type(name).__name__}; rename it: names of "
            "fields are texts (of a DataFrame: data.columns = [str(name) for name in data.columns])"
        )
    return check_name(name)


def _column_of_times(table: Mapping[Any, Any], known: Container[str]) -> str | None:
    """Return the name of the only column of times among others; None: there is none."""
    if len(table) < 2:
        return None
    names = [name for name, column in table.items() if name not in known and has_moments(column)]
    if len(names) > 1:
        raise UsageError(
            f"extend() cannot tell which column has the records' times: {', '.join(map(repr, names))} hold times; say "
            f"which, stream.extend(data, ts={names[0]!r}) (or ts=time.time(), to have all of them as fields)"
        )
    return names[0] if names else None
