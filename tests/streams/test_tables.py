"""Tables: what is a table, its columns, and the times in its index, of every library."""

import datetime as dt
import math
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from realtime_widgets.errors import MissingDependency, UsageError
from realtime_widgets.streams.tables import columns_of, index_of_times, levels_of
from support.records import stream

DAYS = [dt.datetime(2026, 1, day, tzinfo=dt.UTC) for day in (1, 2)]
SECONDS = [day.timestamp() for day in DAYS]


class Borrowed:
    """A table of another library: all that is known of it is Arrow's protocol."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


ARROW = pa.table({"ts": [1.0, 2.0], "cpu": pa.array([1, None]), "host": ["a", None], "on": [True, False]})


@pytest.mark.parametrize(
    "table",
    [
        ARROW,
        ARROW.to_batches()[0],
        Borrowed(ARROW),
        ARROW.set_column(2, "host", ARROW["host"].dictionary_encode()),
        ARROW.set_column(1, "cpu", ARROW["cpu"].cast(pa.uint8())),
        ARROW.set_column(1, "cpu", ARROW["cpu"].cast(pa.float32())),
        ARROW.set_column(1, "cpu", ARROW["cpu"].cast(pa.decimal128(30, 2))),
        {name: ARROW[name] for name in ARROW.column_names},
        {name: ARROW[name].combine_chunks() for name in ARROW.column_names},
    ],
    ids=lambda table: type(table).__name__,
)
def test_a_table_by_arrow_is_taken_from_any_library(table):
    s = stream()
    assert s.extend(table) == 2
    assert s.read().rows() == [
        {"ts": 1.0, "cpu": 1.0, "host": "a", "on": 1.0},
        {"ts": 2.0, "cpu": pytest.approx(math.nan, nan_ok=True), "host": None, "on": 0.0},
    ]


def test_arrow_without_pyarrow_says_what_to_install(monkeypatch):
    table = Borrowed(ARROW)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependency, match="pip install pyarrow"):
        stream().extend(table)


def test_a_structured_array_is_a_table():
    s = stream()
    s.extend(np.array([(1.0, 2), (1.5, 3)], dtype=[("ts", "f8"), ("n", "i4")]))
    assert s.read().rows() == [{"ts": 1.0, "n": 2.0}, {"ts": 1.5, "n": 3.0}]


def test_labelled_arrays_of_xarray_are_tables_with_their_coordinates(monkeypatch):
    class Dataset(dict):
        def to_dataframe(self):
            return pd.DataFrame(dict(self), index=DAYS)

    class DataArray:
        def to_series(self):
            return pd.Series([1, 2], index=DAYS)

    monkeypatch.setitem(
        sys.modules, "xarray", type("xarray", (), {"Dataset": Dataset, "DataArray": DataArray})
    )
    for data in (Dataset(v=[1, 2]), DataArray()):
        s = stream()
        s.extend(data)
        assert (s.read().ts.tolist(), len(s.fields)) == (SECONDS, 1)


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (iter([1.0]), r"pass list\(\) of it"),
        (pl.DataFrame({"a": [1]}).lazy(), r"pass what collect\(\) makes of it"),
        (pd.DataFrame([[1, 2]]), r"named 0, of type int; rename it: .*data\.columns = "),
        ([pd.DataFrame({"a": [1]})], "type DataFrame; extend.. with one after the other"),
        (5.0, r"for one record, append\(\)"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do_instead(data, advice):
    with pytest.raises(UsageError, match=advice):
        stream().extend(data)


def test_columns_are_handed_out_as_they_are():
    column = pd.Series([1, 2])
    assert columns_of({"a": column})["a"] is column
    assert columns_of(column)["value"] is column
    assert list(columns_of([{"a": 1}, {"b": 2}])) == ["a", "b"]


def test_an_index_has_a_name_for_each_level():
    frame = pd.DataFrame({"v": [1]}, index=pd.MultiIndex.from_arrays([["a"], [5]], names=["host", None]))
    assert levels_of(frame) == ["host", None]
    assert levels_of({"v": [1]}) == []
    assert index_of_times(frame, columns_of(frame)) is None
