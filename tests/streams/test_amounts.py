"""Durations and counts as users pass them: one reading for all settings, and refusals that help."""

import contextlib
import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realtime_widgets.errors import UsageError, WrongType, shown
from realtime_widgets.streams.amounts import to_count, to_duration


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (300, 300.0),
        (0.5, 0.5),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3.0),
        (np.array(3.0), 3.0),
        (Decimal("1.5"), 1.5),
        (Fraction(1, 4), 0.25),
        (dt.timedelta(minutes=5), 300.0),
        (np.timedelta64(5, "m"), 300.0),
        (np.timedelta64(1500, "ms"), 1.5),
        (np.array(5, dtype="m8[m]"), 300.0),
        (pd.Timedelta("5min"), 300.0),
        ("5min", 300.0),
        ("5 minutes", 300.0),
        ("5m", 300.0),
        ("1h30m", 5400.0),
        ("1 h 30 min", 5400.0),
        ("500ms", 0.5),
        ("250 us", 250e-6),
        ("250µs", 250e-6),
        ("2d", 172_800.0),
        ("2D", 172_800.0),
        ("1.5h", 5400.0),
        (".5s", 0.5),
        ("1 week", 604_800.0),
        ("PT5M", 300.0),
        ("P1DT2H", 93_600.0),
        ("PT0.5S", 0.5),
    ],
    ids=repr,
)
def test_a_duration_in_any_form_is_seconds(value, seconds):
    found = to_duration(value, "window")
    assert (found, type(found)) == (pytest.approx(seconds, rel=1e-12), float)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "5",
        "min",
        "5 parsecs",
        "5M",
        "1h30",
        "-5min",
        "5min!",
        "P",
        "PT",
        "٣s",
        "\ud83d",
        "\0",
        "1" * 500 + "q",
    ],
)
def test_a_text_that_is_no_duration_is_refused_with_examples(value):
    with pytest.raises(UsageError, match=r"^max_age cannot be .*90s.*5min"):
        to_duration(value, "max_age")


@pytest.mark.parametrize("value", [None, True, [5], {}, b"5s", dt.date(2026, 1, 1), object, pd.NaT])
def test_another_type_is_refused_and_named(value):
    with pytest.raises(WrongType, match=f"window cannot be .*of type {type(value).__name__}"):
        to_duration(value, "window")


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        10**400,
        10**5000,
        Decimal("sNaN"),
        np.timedelta64("NaT"),
        np.timedelta64(5, "M"),
        np.timedelta64(5),
        "9" * 400 + "s",
    ],
    ids=lambda value: shown(value, 20),
)
def test_what_has_no_length_is_refused(value):
    with pytest.raises(UsageError):
        to_duration(value, "window")


def test_bounds_are_checked_and_said():
    assert to_duration(0, "every") == 0.0
    with pytest.raises(UsageError, match=r"every cannot be -1: that is -1 s; pass a duration 0 or more"):
        to_duration(-1, "every")
    with pytest.raises(UsageError, match=r"window cannot be '0s': that is 0 s; pass a duration above 0"):
        to_duration("0s", "window", above=0.0)
    with pytest.raises(UsageError, match=r"0\.1 or more"):
        to_duration(dt.timedelta(milliseconds=50), "every", least=0.1)


@given(st.timedeltas(min_value=dt.timedelta(0)))
def test_a_timedelta_and_what_pandas_writes_of_it_are_the_same(value):
    assert to_duration(value, "window") == value.total_seconds()
    if value.days < 100_000:
        assert to_duration(pd.Timedelta(value).isoformat(), "w") == pytest.approx(
            value.total_seconds(), rel=1e-9
        )


@given(st.text() | st.text(alphabet="0123456789.hms PTDM\ud83d\0"))
@example("\ud83d5min")
def test_no_text_raises_anything_but_what_says_so(text):
    with contextlib.suppress(UsageError):
        assert to_duration(text, "window") >= 0


def test_a_count_is_a_whole_number():
    assert [to_count(value, "limit") for value in (0, 5, 1e5, np.int64(3), Fraction(4))] == [
        0,
        5,
        100_000,
        3,
        4,
    ]
    assert type(to_count(np.int64(3), "limit")) is int
    for value in ("ten", None, True, [1], 1j, b"1"):
        with pytest.raises(
            WrongType, match=f"limit cannot be .*of type {type(value).__name__}; pass 1 or more"
        ):
            to_count(value, "limit", least=1)
    for value in (0, -1, 1.5, math.nan, math.inf, Fraction(10**400, 3)):
        with pytest.raises(UsageError, match=r"limit cannot be .*pass 1 or more"):
            to_count(value, "limit", least=1)
