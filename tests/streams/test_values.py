"""Values: what becomes of every type of value and column, seen through a stream."""

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest

from support.records import stream, values


@pytest.mark.parametrize(
    ("value", "kind", "kept"),
    [
        (1, "number", 1.0),
        (True, "number", 1.0),
        (np.float32(0.5), "number", 0.5),
        (np.int64(3), "number", 3.0),
        (np.bool_(True), "number", 1.0),
        (np.array(2.5), "number", 2.5),
        (Decimal("1.25"), "number", 1.25),
        (Fraction(1, 4), "number", 0.25),
        (math.inf, "number", math.inf),
        (2**53, "number", 2.0**53),
        (2**60, "number", 2.0**60),
        (2**53 + 1, "object", 2**53 + 1),
        (np.int64(2**53 + 1), "object", 2**53 + 1),
        (10**400, "object", 10**400),
        (None, "number", None),
        (math.nan, "number", None),
        (pd.NA, "number", None),
        (pd.NaT, "number", None),
        (np.datetime64("NaT"), "number", None),
        (Decimal("sNaN"), "number", None),
        ("text", "text", "text"),
        (np.str_("text"), "text", "text"),
        (b"bytes", "object", b"bytes"),
        (1j, "object", 1j),
        (dt.date(2026, 1, 1), "object", dt.date(2026, 1, 1)),
        ({"a": [1]}, "object", {"a": [1]}),
        ([1, 2], "object", [1, 2]),
    ],
    ids=repr,
)
def test_each_type_of_value_has_its_kind(value, kind, kept):
    one, many = stream(), stream()
    one.append(x=value)
    many.extend({"x": [value, value]})
    assert one.fields == many.fields == {"x": kind}
    assert values(one.read(), "x") == [kept]
    assert values(many.read(), "x") == [kept, kept]
    for s in (one, many):  # and once more, now that the field is known
        s.append(x=value)
        assert s.fields == {"x": kind}
        assert values(s.read(), "x")[-1] == kept


@pytest.mark.parametrize(
    "column",
    [
        [1, 2, None],
        (1.0, 2.0, math.nan),
        np.array([1.0, 2.0, math.nan], dtype="f2"),
        np.array([1.0, 2.0, math.nan], dtype=">f8"),
        np.array([1, 2, None], dtype=object),
        np.ma.array([1.0, 2.0, 3.0], mask=[False, False, True]),
        np.array([1.0, 0, 2.0, 0, math.nan])[::2],
        pd.Series([1, 2, None]),
        pd.Series([1, 2, None], dtype="Int64"),
        pd.Series([1, 2, None], dtype="UInt8"),
        pd.Series([1.0, 2.0, None], dtype="Float32"),
        pd.Series([1, 2, None], dtype="int64[pyarrow]"),
        pd.Series([Decimal(1), Decimal(2), pd.NA], dtype=object),
        pl.Series([1, 2, None]),
        pl.Series([1, 2, None], dtype=pl.UInt8),
        pl.Series([1.0, 2.0, None], dtype=pl.Float32),
        pl.Series([Decimal(1), Decimal(2), None]),
        range(1, 3),
    ],
    ids=lambda column: f"{type(column).__module__}.{type(column).__name__}-{getattr(column, 'dtype', '')}",
)
def test_numbers_come_from_every_kind_of_column_with_nulls_as_nan(column):
    s, named = stream(), stream()
    s.extend(column)
    named.extend({"x": column})
    assert (s.fields, named.fields) == ({"value": "number"}, {"x": "number"})
    assert values(s.read()) == values(named.read(), "x") == [1.0, 2.0, None][: len(column)]


def test_booleans_with_nulls_are_numbers():
    s = stream()
    s.extend({"a": pd.Series([True, None], dtype="boolean"), "b": pl.Series([True, None]), "c": [True, None]})
    assert [values(s.read(), name) for name in "abc"] == [[1.0, None]] * 3


@pytest.mark.parametrize(
    "column",
    [
        [2**53 + 1, None],
        np.array([2**53 + 1, 0]),
        np.array([2**64 - 1, 0], dtype="u8"),
        pd.Series([2**53 + 1, None], dtype="Int64"),
        pl.Series([2**53 + 1, None]),
    ],
    ids=lambda column: type(column).__module__,
)
def test_integers_that_float64_cannot_hold_are_kept_as_they_are(column):
    s = stream()
    s.extend({"id": column})
    assert s.fields == {"id": "object"}
    assert s.read()["id"][0] == column[0]


def test_datetimes_as_values_stay_datetimes():
    s = stream()
    s.extend({"at": np.array(["2026-01-01", "NaT"], dtype="M8[ns]")})
    assert s.read()["at"].tolist() == [np.datetime64("2026-01-01", "ns"), None]
