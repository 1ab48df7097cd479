"""Where records stand along an axis: numbers of buckets, runs, extents."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.feeds.axes import (
    FAR,
    FieldAxis,
    at_marks,
    axis_kind,
    axis_of,
    begins_run,
    coordinates,
    extent,
    newest_whole,
    origin_near,
)
from realtime_widgets.feeds.windows import Points
from realtime_widgets.streams import Stream


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
    expected = [i for i in range(len(x)) if not i or i in marked or x[i] < x[i - 1]]
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


# Values that float64 does not hold exactly


def stream_of(*values):
    stream = Stream("s")
    for value in values:
        stream.append(id=value)
    return stream.read()


@pytest.mark.parametrize("first", [10**18, -(10**18), 2**63 - 1, 10**40])
def test_an_axis_of_large_numbers_is_counted_from_a_round_number_near_the_newest(first):
    batch = stream_of(first, first + 1, None, first + 12, "text")
    axis = axis_of(batch, "id", 0.01, 100.0)
    assert axis.origin % 100 == 0
    assert 0 <= first + 12 - axis.origin < 100
    x = coordinates(batch, "id", axis.origin)
    there = np.isfinite(x)
    assert (x[there] + (axis.origin - first)).tolist() == [0.0, 1.0, 12.0]
    k, starts = axis.place(x[there], np.zeros(3, bool))
    assert (np.diff(k).tolist(), starts.tolist()) == ([100, 1100], [0])


def test_an_axis_whose_buckets_float64_tells_apart_has_no_origin():
    assert axis_of(stream_of(10**18, 10**18 + 1), "id", 2.0**40, 1.0).origin == 0
    assert axis_of(stream_of(1, 2), "id", 0.001, 1.0).origin == 0
    assert axis_of(stream_of(None), "id", 0.001, 1.0).origin == 0
    assert axis_of(stream_of(1), "other", 0.001, 1.0).origin == 0
    assert [FieldAxis("id", 2.0).is_far(x) for x in (-2 * FAR, 2 * FAR - 1, 10**400)] == [True, False, True]


def test_what_is_far_from_the_newest_falls_into_no_bucket_that_is_kept():
    k, _ = FieldAxis("id", 1e-4).place(np.array([-1e300, -1e18, 0.0, 1.0, 1e308]), np.zeros(5, bool))
    assert k.tolist() == [-FAR, -FAR, 0, 10_000, FAR]


def test_the_newest_value_has_all_its_digits():
    assert newest_whole(stream_of(10**25 + 1, 10**25 + 3, None), "id") == 10**25 + 3
    assert newest_whole(stream_of(1.5, -2.5), "id") == -3
    assert newest_whole(stream_of(None), "id") == 0
    assert [origin_near(-123_456, length) for length in (0.1, 10.0, 11.0)] == [-123_456, -123_460, -123_500]
