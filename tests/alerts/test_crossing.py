"""The state machine of a threshold: by values, and beside one that goes from record to record."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.alerts.crossing import ROUNDING, Crossing


def crossings(crossing, ts, codes, broken=(), anew=()):
    crossed = crossing.take(np.array(ts, float), np.array(codes, np.int8), broken, anew)
    return list(zip(crossed.at.tolist(), crossed.raised.tolist(), crossed.since.tolist(), strict=True))


class OneByOne:
    """The same, by its rules, one record after the other."""

    def __init__(self, hold):
        self.hold, self.raised, self.newest, self.pending, self.raised_at = hold, False, -math.inf, None, None

    def breaks(self, anew):
        self.pending = None
        if anew:
            self.newest = -math.inf

    def take(self, ts, code):
        if ts < self.newest:
            return None
        self.newest = ts
        if self.raised:
            if code == -1:
                self.raised = False
                return False, self.raised_at
            return None
        if code != 1:
            self.pending = None
            return None
        if self.pending is None:
            self.pending = ts
        if ts >= self.pending + (self.hold - ROUNDING):
            since, self.pending, self.raised, self.raised_at = self.pending, None, True, ts
            return True, since
        return None

    @property
    def state(self):
        return "raised" if self.raised else "normal" if self.pending is None else "pending"


def test_it_is_raised_by_the_first_record_and_cleared_by_the_next_that_is_clear():
    crossing = Crossing(0)
    assert crossings(crossing, [1, 2, 3, 4, 5], [-1, 1, 1, -1, 1]) == [
        (1, True, 2.0),
        (3, False, 2.0),
        (4, True, 5.0),
    ]
    assert crossing.state == "raised"


def test_it_is_raised_once_it_has_been_held():
    crossing = Crossing(10)
    assert crossings(crossing, [0, 5, 9.9], [1, 1, 1]) == []
    assert crossing.state == "pending"
    assert crossings(crossing, [10, 11], [1, 1]) == [(0, True, 0.0)]


def test_a_hold_of_whole_seconds_is_not_short_by_what_float64_rounds():
    start = 1795456052.1
    ts = [start + 0.1 * i for i in range(101)]
    assert crossings(Crossing(10), ts, [1] * 101) == [(100, True, start)]


@pytest.mark.parametrize("code", [0, -1])
def test_what_is_between_or_missing_ends_a_hold(code):
    crossing = Crossing(10)
    assert crossings(crossing, [0, 5, 10, 15, 20], [1, code, 1, 1, 1]) == [(4, True, 10.0)]


def test_what_is_between_or_missing_leaves_what_is_raised():
    crossing = Crossing(0)
    assert crossings(crossing, [0, 1, 2, 3], [1, 0, 1, 0]) == [(0, True, 0.0)]
    assert crossing.state == "raised"


def test_late_records_decide_nothing():
    crossing = Crossing(0)
    assert crossings(crossing, [10, 9, 8], [-1, 1, 1]) == []
    assert crossings(crossing, [9, 10], [1, 1]) == [(1, True, 10.0)], "one of the same time does"


def test_gaps_end_a_hold_wherever_they_are():
    for broken in ([0], [1], [2], [2, 2]):
        crossing = Crossing(10)
        crossings(crossing, [0], [1])
        found = crossings(crossing, [5, 6], [1, 1], broken)
        found += crossings(crossing, [10, 15.5], [1, 1])
        assert found == ([(1, True, 5.0)] if broken == [0] else []), broken


def test_time_that_begins_anew_ends_lateness_and_holds_and_keeps_what_is_raised():
    crossing = Crossing(5)
    assert crossings(crossing, [100, 105, 1, 2, 6], [1, 1, 1, 1, 1], anew=[2]) == [(1, True, 100.0)]
    assert crossing.state == "raised"
    assert crossings(crossing, [7], [-1]) == [(0, False, 105.0)]
    assert crossings(crossing, [8, 10, 1, 4, 6], [1, 1, 1, 1, 1], anew=[2]) == [(4, True, 1.0)]


def test_nothing_is_nothing():
    crossing = Crossing(0)
    assert crossings(crossing, [], []) == []
    crossings(crossing, [1], [1])
    assert crossings(crossing, [], [], broken=[0], anew=[0]) == []
    assert crossing.state == "raised"


records = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.5, 1.0, 2.0, -1.0, -3.0]),  # seconds since the one before: some are late
        st.sampled_from([-1, 0, 1, 1]),
        st.sampled_from(["", "", "", "", "gap", "run"]),  # before it
    ),
    max_size=60,
)


@given(records, st.sampled_from([0.0, 1.0, 2.5]), st.lists(st.integers(0, 60)))
def test_batches_of_any_size_have_the_crossings_of_single_records(given_records, hold, cuts):
    ts = np.cumsum([each[0] for each in given_records]) if given_records else np.empty(0)
    codes = [each[1] for each in given_records]
    one = OneByOne(hold)
    expected, states = [], []
    for i, (_, code, mark) in enumerate(given_records):
        if mark:
            one.breaks(mark == "run")
        if (found := one.take(ts[i], code)) is not None:
            expected.append((i, *found))
        states.append(one.state)

    crossing = Crossing(hold)
    got = []
    edges = [0, *sorted(cut for cut in cuts if cut < len(ts)), len(ts)]
    for begin, end in pairwise(edges):
        marks = {
            kind: [i - begin for i in range(begin, end) if given_records[i][2] == kind]
            for kind in ("gap", "run")
        }
        found = crossings(crossing, ts[begin:end], codes[begin:end], marks["gap"], marks["run"])
        got += [(at + begin, raised, since) for at, raised, since in found]
        if end:
            assert crossing.state == states[end - 1]
    assert got == expected


def test_values_that_flap_take_no_loop_over_records(monkeypatch):
    """Half a million crossings: numpy is called as often as for a handful."""
    calls = []
    crossing = Crossing(0)
    whole = crossing._take_piece
    monkeypatch.setattr(crossing, "_take_piece", lambda *args: calls.append(1) or whole(*args))
    n = 500_000
    crossed = crossing.take(np.arange(n, dtype=float), np.tile(np.array([1, -1], np.int8), n // 2))
    assert (len(crossed.at), len(calls)) == (n, 1)
    assert crossed.since[:4].tolist() == [0.0, 0.0, 2.0, 2.0]
