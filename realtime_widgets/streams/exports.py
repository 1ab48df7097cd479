"""Exports: records as the tables of pandas, polars and Arrow.

Times come out in the stream's zone, numbers as the integers, booleans or floats that they were when they came, missing
values as the library's own nulls. Text that is no Unicode (half a surrogate, which none of them can hold) is written
with U+FFFD in place. A library is imported by the export that needs it, never before.
"""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from ..errors import MissingDependency
from .columns import Array, Origin
from .times import Floats, to_utc
from .zones import zone_key

_NANOSECONDS_UNTIL = 9.2e9
"""Seconds from 1970 to the year 2261: later times do not fit into pandas' nanoseconds."""

_OF_POLARS = {int, float, bool, dt.datetime, dt.date, dt.time, dt.timedelta, Decimal, bytes}
"""Types that polars has types for."""


def to_pandas(
    ts: Floats, columns: Mapping[str, Array], origins: Mapping[str, Origin], zone: dt.tzinfo
) -> Any:
    """Return a `pandas.DataFrame`; see `Batch.to_pandas`."""
    pd = library("pandas", "to_pandas()")
    times = pd.Series(to_utc(ts))
    if not len(ts) or np.abs(ts).max() < _NANOSECONDS_UNTIL:
        times = times.dt.as_unit("ns")

    def series(name: str, column: Array) -> Any:
        if column.dtype != object:
            whole = _whole(column, origins.get(name, ""))
            if whole is None:
                return column
            values, missing = whole
            if not missing.any():
                return values
            masked = pd.arrays.BooleanArray if values.dtype == bool else pd.arrays.IntegerArray
            return masked(values, missing)
        values = column.tolist()
        if _is_text(values):
            return pd.Series(list(map(_unicode, values)))
        integers = _integer_type(values)
        if integers is not None:
            return pd.array([pd.NA if value is None else value for value in values], dtype=integers)
        try:
            return pd.Series(column).infer_objects()
        except ValueError:  # spans of months and years, which have no length in nanoseconds
            return pd.Series(values, dtype=object)

    table = {name: series(field, columns[field]) for field, name in _names(columns).items()}
    return pd.DataFrame({"ts": times.dt.tz_localize("UTC").dt.tz_convert(zone), **table})


def to_polars(
    ts: Floats, columns: Mapping[str, Array], origins: Mapping[str, Origin], zone: dt.tzinfo
) -> Any:
    """Return a `polars.DataFrame`; see `Batch.to_polars`."""
    pl = library("polars", "to_polars()")
    times = pl.Series("ts", to_utc(ts)).dt.replace_time_zone("UTC")
    key = zone_key(zone)
    if key is not None and key[0] not in "+-":  # polars has no zones that are offsets
        times = times.dt.convert_time_zone(key)

    def series(field: str, name: str) -> Any:
        column = columns[field]
        if column.dtype != object:
            whole = _whole(column, origins.get(field, ""))
            if whole is None:
                return pl.Series(name, column, nan_to_null=True)
            values, missing = whole
            found = pl.Series(name, values)
            return found.set(pl.Series(missing), None) if missing.any() else found
        objects = column.tolist()
        if _is_text(objects):
            return pl.Series(name, list(map(_unicode, objects)), dtype=pl.String)
        types = {type(value) for value in objects} - {type(None)}
        if len(types) == 1 and types <= _OF_POLARS:
            try:
                return pl.Series(name, objects)
            except (OverflowError, TypeError, ValueError, RuntimeError, pl.exceptions.PolarsError):
                pass  # large integers and decimals, and datetimes of several zones
        return pl.Series(name, objects, dtype=pl.Object)

    return pl.DataFrame([times, *(series(field, name) for field, name in _names(columns).items())])


def to_arrow(ts: Floats, columns: Mapping[str, Array], origins: Mapping[str, Origin], zone: dt.tzinfo) -> Any:
    """Return a `pyarrow.Table`; see `Batch.to_arrow`."""
    pa = library("pyarrow", "to_arrow()")

    def array(field: str) -> Any:
        column = columns[field]
        if column.dtype != object:
            whole = _whole(column, origins.get(field, ""))
            return pa.array(column, from_pandas=True) if whole is None else pa.array(whole[0], mask=whole[1])
        values = column.tolist()
        if _is_text(values):
            return pa.array(list(map(_unicode, values)), pa.string())
        if (integers := _integer_type(values)) is not None:
            return pa.array(values, integers.lower())
        try:
            return pa.array(values)
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            return pa.array(
                [value if value is None else _unicode(_text(value)) for value in values], pa.string()
            )

    times = pa.array(to_utc(ts), pa.timestamp("us")).cast(pa.timestamp("us", tz=zone_key(zone) or "UTC"))
    return pa.table({"ts": times, **{name: array(field) for field, name in _names(columns).items()}})


def library(name: str, what: str) -> Any:
    """Return a library that is needed for what a user wants, now.

    Raises:
        MissingDependency: when it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependency(
            f"{what} cannot be done: {name} is not installed here; run: pip install {name}", name=name
        ) from error


def _whole(column: Array, origin: Origin) -> tuple[Array, Array] | None:
    """Return numbers as the integers or booleans that they were, and which are missing; None: they were floats."""
    if origin not in ("integer", "boolean"):
        return None
    missing = np.isnan(column)
    values = np.where(missing, 0.0, column)
    if origin == "boolean":
        return values.astype(bool), missing
    return (values.astype(np.int64), missing) if (np.abs(values) < 2.0**63).all() else None


def _integer_type(values: Iterable[Any]) -> str | None:
    """Return the type, by pandas' name, that holds all these integers; None: there is none, or others are there."""
    integers = [value for value in values if value is not None]
    if not integers or set(map(type, integers)) != {int}:
        return None
    low, high = min(integers), max(integers)
    if low >= -(2**63) and high < 2**63:
        return "Int64"
    return "UInt64" if low >= 0 and high < 2**64 else None


def _is_text(values: Iterable[Any]) -> bool:
    return all(value is None or isinstance(value, str) for value in values)


def _unicode(text: str | None) -> str | None:
    """Return a text with U+FFFD for what is no Unicode."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _text(value: Any) -> str:
    try:
        return str(value)
    except ValueError:  # an integer of more than 4,300 digits
        return hex(value) if isinstance(value, int) else repr(type(value))


def _names(columns: Mapping[str, Array]) -> dict[str, str]:
    """Return the name of each field in a table: Unicode, and none twice."""
    names: dict[str, str] = {}
    for field in columns:
        name = _unicode(field) or field
        while name in names.values() or (name != field and name in columns):
            name += "_"
        names[field] = name
    return names
