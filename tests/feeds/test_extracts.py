"""Extracts: the few records of many that make the same buckets."""

from __future__ import annotations

import gc
import math
import weakref
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_widgets.feeds import extracts as extracts_module
from realtime_widgets.feeds.decimation import Buckets
from realtime_widgets.feeds.extracts import Extracts, extracts_of
from realtime_widgets.feeds.series import SeriesFeed
from realtime_widgets.streams import Stream
from realtime_widgets.streams.columns import absences

T0 = 1_795_000_000.0
STEP = 0.5

NUMBERS = st.one_of(st.floats(-9, 9), st.sampled_from([0.0, 1.0]))
SAID = st.one_of(NUMBERS, st.sampled_from([None, math.inf, "absent"]))
TIMES = st.floats(0, 1.9).map(lambda x: round(x, 2))


def stream_of(ts: list[float], **fields: list[float | None]) -> Stream:
    stream = Stream("s", clock=lambda: T0 + 100)
    stream.extend({"ts": [T0 + each for each in ts], **fields})
    return stream


def buckets_of(ts: Any, values: Any) -> Buckets:
    buckets = Buckets(len(values), 16)
    buckets.add(np.floor(ts / STEP).astype(np.int64), ts, values)
    return buckets


def assert_same(one: Buckets, other: Buckets) -> None:
    for name in ("k", "x", "lo", "hi", "lo_x", "hi_x", "flags"):
        np.testing.assert_array_equal(getattr(one.kept(), name), getattr(other.kept(), name), name)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(TIMES, NUMBERS, NUMBERS), min_size=1, max_size=60))
def test_a_bucket_made_of_a_few_records_is_the_bucket_of_all(records):
    ts, a, b = zip(*sorted(records, key=lambda record: record[0]), strict=True)
    stream = stream_of(list(ts), a=list(a), b=list(b))
    extracts = Extracts(STEP)
    for field, own in (("a", a), ("b", b)):
        found = extracts.few(stream, 0, field, 0.0)
        assert found is not None
        last, newest, few = found
        assert (last, newest) == (len(ts), T0 + ts[-1])
        assert len(few) <= 2 * 4 + 2
        assert few[-1] == (T0 + ts[-1], own[-1])
        one_by_one = Buckets(1, 16)
        for at, value in few:
            one_by_one.add_one(math.floor(at / STEP), at, value)
        at_once = buckets_of(np.array([T0 + each for each in ts]), np.array([own]))
        for name in ("k", "lo", "hi", "lo_x", "hi_x", "flags"):
            np.testing.assert_array_equal(
                getattr(one_by_one.kept(), name), getattr(at_once.kept(), name), name
            )


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(TIMES, SAID, SAID), min_size=2, max_size=60), st.integers(1, 40), st.integers(1, 60)
)
def test_buckets_made_of_what_matters_are_those_of_all_records_whatever_they_say(records, times, kept):
    stream = Stream("s", clock=lambda: T0 + 100, fields=["a", "b"], max_points=kept)
    for _ in range(times):
        for ts, a, b in records:
            said = {name: value for name, value in (("a", a), ("b", b)) if value != "absent"}
            stream.append(said or {"a": 0.0}, ts=T0 + ts)
    everything = stream.tail(0, ("a", "b"))
    if everything is None or everything.others:
        return  # a field of nothing but None
    order = np.argsort(everything.ts, kind="stable")
    whole = buckets_of(everything.ts[order], everything.values[:, order])
    extracts = Extracts(STEP)
    found = extracts.many(stream, 0, ("a", "b"), 0.0)
    assert found is not None
    assert (found.last, found.missed) == (stream.last_seq, stream.last_seq - len(stream))
    assert_same(buckets_of(*found.of(("a", "b"))), whole)
    for row, field in enumerate(("a", "b")):
        few = extracts.few(stream, 0, field, 0.0)
        if few is not None:
            there = ~absences(everything.values[row])
            assert not found.missed
            assert np.isfinite(everything.values[row][there]).all()


def test_a_crowd_is_cut_down_to_what_matters():
    ts = np.sort(np.random.default_rng(3).uniform(0, 40, 100_000))
    stream = stream_of(list(ts), a=list(np.sin(ts)), b=list(np.cos(ts)))
    found = Extracts(STEP).many(stream, 0, ("a", "b"), 0.0)
    assert found is not None
    assert len(found.of(("a",))[0]) <= 5 * 81
    assert len(found.of(("a", "b"))[0]) <= 10 * 81


def test_what_is_special_is_left_to_a_reader_of_all_records():
    few = Extracts(STEP).few
    assert few(stream_of([1.0, 2.0], a=[1.0, None]), 0, "a", 0.0) is None, "a missing value"
    assert few(stream_of([1.0, 1.1], a=[1.0, math.inf]), 0, "a", 0.0) is None, "one that cannot be drawn"
    assert few(stream_of([i * 1.0 for i in range(20)], a=[1.0] * 20), 0, "a", 0.0) is None, "many buckets"
    assert few(stream_of([1.0], a=[1.0]), 1, "a", 0.0) is None, "nothing new"
    words = stream_of([1.0, 2.0], a=["x", "y"])
    assert few(words, 0, "a", 0.0) is None, "words"
    assert Extracts(STEP).many(words, 0, ("a",), 0.0) is None, "words"
    broken = stream_of([1.0, 2.0], a=[1.0, 2.0])
    broken.mark_gap("lost")
    assert few(broken, 0, "a", 0.0) is None, "a gap"
    assert Extracts(STEP).many(broken, 0, ("a",), 0.0) is None, "a gap"


def test_the_records_are_read_once_for_all_fields_and_all_are_brought_to_the_same_one(monkeypatch):
    stream = stream_of([0.1, 0.2], a=[1.0, 2.0], b=[3.0, 4.0], c=[5.0, 6.0])
    extracts = extracts_of(stream, STEP)
    assert extracts is extracts_of(stream, STEP)
    reads = []
    real = Stream.tail
    monkeypatch.setattr(Stream, "tail", lambda *args: reads.append(args[1:]) or real(*args))

    def frame(now, **cursors):
        found = {field: extracts.few(stream, cursor, field, now) for field, cursor in cursors.items()}
        return {field: each[0] for field, each in found.items()}, len(reads)

    def append():
        stream.append(dict(a=1.0, b=1.0, c=1.0), ts=T0 + stream.last_seq)

    assert frame(1.0, a=0) == ({"a": 2}, 1)
    append()
    assert frame(2.0, b=0, c=1) == ({"b": 3, "c": 3}, 3)
    append()
    frame(3.0, a=2)
    count = len(reads)
    append()
    assert frame(3.0, b=3, c=3) == ({"b": 4, "c": 4}, count + 2), "they come to where a is in this frame"
    append()
    count = len(reads)
    assert frame(4.0, a=4, b=4, c=4) == ({"a": 6, "b": 6, "c": 6}, count + 1), "one read serves all"
    append()
    assert frame(5.0, a=6) == ({"a": 7}, count + 2)
    assert frame(6.0, b=6) == ({"b": 7}, count + 3), "of an earlier frame, an extract may be too old"
    append()
    frame(7.0, a=7)
    assert reads[-1][1] == ["a", "b"]
    append()
    frame(8.0, a=8)
    assert reads[-1][1] == ["a"], "what nobody asks for any more is not looked at"


def test_more_numbers_than_are_looked_at_in_one_go_are_taken_all_the_same(monkeypatch):
    monkeypatch.setattr(extracts_module, "MAX_NUMBERS", 500)
    ts = [i / 1000 for i in range(2_000)]
    stream = stream_of(ts, a=ts)
    found = Extracts(STEP).many(stream, 0, ("a",), 0.0)
    assert found is not None
    assert (found.last, found.more) == (501, True)
    assert Extracts(STEP).few(stream, 0, "a", 0.0) is None
    line = SeriesFeed(stream, ["a"], 10.0)
    line.take(True, 0.0)
    stream.extend({"ts": [T0 + 3 + each for each in ts], "a": ts})
    assert line.take(False, 1.0).last == 4_000
    assert line.last == [ts[-1]]


def test_one_that_is_brought_to_anothers_number_says_when_that_is_too_far_for_one_go(monkeypatch):
    monkeypatch.setattr(extracts_module, "MAX_NUMBERS", 500)
    ts = [i / 1000 for i in range(2_000)]
    stream = stream_of(ts, a=ts, b=ts)
    extracts = Extracts(STEP)
    first = extracts.many(stream, 1_600, ("a",), 0.0)
    assert first is not None
    assert (first.last, first.more) == (2_000, False)
    other = extracts.many(stream, 0, ("b",), 0.0)
    assert other is not None
    assert (other.last, other.more) == (501, True)


def test_extracts_go_with_the_last_line_that_needs_them():
    stream = stream_of([0.1, 0.2], a=[1.0, 2.0])
    one, other = (SeriesFeed(stream, ["a"], 10.0) for _ in range(2))
    for line in (one, other):
        line.take(True, 0.0)
    kept = weakref.ref(extracts_of(stream, one.take(True, 1.0).body["layout"]["step"]))
    del one, line
    gc.collect()
    assert kept() is not None
    del other
    gc.collect()
    assert kept() is None


def test_what_is_too_much_to_keep_for_others_is_still_had_by_cards_once_for_all(monkeypatch):
    monkeypatch.setattr(extracts_module, "MAX_KEPT", 10)
    ts = [i / 1000 for i in range(1_500)]
    stream = stream_of(ts, **{name: ts for name in "abc"})
    extracts = Extracts(STEP)
    for name in "abc":
        extracts.few(stream, 0, name, 0.0)
    stream.extend({"ts": [T0 + 2 + each for each in ts], **{name: ts for name in "abc"}})
    reads = []
    real = Stream.tail
    monkeypatch.setattr(Stream, "tail", lambda *args: reads.append(args[2]) or real(*args))
    found = [extracts.few(stream, 1_500, name, 1.0) for name in "abc"]
    assert reads == [["a", "b", "c"]]
    assert [each[2][-1] for each in found if each] == [(T0 + 2 + ts[-1], ts[-1])] * 3
    many = extracts.many(stream, 1_500, ("b",), 1.0)
    assert many is not None
    assert len(many.of(("b",))[0]) > 0
