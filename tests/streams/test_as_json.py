"""Values: what programs log becomes JSON, or is left out and said so."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.errors import WrongType
from realtime_widgets.streams.as_json import encode_record, rows_of, to_json
from realtime_widgets.streams.intake import intake

NOW = 1_795_456_052.25


class Color(enum.Enum):
    RED = 3


@dataclasses.dataclass
class Point:
    x: float
    y: Any = None


class Tensor:
    """As of torch: no scalar of Python's or numpy's, but with shape and item()."""

    def __init__(self, values: list[Any], shape: tuple[int, ...]) -> None:
        self._values, self.shape = values, shape

    def item(self) -> Any:
        return self._values[0]

    def tolist(self) -> Any:
        return self._values


def sent(**fields: Any) -> dict[str, Any]:
    raw, left_out = encode_record(fields, NOW)
    found: dict[str, Any] = json.loads(raw)
    assert found.pop("ts") == NOW
    assert left_out == []
    return found


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.5, 0.5),
        (5, 5),
        (True, True),
        (None, None),
        ("text", "text"),
        (math.nan, None),
        (-math.inf, None),
        (np.float32(0.5), 0.5),
        (np.float64("nan"), None),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array([[3.5]]), 3.5),
        (np.arange(3), [0, 1, 2]),
        (np.array([1.0, math.nan]), [1.0, None]),
        (Tensor([0.25], ()), 0.25),
        (Tensor([1.0, 2.0], (2,)), [1.0, 2.0]),
        (decimal.Decimal("1.50"), 1.5),
        (decimal.Decimal("NaN"), None),
        (decimal.Decimal("sNaN"), None),
        (fractions.Fraction(1, 4), 0.25),
        pytest.param(10**400, 10**400, id="large"),
        (fractions.Fraction(10**400), None),
        (Color.RED, 3),
        (dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC), "2026-11-29T12:00:00+00:00"),
        (pd.Timestamp("2026-11-29 12:00"), "2026-11-29T12:00:00"),
        (np.datetime64("2026-11-29T12:00:00.000000001"), "2026-11-29T12:00:00.000000001"),
        (np.datetime64("NaT"), None),
        (pd.NaT, None),
        (pd.NA, None),
        (dt.timedelta(minutes=1), 60.0),
        (np.timedelta64(1500, "ms"), 1.5),
        (b"bytes \xff", "bytes \ufffd"),
        ("half \ud83d", "half \ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ({"deep": [np.float32(1), {"er": decimal.Decimal(2)}]}, {"deep": [1.0, {"er": 2.0}]}),
        ({1: {(1, 2): "a\ud800"}}, {"1": {"(1, 2)": "a\ufffd"}}),
        ((1, 2), [1, 2]),
        ({7}, [7]),
        (Point(1.0, np.int8(2)), {"x": 1.0, "y": 2}),
        (pd.Series([1.0, None]), [1.0, None]),
    ],
)
def test_a_value_is_sent_as_json_has_it(value: Any, said: Any):
    assert sent(v=value) == {"v": said}


def test_names_are_text_that_utf8_can_encode():
    raw, _ = encode_record({"a\ud800": 1, 2: 3}, NOW)  # type: ignore[dict-item]
    assert json.loads(raw) == {"a\ufffd": 1, "2": 3, "ts": NOW}


def circle() -> Any:
    found: list[Any] = []
    found.append(found)
    return found


class Broken:
    shape = property(lambda self: 1 / 0)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (object(), "a value of type object is nothing that JSON has"),
        (circle(), "it is nested too deeply, or holds itself"),
        (Broken(), "a value of type Broken raised ZeroDivisionError"),
        pytest.param(10**5000, "a value of type int raised ValueError", id="endless"),
        (1j, "a value of type complex is nothing that JSON has"),
    ],
)
def test_what_json_has_no_words_for_is_left_out_with_the_reason(value: Any, why: str):
    raw, left_out = encode_record({"good": 1, "bad": value}, NOW)
    assert json.loads(raw) == {"good": 1, "ts": NOW}
    assert [name for name, _ in left_out] == ["bad"]
    assert left_out[0][1].startswith(why)
    with pytest.raises(WrongType, match="a record cannot be sent"):
        encode_record({"bad": value}, NOW)


def test_the_rows_of_columns_are_records_without_what_they_leave_out():
    columns = {"i": [1, 2], "x": np.array([0.5, math.nan]), "ok": [True, False], "s": ["a", None]}
    assert [to_json(row) for row in rows_of(intake(columns, None))] == [
        {"i": 1, "x": 0.5, "ok": True, "s": "a"},
        {"i": 2, "x": None, "ok": False, "s": None},
    ]
    sparse: list[dict[str, Any]] = [{"a": 1}, {"b": "x"}, {"a": None}]
    assert [to_json(row) for row in rows_of(intake(sparse, None))] == [{"a": 1}, {"b": "x"}, {"a": None}]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals() | st.binary() | st.complex_numbers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(st.dictionaries(st.text(), VALUES, min_size=1, max_size=3))
def test_whatever_it_is_strict_json_comes_out_or_a_reason(fields: dict[str, Any]):
    try:
        raw, left_out = encode_record(fields, NOW)
    except WrongType:
        return
    found = json.loads(raw.decode(), parse_constant=lambda _: pytest.fail("NaN is no JSON"))
    assert len(found) + len(left_out) <= len(fields) + 1
