"""The stream: numbering, cursors, kinds, limits, and that nothing is ever half-written."""

import asyncio
import datetime as dt
import logging
import math
import threading
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_widgets.errors import (
    MissingDependency,
    UnknownField,
    UsageError,
    WrongLength,
    WrongType,
)
from realtime_widgets.streams import Stream

NOW = 1_795_000_000.0


def stream(**options):
    return Stream("cpu", clock=lambda: NOW, **options)


def values(batch, name="value"):
    """A column as a list that can be compared: NaN as None."""
    return [None if isinstance(v, float) and math.isnan(v) else v for v in batch[name].tolist()]


def everything(s):
    batch = s.read()
    return (
        s.first_seq,
        s.last_seq,
        s.fields,
        s.stats,
        batch.ts.tolist(),
        {n: values(batch, n) for n in s.fields},
    )


# Appending


def test_records_are_numbered_from_one():
    s = stream()
    assert [s.append(0.42), s.append(1.5), s.extend([2.0, 3.0])] == [1, 2, 4]
    assert (s.first_seq, s.last_seq, len(s), s.fields) == (1, 4, 4, {"value": "number"})
    assert values(s.read()) == [0.42, 1.5, 2.0, 3.0]


def test_fields_and_mappings_and_times_are_taken():
    s = stream()
    s.append(cpu=0.4, host="a1", ts=5.0)
    s.append({"cpu": 0.5, "host": "a2", "ts": dt.datetime.fromtimestamp(6.0)})
    s.append({"cpu": 0.6}, ts=7)
    s.append(cpu=0.7)
    assert s.read().rows() == [
        {"ts": 5.0, "cpu": 0.4, "host": "a1"},
        {"ts": 6.0, "cpu": 0.5, "host": "a2"},
        {"ts": 7.0, "cpu": 0.6, "host": None},
        {"ts": NOW, "cpu": 0.7, "host": None},
    ]


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


# Extending


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
        [{"ts": 1.0, "cpu": 0.5, "host": "a"}, {"ts": 2.0, "cpu": 1.0}],
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


def test_what_was_handed_over_and_what_was_read_are_copies():
    s, given_array = stream(), np.array([1.0, 2.0])
    s.extend(given_array)
    given_array[:] = 9
    s.read()["value"][:] = 8
    assert values(s.read()) == [1.0, 2.0]


def test_rows_and_frames_go_back_in():
    s, other = stream(), stream()
    s.extend([{"a": 1, "b": "x", "ts": 1.5}, {"a": None, "ts": 2.5}])
    for form in (s.read().rows(), s.to_pandas(), s.to_polars()):
        other.clear()
        other.extend(form)
        assert everything(other)[4:] == everything(s)[4:]


# Reading


def test_a_reader_gets_what_came_after_its_cursor():
    s = stream()
    s.extend([1.0, 2.0, 3.0])
    batch = s.read(after=1)
    assert (batch.stream, batch.after, batch.first_seq, batch.last_seq, batch.missed) == ("cpu", 1, 2, 3, 0)
    assert values(batch) == [2.0, 3.0]
    assert (batch["seq"].tolist(), batch["ts"].tolist()) == ([2, 3], [NOW, NOW])
    assert values(s.read(after=1, limit=1)) == [2.0]
    assert values(s.read(after=0, limit=2, newest=True)) == [2.0, 3.0]
    assert s.read(after=0, limit=2, newest=True).missed == 1
    assert values(s.latest(2)) == [2.0, 3.0]
    assert values(s.latest()) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("after", [3, 100])
def test_a_cursor_at_the_end_or_of_another_life_reads_an_empty_batch(after):
    s = stream()
    s.extend([1.0, 2.0, 3.0])
    batch = s.read(after)
    assert (len(batch), batch.first_seq, batch.last_seq, batch.missed) == (0, after + 1, after, 0)
    assert list(batch.columns) == ["value"]


def test_a_reader_whose_place_was_overwritten_sees_the_gap():
    s = stream(max_points=3)
    s.extend(np.arange(10.0))
    batch = s.read(after=2)
    assert (batch.first_seq, batch.last_seq, batch.missed) == (8, 10, 5)
    assert batch.first_seq > batch.after + 1
    assert values(batch) == [7.0, 8.0, 9.0]
    assert s.stats.dropped == 7


def test_a_clear_keeps_fields_and_numbering_and_is_seen_by_readers():
    s = stream()
    s.extend({"a": [1.0, 2.0], "b": ["x", "y"]})
    s.clear()
    assert (len(s), s.first_seq, s.last_seq, s.cleared_seq, s.newest_ts) == (0, 3, 2, 2, None)
    assert s.fields == {"a": "number", "b": "text"}
    batch = s.read(after=1)
    assert (len(batch), batch.first_seq, batch.last_seq, batch.cleared, batch.missed) == (0, 3, 2, True, 0)
    assert s.append(a=3.0) == 3
    assert not s.read(after=2).cleared
    assert s.read(after=1).rows() == [{"ts": NOW, "a": 3.0, "b": None}]
    assert s.stats.dropped == 0


def test_an_unknown_field_names_the_nearest():
    s = stream()
    s.append(load=1.0, host="a")
    with pytest.raises(
        UnknownField, match=r"'cpu' has no field 'laod': it has 'load', 'host'; did you mean 'load'"
    ):
        s.read()["laod"]
    with pytest.raises(KeyError, match="no fields yet"):
        stream().read()["load"]


def test_numbers_are_to_be_had_of_every_kind():
    s = stream()
    s.extend({"n": [1.0, None], "t": ["a", "b"], "o": [2, {}]})
    batch = s.read()
    assert batch.numbers("n") is batch["n"]
    assert np.isnan(batch.numbers("t")).all()
    assert batch.numbers("o").tolist()[0] == 2.0
    assert math.isnan(batch.numbers("o")[1])


@pytest.mark.parametrize("bad", [{"after": -1}, {"limit": -1}])
def test_negative_cursors_and_limits_are_refused(bad):
    with pytest.raises(UsageError, match="pass 0 or more"):
        stream().read(**bad)
    with pytest.raises(UsageError):
        stream().latest(-1)


records = st.lists(st.one_of(st.integers(0, 4), st.none()), max_size=40)


@given(st.integers(1, 12), records, st.data())
def test_a_ring_of_any_size_holds_the_tail_of_a_plain_list(max_points, sizes, data):
    """Appends (None) and extends of any size; each reader reconstructs the list or sees the exact gap."""
    s, model, cursors = stream(max_points=max_points, fields=["value"]), [], {0}
    for size in sizes:
        new = [float(len(model) + i) for i in range(1 if size is None else size * 3)]
        last = s.append(new[0]) if size is None else s.extend(np.array(new))
        model += new
        assert (last, s.last_seq, len(s)) == (len(model), len(model), min(len(model), max_points))
        if data.draw(st.booleans()):
            cursors.add(len(model))
    for after in cursors:
        batch = s.read(after)
        assert batch.missed == max(0, len(model) - max_points - after)
        if len(batch):
            assert batch.first_seq == after + 1 + batch.missed
            assert values(batch) == model[after + batch.missed :]
    assert values(s.latest(5)) == model[-min(5, max_points) :]


@given(st.integers(1, 8), st.lists(st.lists(st.sampled_from([1, "a", None, b"o"]), max_size=5), max_size=10))
def test_values_of_all_kinds_survive_any_order_of_kinds(max_points, batches):
    s, model = stream(max_points=max_points), []
    for batch in batches:
        s.extend({"x": batch})
        model += batch
    if model:
        assert values(s.read(), "x") == model[-max_points:]


@given(
    st.floats(0.5, 20),
    st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=4), max_size=15),
    st.sampled_from([3, 10, None]),
)
def test_age_is_measured_in_the_datas_own_time(max_age, batches, max_points):
    one, many = stream(max_age=max_age, max_points=max_points), stream(max_age=max_age, max_points=max_points)
    model, newest = [], -math.inf
    for batch in batches:
        many.extend({"x": [float(t) for t in batch], "o": [[t] for t in batch], "ts": batch})
        for t in batch:
            one.append(x=float(t), o=[t], ts=t)
            model.append(float(t))
            newest = max(newest, t)
        while model and (model[0] < newest - max_age or (max_points and len(model) > max_points)):
            model.pop(0)
        assert values(many.read(), "x") == many.read().ts.tolist() == model
        assert many.read()["o"].tolist() == [[int(t)] for t in model]
        assert values(one.read(), "x") == model
        assert many.newest_ts == newest
        assert many.stats.dropped == many.last_seq - len(model)


# Times and counters


def test_late_records_stay_where_they_arrived_and_are_counted():
    s = stream()
    s.extend({"a": [1, 2, 3, 4], "ts": [10.0, 5.0, 10.0, 20.0]})
    s.append(a=5, ts=15.0)
    s.extend({"a": [6, 7], "ts": [19.0, 20.0]})
    assert s.read().ts.tolist() == [10.0, 5.0, 10.0, 20.0, 15.0, 19.0, 20.0]
    assert s.stats.late == 3
    assert s.newest_ts == 20.0
    assert (s.stats.oldest_ts, s.stats.newest_ts, s.stats.kept, s.stats.appended) == (10.0, 20.0, 7, 7)


def test_an_empty_stream_has_no_times():
    assert stream().newest_ts is None
    assert (stream().stats.oldest_ts, stream().stats.bytes) == (None, 0)


def test_a_million_records_of_four_numbers_take_forty_megabytes():
    s = stream(max_points=1_000_000)
    column = np.zeros(250_000)
    for _ in range(5):
        s.extend({"ts": column, "a": column, "b": column, "c": column, "d": column})
    assert s.stats.bytes == 40_000_000


def test_a_small_stream_is_small():
    s = stream()
    s.append(1.0)
    assert s.stats.bytes <= 2 * 8 * 1024


class Thing:
    """Something that can be weakly referred to."""


@pytest.mark.parametrize("how", ["clear", "age", "points"])
def test_dropped_objects_are_let_go(how):
    import gc
    import weakref

    s = stream(max_age=10.0, max_points=2)
    thing = Thing()
    gone = weakref.ref(thing)
    s.append(x=thing, ts=0.0)
    del thing
    if how == "clear":
        s.clear()
    elif how == "age":
        s.append(y=1.0, ts=100.0)
    else:
        s.extend({"y": [1.0, 2.0], "ts": [1.0, 2.0]})
    gc.collect()
    assert gone() is None


# Kinds


def test_a_field_that_comes_late_reads_as_missing_before():
    s = stream()
    s.append(a=1.0)
    s.extend({"a": [2.0], "b": [5.0], "c": ["x"], "d": [[]]})
    assert [values(s.read(), n) for n in "abcd"] == [[1.0, 2.0], [None, 5.0], [None, "x"], [None, []]]


def test_a_field_of_changing_kind_keeps_all_values_and_warns_once(caplog):
    s = stream()
    s.extend({"x": [1.0, None]})
    s.append(x="text")
    s.append(x=b"bytes")
    s.append(x=2)
    assert s.fields == {"x": "object"}
    assert values(s.read(), "x") == [1.0, None, "text", b"bytes", 2]
    assert [(r.name, r.levelno) for r in caplog.records] == [("realtime_widgets.streams", logging.WARNING)]
    assert "field 'x' of stream 'cpu'" in caplog.text


def test_a_field_without_a_number_becomes_text_without_a_word(caplog):
    s = stream()
    s.extend({"x": [None, math.nan]})
    s.append(x="text")
    assert (s.fields, values(s.read(), "x"), caplog.records) == ({"x": "text"}, [None, None, "text"], [])


def test_a_field_can_change_its_kind_while_there_are_no_records():
    s = stream()
    s.append(x=1.0)
    s.clear()
    s.append(x="text")
    assert (s.fields, values(s.read(), "x")) == ({"x": "text"}, ["text"])


def test_missing_values_change_no_kind():
    s = stream()
    s.extend({"n": [1.0], "t": ["a"], "o": [b""]})
    s.append(n=None, t=None, o=None)
    s.extend({"n": [math.nan], "t": [math.nan], "o": [pd.NA]})
    assert s.fields == {"n": "number", "t": "text", "o": "object"}
    assert [values(s.read(), n) for n in "nto"] == [[1.0, None, None], ["a", None, None], [b"", None, None]]


def test_declared_names_are_the_only_ones():
    s = stream(fields=["load", "host"])
    s.append(load=1.0, host="a")
    before = everything(s)
    with pytest.raises(UnknownField, match="did you mean 'load'"):
        s.append(laod=1.0)
    with pytest.raises(UnknownField):
        s.extend({"load": [1.0], "other": [1.0]})
    assert everything(s) == before
    assert s.fields == {"load": "number", "host": "text"}


def test_declared_kinds_are_checked():
    s = stream(fields={"n": "number", "t": "text", "o": "object"})
    assert s.fields == {"n": "number", "t": "text", "o": "object"}
    s.append(n=1, t="a", o=1)
    s.append(t=None)
    before = everything(s)
    for bad in ({"n": "text"}, {"n": 2**53 + 1}, {"t": 5}, {"t": b""}, {"o": 1, "n": []}):
        with pytest.raises(WrongType, match="cannot hold"):
            s.append(**bad)
        with pytest.raises(WrongType):
            s.extend({name: [value] for name, value in bad.items()})
    assert everything(s) == before
    assert s.read()["o"].tolist() == [1, None]


@pytest.mark.parametrize(
    "options",
    [
        {"fields": "cpu"},
        {"fields": {"cpu": "nubmer"}},
        {"fields": ["ts"]},
        {"fields": [1]},
        {"max_points": 0},
        {"max_points": True},
        {"max_age": 0},
        {"max_age": math.nan},
    ],
)
def test_impossible_settings_are_refused(options):
    with pytest.raises(UsageError):
        Stream("cpu", **options)
    with pytest.raises(WrongType):
        Stream(5)


# Threads and listeners


def test_eight_threads_lose_nothing():
    s, count = stream(), 500
    start = threading.Barrier(8)

    def work(me):
        start.wait()
        for i in range(count):
            if i % 10:
                s.append(thread=float(me), i=float(i))
            else:
                s.extend({"thread": [float(me)], "i": [float(i)], f"late{me}": [1.0]})

    threads = [threading.Thread(target=work, args=(me,)) for me in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    batch = s.read()
    assert len(batch) == s.last_seq == 8 * count
    for me in range(8):
        assert batch["i"][batch["thread"] == me].tolist() == list(range(count))


def test_listeners_are_called_on_the_appending_thread_until_undone():
    s, heard = stream(), []

    def fn():
        heard.append((s.last_seq, threading.current_thread()))

    undo, undo_again = s.listen(fn), s.listen(fn)
    undo_again()
    undo_again()
    s.append(1.0)
    s.extend([1.0, 2.0])
    s.clear()
    undo()
    s.append(1.0)
    here = threading.current_thread()
    assert heard == [(1, here), (3, here), (3, here)]


def test_a_listener_may_append_and_its_errors_are_only_logged(caplog):
    s = stream()

    def again():
        if len(s) < 3:
            s.append(1.0)
        raise RuntimeError("mine")

    s.listen(again)
    assert s.append(1.0) == 1
    assert len(s) == 3
    assert "a listener of stream 'cpu' raised" in caplog.text


class Interrupting:
    """A column's array that is interrupted while it is written, as by Ctrl-C."""

    def __init__(self, array):
        self.array = array

    def __len__(self):
        return len(self.array)

    def __setitem__(self, where, what):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "call", [lambda s: s.append(a=9.0, b=9.0), lambda s: s.extend({"a": [9.0] * 3, "b": [9.0] * 3})]
)
def test_an_interrupt_leaves_no_half_written_record(call):
    s = stream(max_points=4)
    s.extend({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 2.0, 3.0, 4.0]})
    column = s._columns["b"]
    array = column.array
    column.array = Interrupting(array)
    with pytest.raises(KeyboardInterrupt):
        call(s)
    column.array = array
    batch = s.read()
    assert s.last_seq == 4
    assert values(batch, "a") == values(batch, "b") == batch["seq"].tolist()
    assert s.append(a=5.0, b=5.0) == 5
    assert values(s.latest(1), "b") == [5.0]


def test_an_interrupt_while_growing_leaves_every_column_right(monkeypatch):
    from realtime_widgets.columns import Column

    s, wanted = stream(), np.arange(1.0, 1025.0)
    s.extend({"a": wanted, "b": wanted})
    grow, calls = Column.grow, []

    def interrupted(self, *args):
        calls.append(self)
        if len(calls) == 3:
            raise KeyboardInterrupt
        grow(self, *args)

    monkeypatch.setattr(Column, "grow", interrupted)
    with pytest.raises(KeyboardInterrupt):
        s.append(a=0.0, b=0.0)
    assert s.read()["a"].tolist() == s.read()["b"].tolist() == wanted.tolist()
    s.extend({"a": [1025.0], "b": [1025.0]})
    assert s.read()["a"].tolist() == s.read()["b"].tolist() == [*wanted.tolist(), 1025.0]


# Exports


def test_pandas_gets_utc_times_and_a_column_per_field():
    s = stream()
    s.extend({"ts": [0.5, NOW + 0.1], "n": [1.0, None], "t": ["a", None], "o": [b"x", {}]})
    frame = s.to_pandas()
    assert str(frame["ts"].dtype) == "datetime64[ns, UTC]"
    assert list(frame.columns) == ["ts", "n", "t", "o"]
    assert frame["ts"][0] == pd.Timestamp("1970-01-01 00:00:00.5", tz="UTC")
    assert frame["ts"][1].microsecond == 100_000
    assert frame["n"].isna().tolist() == frame["t"].isna().tolist() == [False, True]
    assert frame["o"].tolist() == [b"x", {}]


def test_polars_gets_utc_times_and_nulls():
    s = stream()
    s.extend({"ts": [0.5, 1.0], "n": [1.0, None], "t": ["a", None], "o": [b"x", {}]})
    frame = s.to_polars()
    assert frame.schema == {"ts": pl.Datetime("us", "UTC"), "n": pl.Float64, "t": pl.String, "o": pl.Object}
    assert frame["ts"][0] == dt.datetime(1970, 1, 1, 0, 0, 0, 500_000, tzinfo=dt.UTC)
    assert (frame["n"].to_list(), frame["t"].to_list(), frame["o"].to_list()) == (
        [1.0, None],
        ["a", None],
        [b"x", {}],
    )


def test_arrow_gets_utc_times_and_nulls_and_objects_as_text():
    import pyarrow as pa

    s = stream()
    s.extend({"ts": [0.5, 1.0], "n": [1.0, None], "t": ["a", None], "o": [b"x", {}], "l": [[1], None]})
    table = s.to_arrow()
    assert table.schema.field("ts").type == pa.timestamp("us", tz="UTC")
    assert table["ts"][0].as_py() == dt.datetime(1970, 1, 1, 0, 0, 0, 500_000, tzinfo=dt.UTC)
    assert [table[n].to_pylist() for n in "ntol"] == [[1.0, None], ["a", None], ["b'x'", "{}"], [[1], None]]


def test_empty_streams_can_be_exported():
    s = stream(fields={"n": "number", "t": "text", "o": "object"})
    assert [len(form()) for form in (s.to_pandas, s.to_polars, s.to_arrow)] == [0, 0, 0]


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_library_that_is_not_installed_is_named_with_its_command(library, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, library, None)
    method = {"pyarrow": "to_arrow"}.get(library, f"to_{library}")
    with pytest.raises(MissingDependency, match=f"run: pip install {library}"):
        getattr(stream(), method)()


def test_streams_import_no_library_that_is_optional():
    import subprocess
    import sys

    code = (
        "import sys, realtime_widgets.errors\n"
        "before = set(sys.modules)\n"
        "import realtime_widgets.streams, realtime_widgets.store\n"
        "s = realtime_widgets.streams.Stream(); s.append(1.0); s.extend([{'a': 1}])\n"
        "print(sorted({'pandas', 'polars', 'pyarrow'} & (set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Feeding


def test_a_source_that_iterates_feeds_the_stream():
    async def source():
        yield 1.0
        yield {"value": 2.0, "ts": 5.0}
        yield [3.0, 4.0]
        yield pd.DataFrame({"value": [5.0]})

    s = stream()
    assert asyncio.run(s.feed(source())) == 4
    assert values(s.read()) == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_the_repr_says_what_is_in_it():
    s = stream()
    assert repr(s) == "<Stream 'cpu': 0 records; no fields yet>"
    s.append(load=1.0, host="a")
    assert repr(s) == "<Stream 'cpu': 1 records; load (number), host (text)>"


settings.register_profile("fast", max_examples=60, deadline=None)
settings.load_profile("fast")
