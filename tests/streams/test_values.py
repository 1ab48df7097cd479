"""Values: what becomes of every type of value and column, seen through a stream."""

import datetime as dt
import enum
import json
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.streams.values import read_number
from support.records import stream, values


class Level(enum.IntEnum):
    HIGH = 2


class Colour(enum.Enum):
    RED = "red"


class Shade(enum.StrEnum):
    DARK = "dark"


class Origin(enum.Enum):
    NOWHERE = None


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
        (Decimal(10**18), "number", 1e18),
        (Decimal(10**18 + 1), "object", Decimal(10**18 + 1)),
        (Decimal("1e400"), "object", Decimal("1e400")),
        (Decimal("-Infinity"), "number", -math.inf),
        (np.array([0.31]), "number", 0.31),
        (np.array([[2]]), "number", 2.0),
        (np.array(["a"]), "text", "a"),
        (pd.Series([2.5]), "number", 2.5),
        (pl.Series([2.5]), "number", 2.5),
        (pa.scalar(2), "number", 2.0),
        (pa.scalar(None, pa.int8()), "number", None),
        (np.ma.masked, "number", None),
        (Level.HIGH, "number", 2.0),
        (Colour.RED, "text", "red"),
        (Shade.DARK, "text", "dark"),
        (Origin.NOWHERE, "number", None),
        (dt.timedelta(seconds=90), "object", dt.timedelta(seconds=90)),
        (np.timedelta64(90, "s"), "object", np.timedelta64(90, "s")),
        (np.array(["2026-01-01"], dtype="M8[ns]"), "object", np.datetime64("2026-01-01", "ns")),
        (dt.datetime(2026, 1, 1), "object", dt.datetime(2026, 1, 1)),
        (np.uint64(2**64 - 1), "object", 2**64 - 1),
        ("half \ud83d", "text", "half \ud83d"),
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


def test_in_a_field_of_objects_wrappers_are_what_is_in_them():
    s = stream(fields={"x": "object"})
    given_values = [
        np.float32(0.5),
        np.array([2]),
        Colour.RED,
        Level.HIGH,
        pa.scalar("a"),
        np.bool_(True),
        {"a": 1},
    ]
    for value in given_values:
        s.append(x=value)
    s.extend({"x": given_values})
    kept = s.read()["x"].tolist()
    assert kept == [0.5, 2, "red", 2, "a", True, {"a": 1}] * 2
    assert [type(value) for value in kept[:7]] == [float, int, str, int, str, bool, dict]


@pytest.mark.parametrize("shape", [(3, 1), (3, 1, 1)])
def test_a_column_of_arrays_of_one_is_a_column(shape):
    s = stream()
    s.extend({"loss": np.arange(3.0).reshape(shape)})
    s.extend({"loss": list(np.arange(3.0).reshape(shape))})
    assert values(s.read(), "loss") == [0.0, 1.0, 2.0] * 2


# Numbers of every kind


def test_a_field_that_began_with_words_has_its_numbers():
    s = stream()
    s.append(temp="unavailable")
    s.append(temp=21.5)
    s.append(temp=None)
    s.append(temp=22)
    assert (s.fields, s.read()["temp"].tolist()) == ({"temp": "object"}, ["unavailable", 21.5, None, 22])
    assert np.isnan(s.read().numbers("temp")).tolist() == [True, False, True, False]
    assert s.read().numbers("temp").tolist()[1::2] == [21.5, 22.0]


def test_what_is_kept_exactly_is_a_number_to_draw_and_compare():
    s = stream()
    s.extend(
        {
            "x": [
                10**18 + 1,
                -(10**400),
                10**400,
                dt.timedelta(minutes=1.5),
                np.timedelta64(90, "s"),
                True,
                Decimal("1.5"),
            ]
        }
    )
    assert s.fields == {"x": "object"}
    assert s.read()["x"].tolist()[:3] == [10**18 + 1, -(10**400), 10**400]
    assert s.read().numbers("x").tolist() == [1e18, -math.inf, math.inf, 90.0, 90.0, 1.0, 1.5]


def test_what_is_no_amount_is_no_number():
    s = stream()
    s.extend({"x": [b"", dt.datetime(2026, 1, 1), np.timedelta64(1, "M"), 1j, "5", [5], float]})
    assert np.isnan(s.read().numbers("x")).all()


integers = (
    st.integers() | st.integers(2**53 - 2, 2**53 + 2) | st.sampled_from([2**63, 2**64, 10**400, -(10**400)])
)


@given(st.lists(integers, min_size=1, max_size=6))
def test_every_integer_is_kept_exactly_by_every_way_in(given_values):
    one, many, rows = stream(), stream(), stream()
    for value in given_values:
        one.append(x=value)
    many.extend({"x": given_values})
    rows.extend([{"x": value} for value in given_values])
    for s in (one, many, rows):
        assert [int(value) for value in s.read()["x"]] == given_values


@given(
    st.lists(
        st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), st.decimals(), st.fractions()),
        min_size=1,
    )
)
def test_numbers_are_the_same_one_by_one_and_at_once(given_values):
    one, many = stream(), stream()
    for value in given_values:
        one.append(x=value)
    many.extend({"x": given_values})
    np.testing.assert_array_equal(one.read().numbers("x"), many.read().numbers("x"))


@given(st.lists(st.text(st.characters(codec=None)), min_size=1))
def test_every_text_is_kept_as_it_is(given_values):
    one, many = stream(), stream()
    for value in given_values:
        one.append(x=value)
    many.extend({"x": given_values})
    assert one.read()["x"].tolist() == many.read()["x"].tolist() == given_values


# Numbers as text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("63719.32", 63719.32),
        ("-0", 0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-5.", -5.0),
        ("+1.25", 1.25),
        ("+5", 5),
        ("+.5e-1", 0.05),
        (" 5\n", 5),
        ("12345678901234567890", 12345678901234567890),
    ],
)
def test_a_number_as_text_is_read(text, number):
    assert read_number(text) == number
    assert type(read_number(text)) is type(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nan",
        "inf",
        "1_000",
        "0x1",
        ".",
        "-",
        "+",
        ".e5",
        "٣",
        "1,5",
        "5 %",
        "--5",
        "+-5",
        "\ud83d",
        "007",
        "+007",
    ],
)
def test_other_text_is_no_number(text):
    assert read_number(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_a_number_is_read_from_what_json_writes(number):
    assert read_number(json.dumps(number)) == number


@given(st.text(st.characters(codec=None)) | st.text("0123456789.eE+-", max_size=400))
def test_reading_a_number_never_raises(text):
    found = read_number(text)
    assert found is None or found == (int(text) if isinstance(found, int) else float(text))
