"""Tables: data of many records in every form, taken apart into columns by name, and the times in their index.

Dicts of columns, lists of records, structured arrays, the tables of pandas, polars and xarray, and of every library
that speaks Arrow's protocol. Libraries are recognised by their objects; only Arrow's is imported, where it is needed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from ..errors import UsageError, WrongType, shown
from .columns import ABSENT
from .exports import library
from .records import as_record, is_many

_TIMES: Final = ("datetime64", "datetime", "date", "timedelta64", "timedelta", "period")
"""What an index of times holds, as pandas says it."""


def in_pandas(data: Any) -> Any:
    """Return the labelled arrays of xarray as tables of pandas, with their coordinates as an index."""
    if _is_from("xarray", "Dataset", data):
        return data.to_dataframe()
    return data.to_series() if _is_from("xarray", "DataArray", data) else data


def _has_index(data: Any) -> bool:
    return _is_from("pandas", "DataFrame", data) or _is_from("pandas", "Series", data)


def columns_of(data: Any) -> dict[Any, Any]:
    """Return the columns of a table by name, as they are.

    Raises:
        UsageError: when two columns have the same name.
        WrongType: when this is no table.
        MissingDependency: for a table of Arrow's protocol, when pyarrow is not installed.
    """
    if isinstance(data, Mapping):
        return dict(data)
    if isinstance(data, np.ndarray):
        names = data.dtype.names  # of a structured array
        return {"value": data} if names is None else {name: data[name] for name in names}
    if _is_from("polars", "DataFrame", data):
        return {series.name: series for series in data.get_columns()}
    if _is_from("pandas", "DataFrame", data):
        if not data.columns.is_unique:
            raise UsageError("a DataFrame cannot be taken: two of its columns have the same name; rename one")
        return {name: data[name] for name in data.columns}
    if isinstance(data, list | tuple) and data and as_record(data[0]) is not None:
        return _turned(data)
    if _is_table(data):
        return _columns_of_arrow(data)
    if isinstance(data, list | tuple) and data and isinstance(data[0], list | tuple):
        raise WrongType(
            "extend() cannot tell fields apart: it got a list of tuples or lists; "
            "pass a dict of columns or a list of dicts"
        )
    if isinstance(data, list | tuple) and data and is_many(data[0]):
        raise WrongType(
            f"extend() cannot take a list of several values each: the first is of type {type(data[0]).__name__}; "
            "extend() with one after the other, or pass a dict of columns"
        )
    if (
        not hasattr(data, "__len__")
        or isinstance(data, str | bytes | bytearray)
        or (as_record(data) is not None and not _is_from("pandas", "Series", data))
    ):
        raise WrongType(
            f"extend() cannot take {shown(data)} of type {type(data).__name__}: it takes a dict of columns, "
            f"a list of dicts, a DataFrame or a list of numbers; {_made_of(data)}"
        )
    return {"value": data}


def _made_of(data: Any) -> str:
    """Return what to do with data that are no table."""
    if hasattr(data, "__next__"):
        return "pass list() of it, or append() its items one by one"
    if callable(getattr(data, "collect", None)):  # what is lazy in polars
        return "pass what collect() makes of it"
    return "for one record, append()"


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


def levels_of(data: Any) -> list[Any]:
    """Return the names of the index of pandas data, one for each of its levels; None for one that has none."""
    return list(data.index.names) if _has_index(data) else []


def index_of_times(data: Any, columns: Mapping[Any, Any]) -> Any:
    """Return the times in the index of a table, or in the one that its columns have in common; None: there are none.

    Raises:
        UsageError: when there are several.
    """
    return _times_of(data.index) if _has_index(data) else _common_index(columns)


def _times_of(index: Any) -> Any:
    """Return the index of pandas data when it holds times, spans of time, or periods and intervals of time, of which
    the beginning counts; None: it holds none.

    Raises:
        UsageError: when several of its levels hold times.
    """
    if not len(index):
        return None
    levels = [index.get_level_values(level) for level in range(index.nlevels)]
    times = [level.left if level.inferred_type == "interval" else level for level in levels]
    times = [level for level in times if level.inferred_type in _TIMES]
    if len(times) > 1:
        names = [shown(name) for name in index.names]
        raise UsageError(
            f"extend() cannot tell which level of the index has the records' times: {len(times)} of {', '.join(names)} "
            "hold times; pass one, stream.extend(data, ts=data.index.get_level_values(0))"
        )
    return times[0] if times else None


def _common_index(table: Mapping[Any, Any]) -> Any:
    """Return the index of times that the columns of a dict have in common; None: they have none.

    Raises:
        UsageError: when they have several.
    """
    found: dict[Any, Any] = {}
    for name, column in table.items():
        if _is_from("pandas", "Series", column) and (times := _times_of(column.index)) is not None:
            found[name] = times
    for name, times in found.items():
        first, common = next(iter(found.items()))
        if not times.equals(common):
            raise UsageError(
                f"columns cannot be put side by side: {first!r} and {name!r} have other times in their indexes; align "
                "them first, pandas.DataFrame(data)"
            )
    return next(iter(found.values()), None)


def _is_from(library: str, name: str, data: Any) -> bool:
    """Whether data is an instance of a library's class; imports nothing, since such a library is loaded already."""
    return isinstance(data, getattr(sys.modules.get(library), name, ()))
