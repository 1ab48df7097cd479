"""What is made of the values of a stretch of time, against all records."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.feeds import history
from realtime_widgets.feeds.history import MOST, History, Made

MADE: tuple[Made, ...] = ("mean", "max", "min", "sum", "rate")
T0 = 1_795_000_000.0


def truth(what: Made, records: list[tuple[float, float]], start: float, end: float) -> float:
    """The same of all records: by time, those of one time in order of arrival."""
    ordered = sorted((each for each in records if math.isfinite(each[1])), key=lambda each: each[0])
    values = [value for ts, value in ordered if start < ts <= end]
    if what == "rate":
        grown = 0.0
        for (_, before), (ts, value) in itertools.pairwise(ordered):
            if start < ts <= end:
                grown += value - before if value >= before else max(value, 0.0)
        return grown / (end - start)
    if not values:
        return 0.0 if what == "sum" else math.nan
    made: Any = {
        "mean": lambda: sum(values) / len(values),
        "max": lambda: max(values),
        "min": lambda: min(values),
    }
    return float(sum(values) if what == "sum" else made[what]())


def filled(records: list[tuple[float, float]], length: float = 10.0, before: float = 0.0) -> History:
    kept = History(length, before)
    ts, values = np.array(records, float).T
    kept.add(ts, values)
    return kept


numbers = st.one_of(st.integers(-1000, 1000).map(float), st.sampled_from([math.nan, math.inf, -math.inf]))
batches = st.lists(st.lists(st.tuples(st.integers(0, 300), numbers), min_size=1, max_size=12), max_size=12)


@given(batches, st.integers(0, 100), st.sampled_from([0, 7, 50]))
def test_whatever_way_records_come_what_is_made_of_them_is_what_all_of_them_make(
    steps: list[list[tuple[int, float]]], later: int, lag: int
):
    kept = History(10.0, float(lag))
    records: list[tuple[float, float]] = []
    end = T0
    for step in [*steps, []]:
        batch = [(T0 + place / 4, value) for place, value in step]
        records += batch
        if batch:
            ts, values = np.array(batch).T
            kept.add(ts, values)
            end = max([end, *(ts.tolist())])
        else:
            end += later / 4
        kept.forget(end)
        for what in MADE:
            for back in {0, lag}:
                stretch = end - back - 10.0, end - back
                wanted = truth(what, records, *stretch)
                assert kept.made(what, *stretch, 10.0) == pytest.approx(wanted, nan_ok=True), (what, back)


@given(batches)
def test_the_newest_two_are_those_of_greatest_time_and_of_one_time_the_later(
    steps: list[list[tuple[int, float]]],
):
    kept = History(10.0)
    records: list[tuple[float, float]] = []
    for step in steps:
        records += step
        ts, values = np.array(step, float).T
        kept.add(ts, values)
        kept.forget(max(ts for ts, _ in records))
    ordered = sorted((each for each in records if math.isfinite(each[1])), key=lambda each: each[0])
    assert kept.newest == ordered[-2:]


@given(batches, st.integers(-10, 320))
def test_what_held_at_a_time_is_the_newest_record_up_to_it(steps: list[list[tuple[int, float]]], at: int):
    kept = History(1000.0)
    records = [each for step in steps for each in step]
    for step in steps:
        ts, values = np.array(step, float).T
        kept.add(ts, values)
    ordered = sorted((each for each in records if math.isfinite(each[1])), key=lambda each: each[0])
    before = [each for each in ordered if each[0] <= at]
    assert kept.held(float(at)) == (before[-1] if before else None)
    assert kept.oldest() == (ordered[0] if ordered else None)
    assert kept.next_after(float(at)) == min((ts for ts, _ in ordered if ts > at), default=math.inf)


@pytest.mark.parametrize("late", [False, True], ids=["in order", "late"])
@pytest.mark.parametrize("size", [200, 30_000])
def test_of_many_records_there_are_few_cells_and_what_is_made_of_them_is_as_good(size: int, late: bool):
    rng = np.random.default_rng(7)
    kept = History(60.0, 240.0)
    ts = T0 + (np.arange(200_000) + rng.random(200_000) / 2) * 0.002
    values = np.cumsum(rng.random(200_000))  # a counter
    if late:
        places = np.argsort(np.arange(len(ts)) + rng.integers(0, 3000, len(ts)), kind="stable")
        ts, values = ts[places], values[places]
    most = 0
    for begin in range(0, len(ts), size):
        kept.add(ts[begin : begin + size], values[begin : begin + size])
        kept.forget(float(ts[: begin + size].max()))
        most = max(most, len(kept))
    assert most <= MOST + size
    end = float(ts.max())
    for lag in (0.0, 60.0, 237.0):
        start, stop = end - lag - 60.0, end - lag
        inside = values[(ts > start) & (ts <= stop)]
        assert kept.made("sum", start, stop, 60.0) == pytest.approx(inside.sum(), rel=3e-4)
        assert kept.made("mean", start, stop, 60.0) == pytest.approx(inside.mean(), rel=3e-4)
        assert kept.made("rate", start, stop, 60.0) == pytest.approx(np.ptp(inside) / 60, rel=3e-3)
        cell = 2 * 300 / history.COARSE * 500 * 0.5  # what a counter grows by in two cells
        assert kept.made("max", start, stop, 60.0) == pytest.approx(inside.max(), abs=cell)
        assert kept.made("min", start, stop, 60.0) == pytest.approx(inside.min(), abs=cell)


def test_nothing_of_many_records_is_lost_where_none_are_at_the_edge():
    """Whole numbers, whose sums are exact, within a window that begins before them all."""
    rng = np.random.default_rng(8)
    values = rng.integers(0, 1000, 100_000).astype(float)
    kept = filled([(T0 + i / 10_000, value) for i, value in enumerate(values)], 60.0)
    kept.forget(T0 + 10)
    assert len(kept) < MOST
    assert kept.made("sum", T0 - 50, T0 + 10, 60.0) == values.sum()
    assert kept.made("max", T0 - 50, T0 + 10, 60.0) == values.max()
    assert kept.made("mean", T0 - 50, T0 + 10, 60.0) == pytest.approx(values.mean(), rel=1e-12)
    grown = np.where(np.diff(values) >= 0, np.diff(values), values[1:]).sum()
    assert kept.made("rate", T0 - 50, T0 + 10, 60.0) == pytest.approx(grown / 60, rel=1e-12)


def test_a_counter_that_falls_has_begun_again_at_nothing():
    kept = filled([(0, 100), (1, 130), (2, 5), (3, 15)])
    assert kept.made("rate", -1, 9, 10.0) == (30 + 5 + 10) / 10
    assert kept.made("rate", 1, 3, 2.0) == (5 + 10) / 2
    assert filled([(0, 5), (1, -3)]).made("rate", -1, 9, 10.0) == 0


def test_growth_counts_with_the_record_that_tells_it():
    kept = filled([(0, 0), (9, 90), (11, 100)])
    kept.forget(12.0)
    assert kept.made("rate", 2, 12, 10.0) == 10.0
    assert kept.made("rate", 9.5, 12, 2.5) == 4.0


def test_nothing_has_no_mean_and_no_extremes_and_a_sum_of_0():
    kept = filled([(0, 5)])
    kept.forget(100.0)
    made = {what: kept.made(what, 90, 100, 10.0) for what in MADE}
    assert made == pytest.approx(
        {"mean": math.nan, "max": math.nan, "min": math.nan, "sum": 0, "rate": 0}, nan_ok=True
    )
    assert kept.held(100.0) == (0, 5)
    kept.clear()
    assert (kept.held(100.0), kept.oldest(), kept.newest, len(kept)) == (None, None, [], 0)


def test_numbers_too_large_to_be_summed_have_a_mean():
    kept = filled([(0, 1.5e308), (1, 1.5e308)])
    assert kept.made("mean", -1, 9, 10.0) == 1.5e308
    assert kept.made("sum", -1, 9, 10.0) == math.inf


def test_a_counter_read_twice_at_once_has_no_rate():
    kept = filled([(0, 1), (0, 2)])
    assert math.isnan(kept.made("rate", -10, 0, 0.0))
    assert filled([(0, 1)]).made("rate", -10, 0, 0.0) == 0
