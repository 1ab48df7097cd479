"""Buckets against brute force: every extreme is kept, every break, and old buckets never change."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_widgets.feeds.decimation import BREAK_AFTER, BREAK_BEFORE, Buckets, nice_step

Record = tuple[float, float]

times = st.floats(0.0, 30.0).map(lambda ts: round(ts, 2))
values = st.one_of(st.floats(-1e6, 1e6), st.just(math.nan), st.just(math.inf), st.just(-math.inf))
batches = st.lists(st.lists(st.tuples(times, values), min_size=1, max_size=30), min_size=1, max_size=8)

STEP, CAPACITY = 0.5, 16


def filled(pieces: list[list[Record]]) -> Buckets:
    buckets = Buckets(1, CAPACITY)
    for piece in pieces:
        add(buckets, piece)
    return buckets


def add(buckets: Buckets, piece: list[Record], **options: bool) -> None:
    ts = np.array([ts for ts, _ in piece])
    k = np.floor(ts / STEP).astype(np.int64)
    buckets.add(k, ts, np.array([[value for _, value in piece]]), **options)


def brute_force(records: list[Record]) -> dict[int, tuple[float, float, float, int]]:
    """Number → (first time, min, max, breaks), from all records at once. Equal times: the later record is last."""
    arrays: dict[int, list[Record]] = {}
    for ts, value in records:
        arrays.setdefault(math.floor(ts / STEP), []).append((ts, value if math.isfinite(value) else math.nan))
    newest = max(arrays)
    result = {}
    for k, cell in arrays.items():
        if k <= newest - CAPACITY:
            continue
        cell.sort(key=lambda record: record[0])  # stable
        finite = [value for _, value in cell if value == value]
        breaks = (BREAK_BEFORE if cell[0][1] != cell[0][1] else 0) | (
            BREAK_AFTER if cell[-1][1] != cell[-1][1] else 0
        )
        lo, hi = (min(finite), max(finite)) if finite else (math.nan, math.nan)
        result[k] = (cell[0][0], lo, hi, breaks)
    return result


def state(buckets: Buckets) -> dict[int, tuple[float, float, float, int]]:
    arrays = buckets.kept()
    rows = zip(arrays.k, arrays.x, arrays.lo[0], arrays.hi[0], arrays.breaks[0], strict=True)
    return {int(k): (float(x), float(lo), float(hi), int(breaks)) for k, x, lo, hi, breaks in rows}


def in_window_when_added(pieces: list[list[Record]]) -> list[Record]:
    """What brute force may see: a record too late for the window at its time was left out, rightly."""
    kept: list[Record] = []
    newest = -math.inf
    for piece in pieces:
        newest = max(newest, *(math.floor(ts / STEP) for ts, _ in piece))
        kept += [record for record in piece if math.floor(record[0] / STEP) > newest - CAPACITY]
    return kept


@settings(max_examples=400)
@given(batches)
def test_buckets_of_any_batches_equal_those_of_all_records_at_once(pieces: list[list[Record]]) -> None:
    found = state(filled(pieces))
    expected = brute_force(in_window_when_added(pieces))
    assert found.keys() == expected.keys()
    for k, (x, lo, hi, breaks) in expected.items():
        assert found[k][0] == x
        np.testing.assert_array_equal(found[k][1:3], (lo, hi))
        # Where two records share the first (or last) time of a bucket, either may be called the first.
        if sum(ts == x for ts, _ in in_window_when_added(pieces) if math.floor(ts / STEP) == k) == 1:
            assert found[k][3] & BREAK_BEFORE == breaks & BREAK_BEFORE
        assert found[k][3] & BREAK_AFTER == breaks & BREAK_AFTER


@given(batches)
def test_touched_hands_out_exactly_the_buckets_of_the_new_records(pieces: list[list[Record]]) -> None:
    buckets = Buckets(1, CAPACITY)
    for piece in pieces:
        before = state(buckets)
        add(buckets, piece)
        after = state(buckets)
        touched = set(buckets.touched().k.tolist())
        assert touched == {math.floor(ts / STEP) for ts, _ in piece} & after.keys()
        for k in after.keys() - touched:
            np.testing.assert_array_equal(after[k], before[k])  # an old bucket never changes
    assert len(buckets.touched()) == 0


def test_a_spike_of_one_sample_is_kept_exactly() -> None:
    ts = np.arange(100_000) / 10_000
    values = np.sin(ts)
    values[54_321] = 1e9
    buckets = Buckets(1, 64)
    buckets.add(np.floor(ts / 1.0).astype(np.int64), ts, values[None, :])
    assert buckets.kept().hi.max() == 1e9


def test_missed_records_break_the_line_before_the_next_one() -> None:
    buckets = filled([[(1.0, 5.0)]])
    add(buckets, [(2.0, 6.0), (2.6, 7.0)], broken=True)
    assert [row[3] for row in state(buckets).values()] == [0, BREAK_BEFORE, 0]


def test_series_share_times_but_not_breaks() -> None:
    buckets = Buckets(2, 4)
    buckets.add(np.array([0, 0]), np.array([0.0, 0.1]), np.array([[math.nan, 1.0], [2.0, math.nan]]))
    assert buckets.kept().breaks[:, 0].tolist() == [BREAK_BEFORE, BREAK_AFTER]


def test_since_keeps_one_bucket_before_the_edge() -> None:
    arrays = filled([[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (4.0, 4.0)]]).kept()
    assert arrays.since(2.5).x.tolist() == [2.0, 3.0, 4.0]
    assert arrays.since(0.0).x.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert arrays.since(9.0).x.tolist() == [4.0]


@given(st.floats(1e-9, 1e12))
def test_a_nice_step_is_of_the_1_2_5_series_and_near_the_ideal(ideal: float) -> None:
    step = nice_step(ideal)
    digit = float(f"{step:e}".split("e")[0])
    assert digit in (1.0, 2.0, 5.0)
    assert 0.6 * ideal - 1e-12 < step <= 1.5 * ideal


@pytest.mark.parametrize("ideal", [0.0, -1.0, math.nan, math.inf])
def test_no_step_for_what_is_no_width(ideal: float) -> None:
    with pytest.raises(ValueError, match="positive finite"):
        nice_step(ideal)
