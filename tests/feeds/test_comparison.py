"""What a number is compared with, as it is asked for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from realtime_widgets.errors import UsageError
from realtime_widgets.feeds.comparison import REDUCERS, Comparison, checked_reduce, to_comparison


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("window", Comparison("window")),
        ("previous", Comparison("previous")),
        (None, Comparison("none")),
        (0.5, Comparison("value", 0.5)),
        (300, Comparison("value", 300.0)),
        (-0.0, Comparison("value", -0.0)),
        (np.float32(0.5), Comparison("value", 0.5)),
        (Decimal("0.5"), Comparison("value", 0.5)),
        ("5min", Comparison("ago", 300.0)),
        ("PT5M", Comparison("ago", 300.0)),
        (dt.timedelta(minutes=5), Comparison("ago", 300.0)),
        (np.timedelta64(5, "m"), Comparison("ago", 300.0)),
        (Comparison("ago", 2.0), Comparison("ago", 2.0)),
    ],
)
def test_a_number_is_a_baseline_and_a_duration_a_time_ago(asked: Any, meant: Comparison):
    assert to_comparison(asked) == meant
    assert to_comparison(asked).page() == {"kind": meant.kind, "value": meant.value}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("previus", "did you mean 'previous'"),
        ("0.5", 'pass "window", "previous", a number to compare with, a duration such as "5min", or None'),
        ("", "compare='' cannot be used"),
        ("\ud800", "cannot be used"),
        (True, "compare=True cannot be used"),
        ([1], "cannot be used; pass"),
        (float("nan"), "a number to compare with is finite"),
        (10**400, "a number to compare with is finite"),
        ("0s", "pass a duration from 0.1 to 3.2e"),
        (dt.timedelta(seconds=-5), "pass a duration from 0.1 to 3.2e"),
    ],
)
def test_what_nothing_can_be_compared_with_says_what_can(asked: Any, why: str):
    with pytest.raises(UsageError, match=why):
        to_comparison(asked)


def test_a_reducer_is_one_of_those_there_are():
    assert [checked_reduce(name) for name in REDUCERS] == list(REDUCERS)
    with pytest.raises(UsageError, match="did you mean 'mean'"):
        checked_reduce("meen")
    with pytest.raises(UsageError, match="pass one of 'last', 'mean', 'max', 'min', 'sum', 'rate'"):
        checked_reduce(None)
