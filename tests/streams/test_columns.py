"""Columns: the kind of each value, and a ring that at any size reads like the tail of a list."""

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.streams.columns import MISFIT, Column, as_numbers, differences, object_array, scalar


@pytest.mark.parametrize(
    ("value", "kind", "stored"),
    [
        (0.5, "number", 0.5),
        (np.array(2), "number", 2.0),
        ("a", "text", "a"),
        (2**53 + 1, "object", 2**53 + 1),
        (b"a", "object", b"a"),
    ],
    ids=repr,
)
def test_a_value_has_a_kind_and_fits_the_columns_of_it_and_of_objects(value, kind, stored):
    assert scalar(value) == (kind, stored)
    assert Column(kind, 0).fit(value) == stored
    assert Column("object", 0).fit(value) == value
    for other in {"number", "text"} - {kind}:
        assert Column(other, 0).fit(value) is MISFIT


@pytest.mark.parametrize("value", [None, math.nan, np.datetime64("NaT")], ids=repr)
def test_a_missing_value_fits_everywhere_as_what_is_nothing_there(value):
    assert math.isnan(Column("number", 0).fit(value))
    assert Column("text", 0).fit(value) is None
    assert Column("object", 0).fit(value) is None


def test_whatever_is_no_number_is_nan_among_numbers():
    numbers = np.array([1.0, 2.0])
    assert as_numbers(numbers) is numbers
    assert as_numbers(np.array([1, True], dtype=object)).tolist() == [1.0, 1.0]
    assert np.isnan(as_numbers(np.array(["2", None, b""], dtype=object))).all()


@given(st.integers(1, 9), st.integers(1, 30), st.integers(0, 9), st.data())
def test_a_column_holds_its_records_wherever_they_lie(capacity, first, grown, data):
    column = Column("number", capacity)
    count = data.draw(st.integers(0, capacity))
    last = first + count - 1
    column.write(first, np.arange(first, last + 1, dtype=float))
    wanted = [float(seq) for seq in range(first, last + 1)]
    assert column.read(first, last).tolist() == wanted
    assert column.widened("object", first, last).read(first, last).tolist() == wanted
    column.grow(first, last, capacity + grown)
    assert (len(column.array), column.read(first, last).tolist()) == (capacity + grown, wanted)
    if count:
        missing = data.draw(st.integers(first, last))
        column.fill(missing, last)
        read = column.read(first, last)
        assert np.isnan(read[missing - first :]).all()
        assert read[: missing - first].tolist() == wanted[: missing - first]


def test_a_column_that_is_large_enough_is_left_alone():
    column = Column("text", 4)
    array = column.array
    column.grow(1, 0, 3)
    assert column.array is array


@pytest.mark.parametrize("origin", [0, 10**18, -(10**18), 2**63 + 1, 10**30])
def test_differences_to_a_whole_number_are_exact_where_float64_can_hold_them(origin):
    given = [
        origin + 3,
        Decimal(f"{origin}.5") if origin >= 0 else origin + Fraction(1, 2),
        Fraction(origin) - 2,
        origin,
        None,
        "text",
        10**400,
    ]
    found = differences(object_array(given), origin)
    np.testing.assert_array_equal(found, [3.0, 0.5, -2.0, 0.0, math.nan, math.nan, math.inf])
    whole = differences(object_array([origin + i for i in range(4)]), origin)
    assert whole.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_differences_of_floats_and_of_spans_are_those_of_their_numbers():
    floats = np.array([1e18, 1e18 + 256, 2.0**53, math.nan, math.inf])
    found = differences(floats, 10**18 + 1)
    np.testing.assert_array_equal(found, [-1.0, 255.0, float(2**53 - 10**18 - 1), math.nan, math.inf])
    spans = object_array([dt.timedelta(seconds=7), Decimal("sNaN"), Decimal("1e999999"), 2.5])
    np.testing.assert_array_equal(differences(spans, 5), [2.0, math.nan, math.inf, -2.5])


def test_differences_of_floats_among_others_are_exact_too():
    origin = 2**53 + 1
    assert differences(object_array([2.0**53, origin, "text"]), origin).tolist()[:2] == [-1.0, 0.0]
