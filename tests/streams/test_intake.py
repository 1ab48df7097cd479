"""The intake: records, tables and times in every form that users have them in."""

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from realtime_widgets.errors import BadTime, UsageError, WrongLength
from realtime_widgets.streams.intake import MISSING, data_or_record
from support.records import NOW, everything, stream, values

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


# Times of a table

DAYS = [dt.datetime(2026, 1, day, tzinfo=dt.UTC) for day in (1, 2)]
SECONDS = [day.timestamp() for day in DAYS]


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame({"v": [1, 2], "when": DAYS}),
        pd.DataFrame({"v": [1, 2], "when": DAYS}).astype({"when": object}),
        pd.DataFrame({"v": [1, 2], "when": DAYS}).convert_dtypes(dtype_backend="pyarrow"),
        pd.DataFrame({"v": [1, 2]}, index=DAYS),
        pd.DataFrame({"v": [1, 2]}, index=pd.PeriodIndex(["2026-01-01", "2026-01-02"], freq="D")),
        pd.DataFrame({"v": [1, 2]}, index=pd.Index([day.date() for day in DAYS])),
        pd.DataFrame({"v": [1, 2]}, index=pd.MultiIndex.from_arrays([["a", "b"], DAYS])),
        pd.Series([1, 2], index=DAYS),
        pl.DataFrame({"v": [1, 2], "when": DAYS}),
        pl.DataFrame({"v": [1, 2], "when": [day.date() for day in DAYS]}),
        pa.table({"v": [1, 2], "when": DAYS}),
        pa.table({"v": [1, 2], "when": [day.date() for day in DAYS]}),
        {"v": [1, 2], "when": DAYS},
        {"v": [1, 2], "when": np.array(["2026-01-01", "2026-01-02"], dtype="M8[D]")},
        [{"v": 1, "when": DAYS[0]}, {"v": 2, "when": DAYS[1]}],
    ],
    ids=lambda data: f"{type(data).__module__}.{type(data).__name__}",
)
def test_the_index_or_the_only_column_of_times_is_the_time_of_a_table(data):
    s = stream(tz="UTC")
    s.extend(data)
    assert s.read().ts.tolist() == SECONDS
    assert len(s.fields) == 1
    assert values(s.read(), next(iter(s.fields))) == [1.0, 2.0]


def test_an_index_of_spans_is_a_clock_of_its_own_in_seconds():
    for index in (
        pd.to_timedelta([0, 1500], unit="ms"),
        pd.Index([dt.timedelta(0), dt.timedelta(seconds=1.5)]),
    ):
        s = stream()
        s.extend(pd.DataFrame({"v": [1, 2]}, index=index))
        s.append(v=3, ts=dt.timedelta(seconds=2))
        s.extend({"v": [4]}, ts=np.array([2500], dtype="m8[ms]"))
        assert s.read().ts.tolist() == [0.0, 1.5, 2.0, 2.5]


def test_of_intervals_of_time_in_the_index_the_beginning_is_the_time():
    s = stream()
    s.extend(
        pd.DataFrame({"v": [1, 2]}, index=pd.IntervalIndex.from_breaks(pd.date_range(DAYS[0], periods=3)))
    )
    assert s.read().ts.tolist() == SECONDS
    s.extend(pd.DataFrame({"v": [1, 2]}, index=pd.interval_range(0, 2)))
    assert s.read().ts.tolist()[2:] == [NOW, NOW]


def test_of_several_levels_of_times_one_must_be_named():
    index = pd.MultiIndex.from_arrays([DAYS[::-1], DAYS], names=["issued", "valid"])
    frame = pd.DataFrame({"v": [1, 2]}, index=index)
    with pytest.raises(UsageError, match="2 of 'issued', 'valid' hold times; pass one"):
        stream().extend(frame)
    s = stream()
    s.extend(frame, ts="valid")
    s.extend(frame.assign(ts=[5.0, 6.0]))
    assert s.read().ts.tolist() == [*SECONDS, 5.0, 6.0]


def test_columns_with_an_index_of_times_have_these_and_only_these():
    a, b = (pd.Series([1, 2], index=DAYS) for _ in range(2))
    later = pd.Series([3, 4], index=[day + dt.timedelta(1) for day in DAYS])
    s = stream()
    s.extend({"a": a, "b": b, "c": [5, 6]})
    assert s.read().ts.tolist() == SECONDS
    with pytest.raises(
        UsageError, match=r"'a' and 'c' have other times .*; align them first, pandas\.DataFrame"
    ):
        s.extend({"a": a, "b": [1, 2], "c": later})
    s.extend({"ts": [5.0, 6.0], "a": a, "c": later})
    s.extend({"a": a, "c": later}, ts=7.0)
    s.extend({"a": pd.Series([1, 2], index=[5, 6])})
    assert s.read().ts.tolist() == [*SECONDS, 5.0, 6.0, 7.0, 7.0, NOW, NOW]


def test_other_indices_are_none():
    s = stream()
    s.extend(pd.DataFrame({"v": [1, 2]}, index=["a", "b"]))
    s.extend(pd.DataFrame({"v": [1]}, index=[5]))
    assert s.read().ts.tolist() == [NOW] * 3


def test_of_several_columns_of_times_one_must_be_named():
    frame = pd.DataFrame({"v": [1, 2], "open": DAYS, "close": DAYS})
    s = stream()
    with pytest.raises(
        UsageError, match=r"'open', 'close' hold times; say which, stream\.extend\(data, ts='open'\)"
    ):
        s.extend(frame)
    s.extend(frame, ts="close")
    assert (s.read().ts.tolist(), s.fields) == (SECONDS, {"v": "number", "open": "object"})
    s = stream()
    s.extend(frame, ts=5.0)
    assert (s.read().ts.tolist(), list(s.fields)) == ([5.0, 5.0], ["v", "open", "close"])


@pytest.mark.parametrize("data", [{"v": [1, 2], "t": [5.0, 6.0]}, [{"v": 1, "t": 5.0}, {"v": 2, "t": 6.0}]])
def test_a_column_may_be_named_as_the_time_whatever_it_holds(data):
    s = stream()
    s.extend(data, ts="t")
    assert (s.read().ts.tolist(), list(s.fields)) == ([5.0, 6.0], ["v"])
    with pytest.raises(BadTime, match=r"no column 'tt' .*the data have 'v', 't'; did you mean 't'"):
        s.extend(data, ts="tt")
    with pytest.raises(BadTime, match=r"'yesterday' is not a moment: .*, or the name of a column$"):
        s.extend(data, ts="yesterday")


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([5.0, 6.0], name="time"),
        pd.to_datetime(pd.Index([5.0, 6.0], name="time"), unit="s", utc=True),
        pd.MultiIndex.from_arrays([["a", "b"], [5, 6]], names=["host", "time"]),
    ],
)
def test_the_index_may_be_named_as_the_time_whatever_it_holds(index):
    for data in (pd.DataFrame({"v": [1, 2]}, index=index), pd.Series([1, 2], index=index)):
        s = stream()
        s.extend(data, ts="time")
        assert (s.read().ts.tolist(), len(s.fields)) == ([5.0, 6.0], 1)
        with pytest.raises(BadTime, match=r"no column 'tme' .*; did you mean 'time'"):
            s.extend(data, ts="tme")


def test_a_column_of_the_name_of_the_index_is_the_time():
    s = stream()
    s.extend(pd.DataFrame({"v": [1, 2], "t": [7, 8]}, index=pd.Index([5, 6], name="t")), ts="t")
    assert s.read().ts.tolist() == [7.0, 8.0]


def test_a_column_of_times_that_is_a_field_already_stays_one():
    for s in (stream(), stream(fields={"v": "number", "due": "object"})):
        s.append(v=1, due=DAYS[0])
        s.extend({"v": [2, 3], "due": DAYS})
        assert (s.read().ts.tolist(), s.read()["due"].tolist()) == ([NOW] * 3, [DAYS[0], *DAYS])
    s = stream()
    s.extend({"due": DAYS})
    assert s.read()["due"].tolist() == DAYS, "and so does one that is alone"


def test_a_missing_time_among_those_of_a_table_is_refused():
    for data in (
        pd.DataFrame({"v": [1, 2], "when": [DAYS[0], None]}),
        pa.table({"v": [1, 2], "when": [DAYS[0], None]}),
    ):
        with pytest.raises(BadTime, match="missing"):
            stream().extend(data)


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
        lambda s: s.append(pa.table({"a": [1]})),
        lambda s: s.append(pl.Series([1.0, 2.0])),
        lambda s: s.append(pa.array([1.0, 2.0])),
        lambda s: s.extend(pa.table([[1], [2]], names=["a", "a"])),
        lambda s: s.extend([1.0], ts="yesterday"),
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
        lambda s: s.extend(pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")]))),
        lambda s: s.extend([pd.DataFrame({"a": [1]})]),
        lambda s: s.extend([pd.Series([1.0, 2.0], index=DAYS)]),
        lambda s: s.extend([np.zeros(2), np.zeros(2)]),
        lambda s: s.extend(bytearray(b"ab")),
        lambda s: s.extend({"a": bytearray(b"ab")}),
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


def test_what_is_published_is_data_or_the_fields_of_a_record():
    assert data_or_record(None, {}, ()) is None
    assert data_or_record(MISSING, {"loss": 0.5}, ()) == {"loss": 0.5}
    for data, fields in ((MISSING, {}), (None, {"loss": 0.5})):
        with pytest.raises(UsageError):
            data_or_record(data, fields, ())
