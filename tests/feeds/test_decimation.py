"""Buckets against brute force: every extreme and its place is kept, every break, and old buckets never change."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_widgets.feeds.decimation import (
    ABSENT,
    BESIDE_GAP,
    BREAK_AFTER,
    BREAK_BEFORE,
    NEW_RUN,
    PIXEL,
    Buckets,
    nice_step,
)
from realtime_widgets.streams.columns import ABSENT_NUMBER

Record = tuple[float, float | None]
"""A place, and a value; None: the record leaves the field out."""

times = st.floats(0.0, 30.0).map(lambda ts: round(ts, 2))
values = st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from([1.0, math.nan, math.inf, -math.inf]))
batches = st.lists(st.lists(st.tuples(times, values), min_size=1, max_size=30), min_size=1, max_size=8)

STEP, CAPACITY = 0.5, 16


class Content(NamedTuple):
    """Of one bucket: where its first record is; extremes with their places; breaks."""

    x: float
    lo: float
    hi: float
    lo_x: float
    hi_x: float
    flags: int


def filled(pieces: list[list[Record]]) -> Buckets:
    buckets = Buckets(1, CAPACITY)
    for piece in pieces:
        add(buckets, piece)
    return buckets


def add(buckets: Buckets, piece: list[Record], **options: bool) -> None:
    ts = np.array([ts for ts, _ in piece])
    k = np.floor(ts / STEP).astype(np.int64)
    numbers = [ABSENT_NUMBER if value is None else value for _, value in piece]
    buckets.add(k, ts, np.array([numbers]), **options)


def content(records: list[Record]) -> Content:
    """Of one bucket, from its records. Equal times: the later record is last."""
    cell = sorted(records, key=lambda record: record[0])  # stable
    x = cell[0][0]
    said = [(ts, value if math.isfinite(value) else math.nan) for ts, value in cell if value is not None]
    if not said:
        return Content(x, *[math.nan] * 4, ABSENT)
    breaks = (BREAK_BEFORE if math.isnan(said[0][1]) else 0) | (BREAK_AFTER if math.isnan(said[-1][1]) else 0)
    finite = [(ts, value) for ts, value in said if not math.isnan(value)]
    if not finite:
        return Content(x, *[math.nan] * 4, breaks)
    lo, hi = (extreme(value for _, value in finite) for extreme in (min, max))
    lo_x = min(ts for ts, value in finite if value == lo)
    hi_x = max(ts for ts, value in finite if value == hi)
    return Content(x, lo, hi, lo_x, hi_x, breaks)


def by_number(records: list[Record]) -> dict[int, list[Record]]:
    cells: dict[int, list[Record]] = {}
    for record in records:
        cells.setdefault(math.floor(record[0] / STEP), []).append(record)
    return cells


def state(buckets: Buckets) -> dict[int, Content]:
    arrays = buckets.kept()
    parts = (arrays.lo[0], arrays.hi[0], arrays.lo_x[0], arrays.hi_x[0], arrays.flags[0])
    rows = zip(arrays.k, arrays.x, *parts, strict=True)
    return {int(k): Content(*map(float, numbers), int(flags)) for k, *numbers, flags in rows}


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
    cells = by_number(in_window_when_added(pieces))
    newest = max(cells)
    assert found.keys() == {k for k in cells if k > newest - CAPACITY}
    for k, seen in found.items():
        expected = content(cells[k])
        drawn = not math.isnan(expected.lo)
        np.testing.assert_array_equal(seen[: 5 if drawn else 3], expected[: 5 if drawn else 3])
        assert seen.flags & ABSENT == expected.flags & ABSENT
        # Where two records share the first (or last) time of a bucket, either may be called the first.
        said = [ts for ts, value in cells[k] if value is not None]
        if said.count(min(said, default=0.0)) == 1:
            assert seen.flags & BREAK_BEFORE == expected.flags & BREAK_BEFORE
        assert seen.flags & BREAK_AFTER == expected.flags & BREAK_AFTER


@settings(max_examples=400)
@given(batches)
def test_the_lead_is_the_last_value_before_the_buckets_that_are_kept(pieces: list[list[Record]]) -> None:
    ordered = sorted((record for piece in pieces for record in piece), key=lambda record: record[0])
    ordered = [record for i, record in enumerate(ordered) if i == 0 or ordered[i - 1][0] < record[0]]
    size = max(1, len(ordered) // 3)
    buckets = filled([ordered[i : i + size] for i in range(0, len(ordered), size)])
    oldest = math.floor(ordered[-1][0] / STEP) - CAPACITY
    before = [(ts, value) for ts, value in ordered if math.floor(ts / STEP) <= oldest and value is not None]
    (lead,) = buckets.lead()
    if not before or not math.isfinite(before[-1][1]):
        assert lead is None
        return
    # Of a bucket that was kept once, the place of the later extreme is left.
    same = [ts for ts, _ in before if math.floor(ts / STEP) == math.floor(before[-1][0] / STEP)]
    assert lead is not None
    assert lead[0] in same
    assert lead[1] == before[-1][1]


def test_a_break_at_a_bucket_that_leaves_the_series_out_is_kept() -> None:
    buckets = filled([[(0.0, 1.0)], [(0.6, None)]])
    add(buckets, [(1.2, None)], broken=True)
    assert buckets.kept().flags.tolist() == [[0, ABSENT, ABSENT | BREAK_BEFORE]]
    add(buckets, [(1.3, 2.0)])
    assert buckets.kept().flags.tolist() == [[0, ABSENT, BREAK_BEFORE]]
    add(buckets, [(1.4, None)], broken=True)
    assert buckets.kept().flags.tolist() == [[0, ABSENT, BREAK_BEFORE | BREAK_AFTER]]


def test_a_break_after_the_last_value_leaves_no_lead() -> None:
    buckets = filled([[(0.0, 1.0)]])
    add(buckets, [(0.6, None)], broken=True)
    add(buckets, [(8.0, 3.0)])
    assert buckets.lead() == [(0.0, 1.0)], "the break is kept itself"
    add(buckets, [(8.6, 3.0)])
    assert buckets.lead() == [None]


def test_a_run_that_begins_in_a_bucket_begins_there_whatever_comes_later() -> None:
    buckets = filled([[(0.0, 1.0)], [(0.6, None)]])
    buckets.flag(np.array([1]), BREAK_BEFORE | NEW_RUN)
    add(buckets, [(0.7, 1.0)])
    add(buckets, [(0.8, 2.0)])
    assert buckets.kept().flags.tolist() == [[0, BREAK_BEFORE | NEW_RUN]]
    add(buckets, [(8.0, 3.0)])
    assert buckets.lead() == [None], "what leads in is of the run before"


@given(batches)
def test_touched_hands_out_exactly_the_buckets_of_the_new_records(pieces: list[list[Record]]) -> None:
    buckets = Buckets(1, CAPACITY)
    for piece in pieces:
        before = state(buckets)
        add(buckets, piece)
        after = state(buckets)
        touched = set(buckets.touched().k.tolist())
        new = {math.floor(ts / STEP) for ts, _ in piece} & after.keys()
        assert touched >= new
        for k in touched - new:
            assert after[k].lo < after[k].hi
            assert after[k].flags == before[k].flags | BESIDE_GAP, "what closes it matters from now on"
        for k in after.keys() - new:  # an old bucket never changes
            np.testing.assert_array_equal(after[k][:5], before[k][:5])
    assert len(buckets.touched()) == 0


def test_a_spike_of_one_sample_is_kept_exactly() -> None:
    ts = np.arange(100_000) / 10_000
    values = np.sin(ts)
    values[54_321] = 1e9
    buckets = Buckets(1, 64)
    buckets.add(np.floor(ts / 1.0).astype(np.int64), ts, values[None, :])
    assert buckets.kept().hi.max() == 1e9


def test_a_bucket_of_equal_values_keeps_both_its_ends() -> None:
    (seen,) = state(filled([[(1.1, 5.0), (1.2, 5.0)], [(1.4, 5.0)], [(1.3, 5.0)]])).values()
    assert (seen.lo_x, seen.hi_x) == (1.1, 1.4)


def test_missed_records_break_the_line_before_the_next_one() -> None:
    buckets = filled([[(1.0, 5.0)]])
    add(buckets, [(2.0, 6.0), (2.6, 7.0)], broken=True)
    assert [row.flags for row in state(buckets).values()] == [0, BREAK_BEFORE, 0]


def test_a_break_before_a_record_that_leaves_the_field_out_is_before_the_next_that_has_it() -> None:
    buckets = filled([[(1.0, 5.0)]])
    add(buckets, [(2.0, None), (2.6, 7.0)], broken=True)
    assert [row.flags for row in state(buckets).values()] == [0, ABSENT, BREAK_BEFORE]


def test_series_share_times_but_not_breaks() -> None:
    buckets = Buckets(2, 4)
    buckets.add(np.array([0, 0]), np.array([0.0, 0.1]), np.array([[math.nan, 1.0], [2.0, math.nan]]))
    assert buckets.kept().flags[:, 0].tolist() == [BREAK_BEFORE, BREAK_AFTER]


def test_flags_are_set_for_buckets_that_are_kept() -> None:
    buckets = filled([[(0.0, 1.0), (20.0, 2.0)]])
    buckets.flag(np.array([0, 40]), NEW_RUN)
    assert [row.flags & ~BESIDE_GAP for row in state(buckets).values()] == [NEW_RUN]


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


def test_a_break_before_records_that_are_too_old_is_none_before_those_that_are_kept() -> None:
    buckets = Buckets(2, 4)
    x = np.arange(10.0)
    values = np.stack([x, np.where(x < 9, ABSENT_NUMBER, x)])
    buckets.add(np.array([-1]), np.array([-1.0]), np.array([[5.0], [5.0]]))
    buckets.add(x.astype(np.int64), x, values, broken=True)
    assert buckets.kept().flags.tolist() == [[0, 0, 0, 0], [ABSENT, ABSENT, ABSENT, BESIDE_GAP]]
    assert buckets.lead() == [(5.0, 5.0), None]


@settings(max_examples=400)
@given(batches)
def test_what_opens_and_closes_a_bucket_is_kept_and_flagged_where_the_line_runs_on_for_long(
    pieces: list[list[Record]],
) -> None:
    ordered = sorted((record for piece in pieces for record in piece), key=lambda record: record[0])
    size = max(1, len(ordered) // 3)
    arrays = filled([ordered[i : i + size] for i in range(0, len(ordered), size)]).kept()
    said = {
        k: [value if math.isfinite(value) else math.nan for _, value in cell if value is not None]
        for k, cell in by_number(ordered).items()
    }
    there = sorted(k for k, cell in said.items() if cell)
    beside = {k for one, other in pairwise(there) if other - one > PIXEL for k in (one, other)}
    for k, begin, end, flags in zip(arrays.k, arrays.open[0], arrays.close[0], arrays.flags[0], strict=True):
        if said[k]:
            np.testing.assert_array_equal([begin, end], [said[k][0], said[k][-1]])
            assert bool(flags & BESIDE_GAP) == (k in beside)


def test_a_late_bucket_that_divides_a_gap_is_beside_one() -> None:
    buckets = filled([[(0.0, 1.0), (0.1, 2.0)], [(7.0, 1.0)], [(3.5, 5.0), (3.6, 6.0)], [(3.7, 0.0)]])
    assert [flags & BESIDE_GAP for flags in buckets.kept().flags[0].tolist()] == [BESIDE_GAP] * 3


def test_a_gap_longer_than_what_is_kept_brings_the_lead() -> None:
    buckets = filled([[(0.0, 5.0), (0.1, 0.0), (0.2, 10.0), (0.3, 6.0)]])
    buckets.touched()
    add(buckets, [(100.0, 1.0)])
    assert buckets.skipped, "the page cannot know what closed the bucket that is gone"
    assert buckets.lead() == [(0.2, 6.0)]
