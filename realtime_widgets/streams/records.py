"""Records: one record, however it is held, as a mapping of field names to values; and how to tell it from several.

A mapping, a row of a table, a named tuple, a dataclass, or an object of attrs, pydantic, msgspec, SQLAlchemy or
sqlite3. Libraries are recognised by their objects, never imported.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import sys
from collections.abc import Mapping
from typing import Any

_PLAIN = (str, bytes, int, float, list, type(None), type)
"""Types of values that are no records; looked at first, since they are what most values are."""


def as_record(value: Any, *, labelled: bool = True) -> Mapping[Any, Any] | None:
    """Return the values of a record by name; None: it is none.

    Args:
        value: what may be a record.
        labelled: whether the label of a row of a pandas table is its time, `ts`, when that is one.
    """
    if isinstance(value, Mapping):
        return value
    kind = type(value)
    if isinstance(value, _PLAIN):
        return None
    if isinstance(value, tuple):
        return _of_tuple(value, labelled)
    if isinstance(value, getattr(sys.modules.get("pandas"), "Series", ())):
        return _of_series(value, labelled)
    if getattr(getattr(value, "dtype", None), "names", None) and not getattr(value, "ndim", 1):
        return {name: value[name] for name in value.dtype.names}  # a row of a structured array of numpy
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
    elif hasattr(kind, "__attrs_attrs__"):
        names = [attribute.name for attribute in kind.__attrs_attrs__]
    elif hasattr(kind, "__struct_fields__"):  # msgspec
        names = list(kind.__struct_fields__)
    elif hasattr(kind, "model_fields") or hasattr(
        kind, "__fields__"
    ):  # pydantic 2 and 1: they iterate over pairs
        return dict(value)
    elif isinstance(getattr(value, "_mapping", None), Mapping):  # SQLAlchemy
        return dict(value._mapping)
    elif _is_keyed(value):
        return {name: value[name] for name in value.keys()}  # noqa: SIM118 - sqlite3.Row, which iterates over values
    else:
        return None
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


def _is_keyed(value: Any) -> bool:
    """Whether this is like a mapping without being one; tables are not, nor grouped ones, whose `keys` is a text."""
    return (
        callable(getattr(value, "keys", None))
        and hasattr(type(value), "__getitem__")
        and not hasattr(value, "__arrow_c_stream__")
    )


def _of_tuple(value: Any, labelled: bool) -> Mapping[Any, Any] | None:
    names = getattr(value, "_fields", None)
    if names is None:
        return None
    record = dict(zip(names, value, strict=True))
    if type(value).__name__ == "Pandas" and names[0] == "Index":  # DataFrame.itertuples()
        return _with_label(record, record.pop("Index"), labelled)
    return record


def _of_series(value: Any, labelled: bool) -> Mapping[Any, Any] | None:
    """Return a row of a DataFrame, which is a Series with the names of the columns as its index."""
    if not len(value) or not all(isinstance(name, str) for name in value.index):
        return None
    return _with_label(dict(zip(value.index, value.tolist(), strict=True)), value.name, labelled)


def _with_label(record: dict[Any, Any], label: Any, labelled: bool) -> dict[Any, Any]:
    """Return the record with the label of its row as its time, when that is one."""
    is_time = labelled and isinstance(label, dt.date | dt.timedelta) and "ts" not in record
    return {"ts": label, **record} if is_time else record


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
