"""Buckets as columns."""

from __future__ import annotations

import numpy as np

from realtime_widgets.feeds.decimation import Buckets
from realtime_widgets.feeds.packing import columns_of


def buckets_of(*records: tuple[float, float], step: float = 1.0) -> Buckets:
    x, values = np.array(records).T
    buckets = Buckets(1, 16)
    buckets.add(np.floor(x / step).astype(np.int64), x, values[None])
    return buckets


def test_nothing_is_no_column():
    assert columns_of(Buckets(1, 4).kept(), 1.0, "time") == {}


def test_a_bucket_of_one_record_says_one_value_and_its_place():
    columns = columns_of(buckets_of((10.0, 1.0), (12.2, 2.0)).kept(), 1.0, "time")
    assert {name: column.tolist() for name, column in columns.items()} == {
        "k": [0, 2],
        "lo": [1.0, 2.0],
        "lo_at": [0, 51],
    }


def test_a_bucket_of_several_says_both_extremes_and_what_breaks():
    buckets = buckets_of((10.2, 5.0), (10.4, 1.0), (10.6, 3.0), (11.0, np.nan), (11.5, 2.0))
    columns = columns_of(buckets.kept(), 1.0, "field")
    assert {name: column.tolist() for name, column in columns.items()} == {
        "k": [0, 1],
        "x": [10.0, 11.0],
        "lo": [1.0, 2.0],
        "hi": [5.0, 2.0],
        "lo_at": [102, 128],
        "hi_at": [51, 128],
        "flags": [0, 1],
    }


def test_records_that_are_sent_unchanged_need_no_place():
    assert set(columns_of(buckets_of((1.0, 1.0), (2.0, 5.0)).kept(), 1.0, "records")) == {"k", "lo"}


def test_what_opens_and_closes_buckets_is_said_where_the_line_runs_on_for_long():
    near = [(10.0, 5.0), (10.1, 0.0), (10.2, 10.0), (10.3, 6.0)]
    for far, said in (([(12.0, 1.0)], False), ([(19.0, 1.0)], True)):
        columns = columns_of(buckets_of(*near, *far).kept(), 1.0, "time")
        assert ("open" in columns) == said
    np.testing.assert_array_equal([columns["open"], columns["close"]], [[5.0, np.nan], [6.0, np.nan]])
    assert "flags" not in columns
    assert "open" not in columns_of(buckets_of((1.0, 5.0), (9.0, 6.0)).kept(), 1.0, "time"), "one value each"
