"""The newest record, when times and clocks lie: the present is never hidden."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.streams import Stream
from realtime_widgets.streams.present import AHEAD, Present
from support.records import values

YEAR = 3.15e7


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, now=1_795_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def s(clock):
    return Stream("s", clock=clock)


def present(s):
    """The value of the newest record, and the newest time."""
    batch = s.read(s.newest_seq - 1, 1)
    return values(batch)[0], s.newest_ts


# The clock


@pytest.mark.parametrize("seconds", [0.5, AHEAD, 3600.0, YEAR])
def test_after_the_clock_was_set_back_the_record_that_it_stamps_next_is_the_newest(s, clock, seconds):
    s.append(1.0)
    clock.now -= seconds
    s.append(2.0)
    assert present(s) == (2.0, clock.now)
    clock.now += 1.0
    s.extend([3.0, 4.0])
    assert present(s) == (4.0, clock.now)
    assert (s.past_seq, s.stats.late) == (1, 0)


def test_records_of_a_server_that_is_right_stay_the_newest_when_our_clock_is_set_back(s, clock):
    true = clock.now
    s.append(1.0, ts=true)
    clock.now -= 3600.0
    for i in range(2, 5):
        clock.now += 1.0
        s.append(float(i), ts=true + i)
        assert present(s) == (float(i), true + i)


def test_a_clock_of_its_own_unit_works(clock):
    clock.now = 0.0
    s = Stream("steps", clock=clock, max_age=10.0)
    for step in range(100):
        clock.now = float(step)
        s.append(float(step))
    assert present(s) == (99.0, 99.0)
    assert s.read().ts.tolist() == [float(step) for step in range(89, 100)]


def test_a_clock_that_counts_something_else_than_the_records_hides_nothing(caplog):
    s = Stream("s", clock=Clock(12.5))
    for i in range(3):
        s.append(float(i), ts=1.8e9 + i)
        assert present(s) == (float(i), 1.8e9 + i)


# Records that are ahead


@pytest.mark.parametrize("ahead", [AHEAD + 1, 3600.0, YEAR, 9e10 - 1_795_000_000.0])
@pytest.mark.parametrize("many", [1, 30])
def test_records_from_the_future_are_kept_and_are_not_the_present(s, clock, ahead, many):
    s.append(1.0)
    s.extend({"value": [-1.0] * many, "ts": [clock.now + ahead] * many})
    assert present(s) == (1.0, clock.now)
    s.append(2.0)
    assert present(s) == (2.0, clock.now)
    assert s.read().ts.tolist() == [clock.now, *[clock.now + ahead] * many, clock.now]
    assert (s.stats.ahead, s.stats.late, s.stats.newest_ts, s.past_seq) == (many, 0, clock.now, 0)


def test_a_future_record_that_comes_first_is_the_newest_until_another_comes(s, clock):
    s.append(1.0, ts=clock.now + YEAR)
    assert present(s) == (1.0, clock.now + YEAR)
    s.append(2.0, ts=clock.now - 5.0)
    assert present(s) == (2.0, clock.now - 5.0)
    assert (s.past_seq, s.stats.late, s.stats.ahead) == (1, 0, 1)


@pytest.mark.parametrize("skew", [0.0, 1.0, AHEAD])
def test_a_small_skew_is_no_matter(s, clock, caplog, skew):
    s.append(1.0, ts=clock.now + skew)
    assert present(s) == (1.0, clock.now + skew)
    assert (s.stats.ahead, caplog.records) == (0, [])


def test_a_server_whose_clock_is_an_hour_ahead_is_followed(s, clock):
    for i in range(5):
        clock.now += 1.0
        s.append(float(i), ts=clock.now + 3600.0)
        assert present(s) == (float(i), clock.now + 3600.0)
    s.append(9.0, ts=clock.now + 3599.5)
    assert (present(s), s.stats.late, s.past_seq) == ((4.0, clock.now + 3600.0), 1, 0)


def test_when_nothing_comes_but_what_is_ahead_it_is_the_present_after_a_while(s, clock):
    """The history of such a server is half in the past, and its live records are not."""
    s.extend({"value": [1.0, 2.0], "ts": [clock.now - 60.0, clock.now]})
    for _ in range(int(AHEAD) + 1):
        s.append(3.0, ts=clock.now + 3600.0)
        assert present(s)[0] == 2.0
        clock.now += 1.0
    s.append(4.0, ts=clock.now + 3600.0)
    assert present(s) == (4.0, clock.now + 3600.0)
    s.append(5.0)
    assert present(s) == (5.0, clock.now), "and what is not ahead goes first again"


def test_among_others_what_is_ahead_never_is_the_present(s, clock):
    for i in range(200):
        s.append(-1.0, ts=clock.now + 3600.0)
        clock.now += 1.0
        s.append(float(i))
        assert present(s) == (float(i), clock.now)


def test_a_replay_and_a_simulation_of_the_future_follow_their_own_times():
    for start in (1.2e9, 4e9):
        s = Stream("s", max_age=86_400.0)
        for day in range(100):
            s.append(float(day), ts=start + day * 43_200.0)
        assert (present(s), len(s)) == ((99.0, start + 99 * 43_200.0), 3)


# The age


def test_max_age_goes_on_beside_a_future_record(clock):
    for where in (0, 50):
        s = Stream("s", max_age=60, clock=clock)
        for i in range(200):
            if i == where:
                s.append(-1.0, ts=clock.now + YEAR)
            clock.now += 1.0
            s.append(float(i))
        assert values(s.read()) == [float(i) for i in range(139, 200)]
        assert s.stats.dropped == 140


def test_a_future_record_is_kept_with_those_it_came_with(clock):
    s = Stream("s", max_age=60, clock=clock)
    for i in range(100):
        clock.now += 1.0
        s.append(float(i))
        if i == 90:
            s.append(-1.0, ts=clock.now + YEAR)
    assert values(s.read()) == [*[float(i) for i in range(39, 91)], -1.0, *[float(i) for i in range(91, 100)]]


def test_max_age_goes_on_after_the_clock_was_set_back(clock):
    s = Stream("s", max_age=60, clock=clock)
    s.extend([0.0] * 10_000)
    clock.now -= 3600.0
    for i in range(62):
        s.append(float(i))
        assert len(s) == (10_000 + i + 1 if i <= 60 else 61)
        clock.now += 1.0


def test_a_future_record_right_after_the_clock_was_set_back_drops_nothing(clock):
    s = Stream("s", max_age=60, clock=clock)
    s.append(1.0)
    clock.now -= 3600.0
    s.append(-1.0, ts=clock.now + YEAR)
    s.append(2.0)
    assert (values(s.read()), present(s)) == ([1.0, -1.0, 2.0], (2.0, clock.now))


# What is said


def test_it_is_said_once_which_record_is_ahead_and_by_how_much(s, clock, caplog):
    s.append(1.0)
    with caplog.at_level(logging.WARNING, "realtime_widgets.streams.stream"):
        s.extend({"value": [2.0, 3.0, 4.0], "ts": [clock.now, clock.now + 32_000_000.0, clock.now]})
        s.append(5.0, ts=clock.now + 90.0)
        s.append(other=5.0, ts=clock.now + 90.0)
    assert len(caplog.records) == 1
    assert "record 3 of stream 's' is 32,000,000 s ahead of the clock" in caplog.text
    assert s.stats.ahead == 3


def test_clearing_forgets_the_newest_and_keeps_the_counts(s, clock):
    s.append(1.0)
    s.append(2.0, ts=clock.now + YEAR)
    s.append(3.0, ts=clock.now - 1.0)
    s.clear()
    assert (s.newest_ts, s.newest_seq, s.past_seq) == (None, 0, 3)
    assert (s.stats.ahead, s.stats.late) == (1, 1)
    s.append(4.0, ts=clock.now - YEAR)
    assert (present(s), s.newest_seq) == ((4.0, clock.now - YEAR), 4)


# One by one or many at once

steps = st.lists(
    st.tuples(
        st.integers(-90, 200),
        st.lists(
            st.sampled_from([-500.0, -1.0, 0.0, 0.0, 1.0, 59.0, 61.0, 62.0, 500.0]), min_size=1, max_size=6
        ),
    ),
    max_size=12,
)


@given(steps)
def test_many_at_once_are_what_they_are_one_by_one(steps):
    one, many, now, seq = Present(), Present(), 0.0, 1
    for seconds, offsets in steps:
        now += seconds
        many = many.after_all(np.array([now + offset for offset in offsets]), now, seq)
        aside, begins = [], []
        for offset in offsets:
            one = one.after(now + offset, now, seq)
            seq += 1
            aside.append(one.aside)
            begins += one.begins
        assert one == many
        assert np.broadcast_to(many.aside, len(offsets)).tolist() == aside
        assert list(many.begins) == begins


@given(steps, st.integers(1, 9))
def test_a_batch_says_what_was_ahead_when_it_came_and_where_all_before_is_past(steps, max_points):
    clock = Clock()
    s, pieces = (
        Stream("s", clock=clock, max_points=max_points),
        Stream("p", clock=clock, max_points=max_points),
    )
    beside, ahead, begins, seq = Present(), [], [], 0
    for seconds, offsets in steps:
        clock.now += seconds
        for offset in offsets:
            seq += 1
            beside = beside.after(clock.now + offset, clock.now, seq)
            ahead.append(beside.aside)
            begins += beside.begins
            s.append(0.0, ts=clock.now + offset)
        pieces.extend({"ts": [clock.now + offset for offset in offsets], "value": [0.0] * len(offsets)})
    for batch in (s.read(), pieces.read()):
        kept = ahead[batch.first_seq - 1 :]
        assert (batch.ahead is None and not any(kept)) or batch.ahead.tolist() == kept
        assert batch.begins == tuple(each - 1 for each in begins if each >= batch.first_seq)
    s.clear()
    s.append(0.0)
    assert (s.read().ahead, s.read().begins) == (None, ())


@given(steps)
def test_the_newest_record_is_never_hidden(steps):
    """Whatever came before: a record with the clock's own time is the newest one when nothing later is believable."""
    clock = Clock()
    s = Stream("s", clock=clock)
    for seconds, offsets in steps:
        clock.now += seconds
        for offset in offsets:
            s.append(0.0, ts=clock.now + offset)
        assert s.newest_seq > s.past_seq
        assert s.read(s.newest_seq - 1, 1).ts[0] == s.newest_ts
    s.append(1.0, ts=clock.now + AHEAD)
    assert present(s) == (1.0, clock.now + AHEAD)
