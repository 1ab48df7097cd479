"""The intake: records, tables and times in every form that users have them in."""

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest

from realtime_widgets.errors import UsageError, WrongLength
from support.records import NOW, everything, stream

# Records


def test_fields_and_mappings_and_times_are_taken():
    s = stream()
    s.append(cpu=0.4, host="a1", ts=5.0)
    s.append({"cpu": 0.5, "host": "a2", "ts": dt.datetime.fromtimestamp(6.0)})
    s.append({"cpu": 0.6}, ts=7)
    s.append(cpu=0.7)
    assert s.read().rows() == [
        {"ts": 5.0, "cpu": 0.4, "host": "a1"},
        {"ts": 6.0, "cpu": 0.5, "host": "a2"},
        {"ts": 7.0, "cpu": 0.6},
        {"ts": NOW, "cpu": 0.7},
    ]


# Tables


@pytest.mark.parametrize(
    "data",
    [
        {"ts": [1.0, 2.0], "cpu": [0.5, 1.0], "host": ["a", None]},
        {
            "ts": np.array([1, 2]),
            "cpu": np.array([0.5, 1.0], dtype="f4"),
            "host": np.array(["a", None], dtype=object),
        },
        {"ts": (1.0, 2.0), "cpu": (Fraction(1, 2), True), "host": ("a", math.nan)},
        [{"ts": 1.0, "cpu": 0.5, "host": "a"}, {"ts": 2.0, "cpu": 1.0, "host": None}],
        ({"ts": 1.0, "cpu": 0.5, "host": "a"}, {"cpu": 1.0, "ts": 2.0, "host": pd.NA}),
        pd.DataFrame({"ts": [1.0, 2.0], "cpu": [0.5, 1.0], "host": ["a", None]}),
        pd.DataFrame(
            {"cpu": [0.5, 1.0], "host": ["a", None]}, index=pd.to_datetime([1, 2], unit="s", utc=True)
        ),
        pd.DataFrame({"ts": [1.0, 2.0], "cpu": [0.5, 1.0], "host": ["a", None]}).convert_dtypes(),
        pl.DataFrame({"ts": [1.0, 2.0], "cpu": [0.5, 1.0], "host": ["a", None]}),
        pl.DataFrame({"ts": [1.0, 2.0], "cpu": [Decimal("0.5"), Decimal(1)], "host": ["a", None]}),
        pd.DataFrame({"ts": [1.0, 2.0], "cpu": [0.5, 1.0], "host": pd.Categorical(["a", None])}),
        pl.DataFrame(
            {"ts": [1.0, 2.0], "cpu": [0.5, 1.0], "host": pl.Series(["a", None], dtype=pl.Categorical)}
        ),
    ],
    ids=lambda data: type(data).__module__ + "." + type(data).__name__,
)
def test_every_table_gives_the_same_records(data):
    s = stream()
    assert s.extend(data) == 2
    assert s.fields == {"cpu": "number", "host": "text"}
    assert s.read().rows() == [{"ts": 1.0, "cpu": 0.5, "host": "a"}, {"ts": 2.0, "cpu": 1.0, "host": None}]


@pytest.mark.parametrize(
    "data", [{}, [], (), {"a": []}, {"ts": [], "a": []}, np.array([]), pd.DataFrame(), pl.DataFrame()]
)
def test_empty_data_appends_nothing(data):
    s = stream()
    s.append(1.0)
    assert s.extend(data) == 1
    assert (len(s), s.fields) == (1, {"value": "number"})


def test_records_without_a_time_are_now():
    s = stream()
    s.extend([{"a": 1, "ts": 5.0}, {"a": 2}, {"a": 3, "ts": None}])
    s.extend({"a": [4, 5]})
    s.extend([{"a": 6}], ts=7.0)
    s.extend({"a": [8]}, ts=[8])
    assert s.read().ts.tolist() == [5.0, NOW, NOW, NOW, NOW, 7.0, 8.0]


def test_rows_and_frames_go_back_in():
    s, other = stream(), stream()
    s.extend([{"a": 1, "b": "x", "ts": 1.5}, {"a": None, "ts": 2.5}])
    for form in (s.read().rows(), s.to_pandas(), s.to_polars()):
        other.clear()
        other.extend(form)
        assert everything(other)[4:] == everything(s)[4:]


# What is refused


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.append(),
        lambda s: s.append({}),
        lambda s: s.append({"ts": 1.0}),
        lambda s: s.append(1.0, cpu=2.0),
        lambda s: s.append({"cpu": 1.0, "ts": 1.0}, ts=2.0),
        lambda s: s.append([1.0, 2.0]),
        lambda s: s.append(np.zeros(3)),
        lambda s: s.append(pd.DataFrame({"a": [1]})),
        lambda s: s.append(pl.DataFrame({"a": [1]})),
        lambda s: s.append({1: 2.0}),
        lambda s: s.append({"": 2.0}),
        lambda s: s.append(seq=1),
        lambda s: s.append(1.0, ts="now"),
        lambda s: s.append(1.0, ts=NOW * 1e3),
        lambda s: s.append(new="text", ts=math.nan),
        lambda s: s.extend(5.0),
        lambda s: s.extend("text"),
        lambda s: s.extend(None),
        lambda s: s.extend(iter([1.0])),
        lambda s: s.extend([(1.0, 2.0)]),
        lambda s: s.extend([{"a": 1}, 5]),
        lambda s: s.extend(np.zeros((2, 2))),
        lambda s: s.extend({"a": np.zeros((2, 2))}),
        lambda s: s.extend({"a": 5.0}),
        lambda s: s.extend({"a": "text"}),
        lambda s: s.extend({"a": {1: 2}}),
        lambda s: s.extend({"a": [1.0], "b": [1.0, 2.0]}),
        lambda s: s.extend({"a": [1.0], "ts": [1.0, 2.0]}),
        lambda s: s.extend({"a": [1.0], "ts": [math.nan]}),
        lambda s: s.extend({"a": [1.0], "ts": [1.0]}, ts=[2.0]),
        lambda s: s.extend({"ts": [1.0]}),
        lambda s: s.extend({"a": [1.0], 5: [1.0]}),
        lambda s: s.extend({"a": [1.0], "seq": [1.0]}),
        lambda s: s.extend(pd.DataFrame([[1, 2]], columns=["a", "a"])),
        lambda s: s.extend(pd.DataFrame([[1, 2]])),
    ],
)
def test_bad_input_raises_and_writes_nothing(call):
    s = stream()
    s.extend({"value": [1.0, 2.0], "host": ["a", "b"], "ts": [1.0, 2.0]})
    before = everything(s)
    with pytest.raises(UsageError) as caught:
        call(s)
    assert everything(s) == before
    assert str(caught.value).count(";") >= 1, "the sentence says what to do"


def test_the_message_about_unequal_lengths_names_the_columns():
    with pytest.raises(WrongLength, match="'cpu' has 3, 'mem' has 2 values"):
        stream().extend({"cpu": [1, 2, 3], "mem": [1, 2]})
