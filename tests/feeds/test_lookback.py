"""A stream followed into a history: where its window ends, and what it knows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.feeds.lookback import Lookback
from realtime_widgets.streams import Stream

T0 = 1_795_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def followed(stream: Stream, length: float = 10.0, before: float = 0.0) -> Lookback:
    back = Lookback(stream, "value", length, before)
    back.follow()
    return back


def test_records_leave_the_window_while_none_come(clock: Clock):
    stream = Stream("s", clock=clock)
    for i in range(5):
        clock.now = T0 + i
        stream.append(1.0)
    back = followed(stream)
    assert (back.end, back.made("sum")) == (T0 + 4, 5)
    assert back.next_move((10.0,)) == 6.0
    clock.now = T0 + 12
    back.follow()
    assert (back.end, back.made("sum")) == (T0 + 12, 2)
    clock.now = T0 + 100
    back.follow()
    assert (back.made("sum"), back.made("rate")) == (0, 0)
    assert math.isnan(back.made("mean"))
    assert back.next_move((10.0,)) == math.inf


def test_the_window_of_a_stream_that_is_complete_stays(clock: Clock):
    stream = Stream("s", clock=clock)
    stream.extend({"ts": [T0 - 5, T0], "value": [1, 2]})
    stream.complete = True
    back = followed(stream)
    clock.now = T0 + 1000
    back.follow()
    assert (back.made("sum"), back.next_move((10.0,))) == (3, math.inf)


def test_a_replay_of_last_year_has_its_own_present(clock: Clock):
    stream = Stream("s", clock=clock)
    stream.append(5.0, ts=T0 - 3e7)
    back = followed(stream)
    clock.now += 4
    assert back.now() == T0 - 3e7 + 4


def test_a_late_record_does_not_set_the_window_back(clock: Clock):
    stream = Stream("s", clock=clock)
    stream.append(1.0, ts=T0)
    clock.now += 8
    back = followed(stream)
    stream.append(2.0, ts=T0 - 1)
    back.follow()
    assert back.end == T0 + 8
    assert back.made("sum") == 3


def test_records_that_lie_ahead_wait(clock: Clock):
    stream = Stream("s", clock=clock)
    stream.append(1.0, ts=T0)
    stream.append(9.0, ts=T0 + 3600)
    back = followed(stream)
    assert back.made("max") == 1
    clock.now = T0 + 3600
    stream.append(2.0, ts=T0 + 3600)
    back.follow()
    assert back.made("sum") == 11


def test_after_a_clear_it_begins_anew(clock: Clock):
    stream = Stream("s", clock=clock)
    stream.append(1.0)
    back = followed(stream)
    stream.clear()
    stream.append(5.0)
    back.follow()
    assert (back.made("sum"), back.oldest(), back.covered()) == (5, (T0, 5.0), None)


def test_of_a_clock_that_is_set_back_the_times_that_come_again_count_once(clock: Clock):
    stream = Stream("s", clock=clock)
    for i in range(5):
        clock.now = T0 + i
        stream.append(1.0)
    back = followed(stream)
    clock.now = T0 + 2
    stream.append(10.0)
    back.follow()
    assert back.made("sum") == 12  # T0, T0 + 1 and the new one
    assert back.end == T0 + 2


def test_where_records_were_dropped_unseen_it_says_what_it_knows(clock: Clock):
    stream = Stream("s", clock=clock, max_points=4)
    for i in range(8):
        clock.now = T0 + i
        stream.append(1.0)
    back = followed(stream)
    assert (back.made("sum"), back.covered()) == (4, 3.0)
    for i in range(8, 20):
        clock.now = T0 + i
        stream.append(1.0)
        back.follow()
    assert (back.made("sum"), back.covered()) == (10, None)
    for i in range(20, 26):
        clock.now = T0 + i
        stream.append(1.0)
    back.follow()
    assert (back.made("sum"), back.covered()) == (4, 3.0)


def test_it_reads_no_further_than_it_is_told(clock: Clock):
    stream = Stream("s", clock=clock)
    stream.extend({"ts": [T0 - 3, T0 - 2, T0 - 1], "value": [1, 2, 4]})
    back = Lookback(stream, "value", 10.0)
    back.follow(2)
    assert back.made("sum") == 3
    back.follow(2)
    back.follow(3)
    assert back.made("sum") == 7


def test_spans_of_time_count_in_seconds_and_text_not_at_all(clock: Clock):
    stream = Stream("s", clock=clock)
    for value in (np.timedelta64(1500, "ms"), "n/a", None):
        stream.append(value)
    assert followed(stream).made("sum") == 1.5


value = st.one_of(st.integers(-50, 50).map(float), st.just(None), st.just(...))


@given(st.lists(st.tuples(st.integers(-40, 4), value, st.integers(0, 3)), max_size=60), st.data())
def test_whenever_it_is_asked_a_sum_is_that_of_all_records_in_the_window(
    appended: list[tuple[int, Any, int]], data: st.DataObject
):
    """Late ones, missing ones, and records that leave the field out; read in pieces of any size."""
    clock = Clock()
    stream = Stream("s", clock=clock)
    back = Lookback(stream, "value", 10.0, 5.0)
    records: list[tuple[float, float]] = []
    for later, number, pause in appended:
        clock.now += pause
        ts = clock.now + min(later, 0)
        stream.append({"other": 1} if number is ... else {"value": number}, ts=ts)
        if isinstance(number, float):
            records.append((ts, number))
        if not data.draw(st.booleans()):
            continue
        back.follow()
        newest = stream.newest_ts
        assert newest is not None
        assert back.end >= newest
        for lag in (0.0, 5.0):
            end = back.end - lag
            inside = [each for at, each in records if end - 10 < at <= end]
            assert back.made("sum", lag) == sum(inside)
            assert back.made("max", lag) == pytest.approx(max(inside, default=math.nan), nan_ok=True)
