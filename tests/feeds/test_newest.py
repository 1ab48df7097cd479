"""The newest value of each field."""

from __future__ import annotations

import math

import numpy as np

from realtime_widgets.feeds.newest import NewestValues
from realtime_widgets.streams.columns import ABSENT_NUMBER as ABSENT

nan = math.nan


def test_the_newest_place_counts_not_the_order_of_arrival_and_of_one_place_the_later_record():
    newest = NewestValues(1)
    order = np.array([3.0, 1.0, 3.0, 2.0])
    newest.note(order, order + 100, np.array([[1.0, 2.0, 3.0, 4.0]]))
    assert (newest.values, newest.at, newest.ts) == ([3.0], [3.0], [103.0])
    newest.note(np.array([2.5]), np.array([102.5]), np.array([[9.0]]))
    assert newest.values == [3.0]
    newest.note_one(104.0, 5.0)
    assert (newest.values, newest.at, newest.ts) == ([5.0], [104.0], [104.0])


def test_an_absent_value_says_nothing_and_a_missing_one_does():
    newest = NewestValues(2)
    ts = np.array([1.0, 2.0])
    newest.note(ts, ts, np.array([[1.0, ABSENT], [2.0, nan]]))
    assert newest.values[0] == 1.0
    assert math.isnan(newest.values[1])
    assert newest.ts == [1.0, 2.0]
