"""Extracts: the few records of many that make the same buckets."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_widgets.feeds.decimation import Buckets
from realtime_widgets.feeds.extracts import Extracts, extracts_of
from realtime_widgets.streams import Stream

T0 = 1_795_000_000.0
STEP = 0.5

values = st.one_of(st.floats(-9, 9), st.sampled_from([0.0, 1.0]))


def stream_of(ts: list[float], **fields: list[float | None]) -> Stream:
    stream = Stream("s", clock=lambda: T0 + 100)
    stream.extend({"ts": [T0 + each for each in ts], **fields})
    return stream


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1.9).map(lambda x: round(x, 2)), values, values), min_size=1, max_size=60)
)
def test_a_bucket_made_of_an_extract_is_the_bucket_of_all_records(records):
    ts, a, b = zip(*sorted(records, key=lambda record: record[0]), strict=True)
    stream = stream_of(list(ts), a=list(a), b=list(b))
    extracts = Extracts(STEP)
    for field, own in (("a", a), ("b", b)):
        found = extracts.after(stream, 0, field)
        assert found is not None
        last, few = found
        assert last == len(ts)
        assert len(few) <= 2 * 4 + 1
        assert few[-1] == (T0 + ts[-1], own[-1])
        one_by_one, at_once = Buckets(1, 16), Buckets(1, 16)
        for at, value in few:
            one_by_one.add_one(math.floor(at / STEP), at, value)
        times = np.array([T0 + each for each in ts])
        at_once.add(np.floor(times / STEP).astype(np.int64), times, np.array([own]))
        for name in ("k", "lo", "hi", "lo_x", "hi_x", "flags"):
            np.testing.assert_array_equal(
                getattr(one_by_one.kept(), name), getattr(at_once.kept(), name), name
            )


def test_what_is_special_is_left_to_a_reader_of_all_records():
    assert Extracts(STEP).after(stream_of([2.0, 1.0], a=[1.0, 2.0]), 0, "a") is None, "not in order"
    assert Extracts(STEP).after(stream_of([1.0, 2.0], a=[1.0, None]), 0, "a") is None, "a missing value"
    assert Extracts(STEP).after(stream_of([1.0], a=[math.inf]), 0, "a") is None, "one that cannot be drawn"
    assert Extracts(STEP).after(stream_of([0.0, 9.0, 20.0, 30.0, 40.0], a=[1.0] * 5), 0, "a") is None, (
        "many buckets"
    )
    assert Extracts(STEP).after(stream_of([1.0], a=[1.0]), 1, "a") is None, "nothing new"
    broken = stream_of([1.0], a=[1.0])
    broken.mark_gap("lost")
    assert Extracts(STEP).after(broken, 0, "a") is None, "a gap"


def test_the_records_are_read_once_for_all_fields(monkeypatch):
    stream = stream_of([0.1, 0.2], a=[1.0, 2.0], b=[3.0, 4.0])
    extracts = extracts_of(stream, STEP)
    assert extracts is extracts_of(stream, STEP)
    for field in ("a", "b"):
        extracts.after(stream, 0, field)
    stream.extend({"ts": [T0 + 0.3, T0 + 0.4], "a": [5.0, 6.0], "b": [7.0, 8.0]})
    reads = []
    real = Stream.tail
    monkeypatch.setattr(Stream, "tail", lambda *args: reads.append(args) or real(*args))
    found = [extracts.after(stream, 2, field) for field in ("a", "b")]
    assert len(reads) == 1
    assert [each[1][-1][1] for each in found] == [6.0, 8.0]
