"""Limits: which values reach a threshold, and which clear it."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from realtime_widgets.alerts.limits import CLEAR, NEITHER, REACHED, limit_of, number_text
from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.streams import Stream
from realtime_widgets.streams.columns import object_array

NAN, INF = float("nan"), float("inf")
R, N, C = REACHED, NEITHER, CLEAR


@pytest.mark.parametrize(
    ("limit", "values", "codes"),
    [
        (limit_of(0.9), [0.89, 0.9, 0.91, NAN, INF, -INF], [C, R, R, N, R, C]),
        (limit_of(0.9, hysteresis=0.1), [0.79, 0.8, 0.85, 0.9], [C, N, N, R]),
        (limit_of(5, above=False), [5.1, 5.0, 4.0, NAN], [C, R, R, N]),
        (limit_of(5, above=False, hysteresis=1), [6.1, 6.0, 5.5, 5.0], [C, N, N, R]),
        (limit_of((2, 8)), [1.9, 2.0, 5.0, 8.0, 8.1, NAN], [R, C, C, C, R, N]),
        (limit_of((2, 8), hysteresis=1), [1.9, 2.5, 3.0, 7.0, 7.5, 9.0], [R, N, C, C, N, R]),
        (limit_of([2, 8], inside=True), [1.9, 2.0, 8.0, 8.1, INF, NAN], [C, R, R, C, C, N]),
        (limit_of((2, 8), inside=True, hysteresis=1), [0.9, 1.0, 1.5, 2.0, 9.0, 9.1], [C, N, N, R, N, C]),
        (limit_of((2, 8), hysteresis=3), [5.0, 5.1], [C, N]),
    ],
)
def test_values_reach_it_clear_it_or_do_neither(limit, values, codes):
    assert limit.codes(np.array(values)).tolist() == codes
    assert limit.codes(object_array(values)).tolist() == codes


def test_integers_beyond_float64_are_told_apart():
    limit = limit_of(2**53 + 1, hysteresis=2)
    assert limit.codes(object_array([2**53 - 2, 2**53, 2**53 + 1, 2**60, None, "x"])).tolist() == [
        C,
        N,
        R,
        R,
        N,
        N,
    ]
    assert limit_of(Decimal(2**70 + 1)).codes(object_array([2**70, Decimal(2**70 + 1)])).tolist() == [C, R]
    assert limit_of((2**60, 2**60 + 2)).codes(
        object_array([2**60 - 1, 2**60, 2**60 + 2, 2**60 + 3])
    ).tolist() == [
        R,
        C,
        C,
        R,
    ]


def test_spans_of_time_are_compared_in_seconds_and_fractions_as_numbers():
    assert limit_of(60).codes(object_array([dt.timedelta(minutes=2), dt.timedelta(seconds=59)])).tolist() == [
        R,
        C,
    ]
    stream = Stream()
    stream.extend([Fraction(1, 3), Decimal("0.4"), True])
    assert limit_of(Fraction(1, 3)).codes(stream["value"]).tolist() == [R, R, R]


@pytest.mark.parametrize(
    ("arguments", "error", "complaint"),
    [
        ({"value": "0.9"}, WrongType, "is of type str; pass a number, or a band"),
        ({"value": None}, WrongType, "is of type NoneType"),
        ({"value": True}, WrongType, "is of type bool"),
        ({"value": dt.timedelta(seconds=5)}, WrongType, "is of type timedelta; pass its seconds"),
        ({"value": np.timedelta64(5, "s")}, WrongType, "is of type timedelta"),
        ({"value": 1, "hysteresis": np.timedelta64(5, "s")}, WrongType, "is of type timedelta"),
        ({"value": "0.9"}, WrongType, "^threshold '0.9' cannot be used: it is of type str; pass a number"),
        ({"value": NAN}, UsageError, "not finite"),
        ({"value": 10**400}, UsageError, "not finite, or too large"),
        ({"value": (1, 2, 3)}, UsageError, "a band has two numbers"),
        ({"value": (1, "2")}, WrongType, "'2' in threshold .1, '2'. cannot be used: it is of type str"),
        ({"value": (2, 1)}, UsageError, "upside down"),
        ({"value": (1, 1)}, UsageError, "upside down or empty"),
        ({"value": (1, 2), "above": False}, UsageError, "a band has two sides"),
        ({"value": 1, "inside": True}, UsageError, "pass a band"),
        ({"value": 1, "above": "no"}, WrongType, "pass True or False"),
        ({"value": 1, "hysteresis": -0.1}, UsageError, "negative"),
        ({"value": 1, "hysteresis": "1"}, WrongType, "hysteresis='1'"),
        ({"value": (1, 2), "hysteresis": 0.6}, UsageError, "less than half of its width"),
    ],
)
def test_what_cannot_be_a_limit_is_refused(arguments, error, complaint):
    with pytest.raises(error, match=complaint):
        limit_of(**arguments)


def test_it_says_what_reaches_it_and_what_does_not():
    said = [(limit.text(), limit.back()) for limit in (limit_of(0.9), limit_of(np.float32(5), above=False))]
    assert said == [("≥ 0.9", "below 0.9"), ("≤ 5", "above 5")]
    assert (limit_of((2, 8)).text(), limit_of((2, 8)).back()) == ("< 2 or > 8", "within 2 – 8")
    assert (limit_of((2, 8), inside=True).text(), limit_of((2, 8), inside=True).back()) == (
        "2 – 8",
        "outside of 2 – 8",
    )
    assert number_text(0.9530000001) == "0.953"
    assert number_text(2**53 + 1) == "9007199254740993"


def test_pages_are_told_floats_whatever_was_given():
    assert limit_of(np.array([1, Decimal("2.5")], dtype=object)).wire() == {
        "kind": "outside",
        "bounds": [1.0, 2.5],
        "text": "< {0} / > {1}",
    }
    assert limit_of(Decimal("0.9")).threshold == Decimal("0.9")
    assert limit_of((1, 2)).threshold == (1, 2)
