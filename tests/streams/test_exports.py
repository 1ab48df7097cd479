"""Exports: tables come out with the zone and the types that went in, and hold whatever text there is."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.records import NOW, stream

LARGE = 2**53 + 1


def types_of(s):
    """The types of the fields in each library's table."""
    return (
        [str(each) for each in s.to_pandas().dtypes[1:]],
        [str(each) for each in s.to_polars().dtypes[1:]],
        [str(each) for each in s.to_arrow().schema.types[1:]],
    )


# Numbers

FILLS = {
    "append": lambda s, values: [s.append(x=value) for value in values],
    "list": lambda s, values: s.extend({"x": values}),
    "numpy": lambda s, values: s.extend({"x": np.array(values)}),
    "pandas": lambda s, values: s.extend(pd.DataFrame({"x": values})),
    "polars": lambda s, values: s.extend(pl.DataFrame({"x": values})),
    "arrow": lambda s, values: s.extend(pa.table({"x": values})),
}


@pytest.mark.parametrize("fill", FILLS.values(), ids=FILLS)
@pytest.mark.parametrize(
    ("values", "types"),
    [
        ([1, 2, 3], ("int64", "Int64", "int64")),
        ([True, False, True], ("bool", "Boolean", "bool")),
        ([1.0, 2.0, 3.0], ("float64", "Float64", "double")),
        ([LARGE, LARGE + 1], ("Int64", "Int64", "int64")),
    ],
    ids=str,
)
def test_integers_booleans_and_floats_come_out_as_what_they_were(fill, values, types):
    s = stream()
    fill(s, values)
    assert tuple(kinds[0] for kinds in types_of(s)) == types
    assert (
        s.to_pandas()["x"].tolist() == s.to_polars()["x"].to_list() == s.to_arrow()["x"].to_pylist() == values
    )


@pytest.mark.parametrize(
    ("column", "types"),
    [
        ([1, None, 3], ("Int64", "Int64", "int64")),
        (pd.Series([1, None, 3], dtype="Int64"), ("Int64", "Int64", "int64")),
        (pl.Series([1, None, 3]), ("Int64", "Int64", "int64")),
        (pa.array([1, None, 3]), ("Int64", "Int64", "int64")),
        (pd.Series([True, None], dtype="boolean"), ("boolean", "Boolean", "bool")),
        ([True, None], ("boolean", "Boolean", "bool")),
        (pl.Series([True, None]), ("boolean", "Boolean", "bool")),
        (pa.array([True, None]), ("boolean", "Boolean", "bool")),
        ([LARGE, None], ("Int64", "Int64", "int64")),
        ([2**64 - 1, None], ("UInt64", "UInt64", "uint64")),
        (pd.Series([1, None, 3], dtype="int64[pyarrow]"), ("Int64", "Int64", "int64")),
    ],
    ids=lambda each: (
        f"{type(each).__module__}-{each}".replace("\n", " ") if not isinstance(each, tuple) else ""
    ),
)
def test_missing_integers_and_booleans_are_nulls_of_their_type(column, types):
    s = stream()
    s.extend({"x": column})
    assert tuple(kinds[0] for kinds in types_of(s)) == types
    frame, expected = s.to_pandas(), [None if pd.isna(value) else value for value in list(column)]
    if isinstance(column, pa.Array):
        expected = column.to_pylist()
    assert [None if pd.isna(value) else value for value in frame["x"]] == expected
    assert s.to_polars()["x"].to_list() == s.to_arrow()["x"].to_pylist() == expected


@pytest.mark.parametrize("pair", [(1, 2.5), (2.5, 1), (True, 2.5)])
def test_where_there_was_a_float_all_are_floats(pair):
    one, many = stream(), stream()
    for value in pair:
        one.append(x=value)
    many.extend({"x": pair})
    for s in (one, many):
        assert types_of(s) == (["float64"], ["Float64"], ["double"])


def test_a_missing_value_first_does_not_make_integers_floats():
    for nothing in (None, float("nan"), pd.NA):
        s = stream()
        s.append(x=nothing)
        s.append(x=1)
        assert [kinds[0] for kinds in types_of(s)] == ["Int64", "Int64", "int64"]


def test_integers_that_no_table_has_a_type_for_stay_exact_or_become_text():
    s = stream()
    s.extend({"x": [10**400, 1], "y": [2**70, 1], "d": [Decimal(10**60 + 1), Decimal("1e-9")]})
    assert s.to_polars()["d"].to_list() == [Decimal(10**60 + 1), Decimal("1e-9")]
    s.append(x=10**5000)
    assert s.to_pandas()["x"].tolist() == [10**400, 1, 10**5000]
    assert s.to_polars()["x"].to_list() == [10**400, 1, 10**5000]
    assert s.to_arrow()["x"].to_pylist()[:2] == [str(10**400), "1"]


def test_integers_that_became_objects_are_still_integers():
    s = stream()
    s.extend({"x": [1, None, 2], "b": [True, False, None]})
    s.append(x="text", b=b"")
    assert s.read()["x"].tolist() == [1, None, 2, "text"]
    assert [type(value) for value in s.read()["x"]] == [int, type(None), int, str]
    assert s.read()["b"].tolist()[:3] == [True, False, None]
    assert type(s.read()["b"][0]) is bool


# Times


def test_times_come_out_in_the_streams_zone():
    s = stream(tz="Asia/Tokyo")
    s.append(1.0, ts=dt.datetime(2026, 11, 23, 21))
    assert str(s.to_pandas()["ts"].dtype) == "datetime64[ns, Asia/Tokyo]"
    assert s.to_polars().schema["ts"] == pl.Datetime("us", "Asia/Tokyo")
    assert s.to_arrow().schema.field("ts").type == pa.timestamp("us", "Asia/Tokyo")
    moments = [s.to_pandas()["ts"][0], s.to_polars()["ts"][0], s.to_arrow()["ts"][0].as_py()]
    assert moments == [dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)] * 3
    assert {moment.hour for moment in moments} == {21}


AWARE = dt.datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"x": [1], "time": [AWARE]}),
        pd.DataFrame({"x": [1]}, index=pd.DatetimeIndex([AWARE])),
        pd.DataFrame({"x": [1], "time": [AWARE]}).astype({"time": "timestamp[us, Europe/Berlin][pyarrow]"}),
        pl.DataFrame({"x": [1], "time": [AWARE]}),
        pa.table({"x": [1], "time": [AWARE]}),
    ],
    ids=lambda table: type(table).__module__,
)
def test_without_a_zone_of_its_own_a_stream_has_that_of_the_tables_that_came_in(table):
    s = stream()
    s.extend(table)
    assert str(s.to_pandas()["ts"].dt.tz) == "Europe/Berlin"
    assert s.to_polars().schema["ts"] == pl.Datetime("us", "Europe/Berlin")
    assert s.to_arrow().schema.field("ts").type == pa.timestamp("us", "Europe/Berlin")
    assert s.to_pandas()["ts"][0] == AWARE
    other = stream(tz="UTC")
    other.extend(table)
    assert str(other.to_pandas()["ts"].dt.tz) == "UTC"


def test_a_zone_that_is_an_offset_comes_out_where_a_library_has_such():
    s = stream(tz="+09:00")
    s.append(1.0)
    assert s.to_pandas()["ts"][0].utcoffset() == dt.timedelta(hours=9)
    assert s.to_polars().schema["ts"] == pl.Datetime("us", "UTC")
    assert s.to_arrow().schema.field("ts").type == pa.timestamp("us", "+09:00")


def test_times_beyond_the_nanoseconds_of_pandas_come_out():
    s = stream()
    s.extend([1.0, 2.0], ts=[9e10, NOW])
    assert s.to_pandas()["ts"].dt.year.tolist() == [4821, 2026]
    assert s.to_polars()["ts"].dt.year().to_list() == [4821, 2026]
    assert s.to_arrow()["ts"].to_pylist()[0].year == 4821


# Objects


@pytest.mark.parametrize(
    ("values", "polars", "arrow"),
    [
        ([dt.timedelta(seconds=90), None], pl.Duration("us"), pa.duration("us")),
        ([dt.date(2026, 1, 1), None], pl.Date, pa.date32()),
        ([dt.datetime(2026, 1, 1), None], pl.Datetime("us"), pa.timestamp("us")),
    ],
    ids=lambda each: str(each),
)
def test_spans_of_time_and_dates_have_types_of_their_own(values, polars, arrow):
    s = stream()
    s.extend({"x": values})
    assert s.fields == {"x": "object"}
    assert s.read()["x"].tolist() == values
    assert (s.to_polars().schema["x"], s.to_arrow().schema.field("x").type) == (polars, arrow)
    assert s.to_polars()["x"].to_list() == s.to_arrow()["x"].to_pylist() == values
    assert s.to_pandas()["x"][0] == values[0]


def test_spans_that_pandas_has_no_type_for_stay_objects():
    s = stream()
    s.append(np.timedelta64(1, "Y"))
    assert s.to_pandas()["value"].tolist() == [np.timedelta64(1, "Y")]


def test_objects_of_several_types_stay_objects():
    s = stream()
    values = [1, Decimal("0.1"), {"a": 1}, None]
    s.extend({"x": values})
    assert s.to_pandas()["x"].tolist() == s.to_polars()["x"].to_list() == values
    assert s.to_arrow()["x"].to_pylist() == ["1", "0.1", "{'a': 1}", None]


# Text

HALF = "good \ud83d"


def test_half_a_surrogate_is_kept_in_the_stream_and_replaced_in_tables():
    s = stream()
    s.extend({"t": [HALF, None, "\0"], HALF: [1.0, 2.0, 3.0], "o": [{"a": HALF}, [HALF], HALF]})
    assert s.read()["t"].tolist() == [HALF, None, "\0"]
    clean = "good \ufffd"
    assert (
        s.to_polars().columns
        == s.to_arrow().column_names
        == list(s.to_pandas().columns)
        == ["ts", "t", clean, "o"]
    )
    assert s.to_polars()["t"].to_list() == s.to_arrow()["t"].to_pylist() == [clean, None, "\0"]
    assert s.to_pandas()["t"].tolist()[::2] == [clean, "\0"]
    assert s.to_arrow()["o"].to_pylist()[2] == clean


def test_fields_whose_names_differ_by_half_a_surrogate_stay_two():
    s = stream()
    s.append(dict(zip(("\ud83d", "\ud83e", "\ufffd"), (1.0, 2.0, 3.0), strict=True)))
    assert (
        sorted(s.to_polars().columns[1:])
        == sorted(s.to_arrow().column_names[1:])
        == sorted(s.to_pandas().columns[1:])
    )
    assert sorted(value[0].as_py() for value in s.to_arrow().columns[1:]) == [1.0, 2.0, 3.0]


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec=None)),
    st.binary(max_size=4),
    st.datetimes(),
    st.timedeltas(),
    st.decimals(),
    st.lists(st.text(st.characters(codec=None), max_size=2), max_size=2),
)
names = st.text(st.characters(codec=None), min_size=1, max_size=3).filter(
    lambda name: name not in ("ts", "seq")
)


@given(st.lists(st.dictionaries(names, anything, min_size=1, max_size=3), min_size=1, max_size=6))
def test_whatever_a_stream_holds_can_be_made_a_table(records):
    s = stream()
    for record in records:
        s.append(record)
    width = len(s.fields) + 1
    assert s.to_pandas().shape == s.to_polars().shape == s.to_arrow().shape == (len(records), width)


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.none(), min_size=1, max_size=8))
def test_integers_are_exact_through_every_table(values):
    s, again = stream(), stream()
    s.extend({"x": values})
    assert s.to_polars()["x"].to_list() == s.to_arrow()["x"].to_pylist() == values
    for table in (s.to_pandas(), s.to_polars(), s.to_arrow()):
        again.clear()
        again.extend(table)
        assert again.to_arrow()["x"].to_pylist() == values
