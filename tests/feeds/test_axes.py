"""Where records stand along an axis: numbers of buckets, runs, extents."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.feeds.axes import FieldAxis, at_marks, axis_kind, begins_run, extent
from realtime_widgets.feeds.windows import Points


@pytest.mark.parametrize(
    ("x", "window", "kind"),
    [
        ("ts", 60.0, "time"),
        ("ts", "all", "time"),
        ("ts", Points(10), "records"),
        ("seq", "all", "records"),
        ("seq", 100.0, "records"),
        ("step", Points(10), "field"),
    ],
)
def test_the_kind_of_an_axis_follows_from_what_is_along_it_and_the_window(x, window, kind):
    assert axis_kind(x, window) == kind


steps = st.lists(st.integers(0, 30), min_size=1, max_size=40)


@given(steps, st.sets(st.integers(0, 39)), st.lists(st.integers(1, 7), max_size=20))
def test_buckets_of_runs_follow_each_other_however_the_records_come(x, marked, sizes):
    axis, width = FieldAxis("step", 3.0), 3.0
    marks = np.array([i in marked for i in range(len(x))])
    places = np.array(x, dtype=float)
    found, begun, at = [], [], 0
    for size in [*sizes, len(x)]:
        k, starts = axis.place(places[at : at + size], marks[at : at + size])
        found += k.tolist()
        begun += [at + start for start in starts.tolist()]
        at += size
    expected = [i for i in range(len(x)) if i in marked or (i and x[i] < x[i - 1])]
    assert begun == expected
    for i in range(1, len(x)):
        if i in begun:
            assert found[i] == found[i - 1] + 2, "a bucket is left free between runs"
        else:
            assert found[i] - found[i - 1] == x[i] // width - x[i - 1] // width


def test_the_extent_is_that_of_all_runs_and_the_sum_of_each():
    x = np.array([0.0, 10.0, 5.0, 30.0])
    assert extent(x, np.zeros(4, bool)) == (30.0, 35.0)
    assert extent(np.empty(0), np.empty(0, bool)) == (0.0, 0.0)


def test_a_run_begins_where_x_falls_back_and_where_one_is_marked():
    x = np.array([1.0, 2.0, 2.0, 1.0, 5.0])
    marked = np.array([False, False, False, False, True])
    assert begins_run(x, marked, None).tolist() == [False, False, False, True, True]
    assert begins_run(x, marked, 1.5)[0]


def test_marks_are_before_the_first_record_after_them():
    seq = np.array([5, 6, 9])
    assert at_marks([4, 6], seq).tolist() == [True, False, True]
    assert at_marks([3, 9], seq).tolist() == [False, False, False]
    assert at_marks([], seq).tolist() == [False, False, False]
