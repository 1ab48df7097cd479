"""The estimator by value: told times and counts, it returns rates and what remains."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realtime_widgets.feeds.estimator import LONGEST, SHORTEST, Estimator

STEP = 0.1  # the sampler's


def steps(seconds: float, start: float = 0.0) -> Iterable[float]:
    return (start + STEP * (i + 1) for i in range(round(seconds / STEP)))


def run(estimator: Estimator, seconds: float, rate: float, *, start: float = 0.0, done: int = 0) -> int:
    """Tell it of a constant rate, ten times a second, as the sampler does; returns the count at the end."""
    count = done
    for now in steps(seconds, start):
        count = done + int((now - start) * rate + 1e-6)
        estimator.tell(now, count)
    return count


def test_nothing_is_known_before_something_is_counted():
    estimator = Estimator(0.0)
    estimator.tell(5.0, 0)
    assert (estimator.rate(9.0), estimator.remaining(9.0, 10)) == (None, None)


@pytest.mark.parametrize("rate", [0.02, 0.5, 1, 3, 10, 240, 1e6])
def test_a_constant_speed_is_that_from_the_first_item_on(rate: float):
    estimator = Estimator(0.0)
    seconds = max(10.0, 4 / rate)
    done = run(estimator, seconds, rate)
    assert estimator.rate(seconds) == pytest.approx(rate, rel=0.06)
    assert estimator.remaining(seconds, done + 100 * rate) == pytest.approx(100, rel=0.06, abs=1 / rate)


def test_what_remains_goes_down_between_two_slow_items():
    estimator = Estimator(0.0)
    run(estimator, 300, 1 / 60)
    left = [estimator.remaining(300 + after, 10) for after in (0, 20, 40, 59)]
    assert left == pytest.approx([300, 280, 260, 241], abs=2)
    assert estimator.rate(330) == pytest.approx(1 / 60, rel=0.01), "one that is on its way is not late"


def test_a_slow_start_is_soon_forgotten():
    estimator = Estimator(0.0)
    estimator.tell(30.0, 1)  # a first batch that compiles
    assert estimator.rate(30.0) == pytest.approx(1 / 30)
    done = 1
    rates = []
    for at in (31, 35, 40, 50):
        start = rates[-1][0] if rates else 30
        done = run(estimator, at - start, 10, start=start, done=done)
        rates.append((at, estimator.rate(at)))
    assert [rate for _, rate in rates] == pytest.approx([10] * 4, rel=0.05)


def test_after_a_slow_first_item_what_remains_is_known_within_a_second():
    estimator = Estimator(0.0)
    estimator.tell(60.0, 1)
    done = run(estimator, 1.2, 10, start=60, done=1)
    assert estimator.remaining(61.2, done + 1000) == pytest.approx(100, rel=0.1)


def test_so_it_is_where_items_are_slow_themselves():
    estimator = Estimator(0.0)
    for i, now in enumerate((600, 610, 620, 630)):
        estimator.tell(now, i + 1)
    assert estimator.rate(630) == pytest.approx(1 / 10)


def test_a_first_item_that_is_no_exception_is_not_forgotten():
    estimator = Estimator(0.0)
    for i, now in enumerate((4, 6, 8, 10)):
        estimator.tell(now, i + 1)
    assert estimator.rate(10) == pytest.approx(4 / 10, rel=0.05)


def test_workers_whose_first_batches_come_at_once_are_not_taken_for_faster():
    estimator = Estimator(0.0)
    rates = []
    for i in range(400):
        now = 4.0 + i * STEP
        estimator.tell(now, 8 * (i // 40) + min(8, i % 40 + 1))
        rates.append(estimator.rate(now))
    assert max(rate for rate in rates if rate) < 4.5


def test_a_stall_is_told_by_every_second_of_it():
    estimator = Estimator(0.0)
    done = run(estimator, 20, 10)
    rates = [estimator.rate(20 + after) for after in (0, 1, 2, 5, 10, 60, 600)]
    left = [estimator.remaining(20 + after, 2 * done) for after in (0, 1, 2, 5, 10, 60, 600)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 9
    assert rates == pytest.approx([50 / (5 + after) for after in (0, 1, 2, 5, 10, 60, 600)], rel=0.1)
    known = [each for each in left if each is not None]
    assert known == sorted(known)
    assert known[0] == pytest.approx(20, rel=0.1)


def test_what_remains_after_a_stall_is_as_before_it_soon():
    estimator = Estimator(0.0)
    done = run(estimator, 20, 10)
    done = run(estimator, 15, 10, start=50, done=done)
    assert estimator.rate(65) == pytest.approx(10, rel=0.35)
    done = run(estimator, 15, 10, start=65, done=done)
    assert estimator.rate(80) == pytest.approx(10, rel=0.05)


def test_bursts_are_no_stalls():
    """Eight workers deliver eight batches at once, every four seconds: two a second."""
    estimator = Estimator(0.0)
    done, rates = 0, []
    for i, now in enumerate(steps(120)):
        if i % 40 < 8:
            done += 1
        estimator.tell(now, done)
        if now > 30:
            rates.append(estimator.rate(now))
    assert min(rates) > 1.0
    assert max(rates) < 3.4
    assert math.fsum(rates) / len(rates) == pytest.approx(2, rel=0.2)


def test_another_speed_is_seen_within_seconds():
    estimator = Estimator(0.0)
    done = run(estimator, 60, 100)
    done = run(estimator, 10, 20, start=60, done=done)
    assert estimator.rate(70) == pytest.approx(20 + 80 * math.exp(-2), rel=0.1)


def test_another_total_is_reckoned_with_at_once():
    estimator = Estimator(0.0)
    done = run(estimator, 10, 10)
    assert estimator.remaining(10, done + 10) == pytest.approx(1, abs=0.15)
    assert estimator.remaining(10, done + 1000) == pytest.approx(100, rel=0.02)
    assert estimator.remaining(10, done) == 0.0
    assert estimator.remaining(10, done - 1) is None, "there are more than there should be"
    assert estimator.remaining(10, None) is None


def test_a_count_that_goes_back_begins_anew():
    estimator = Estimator(0.0)
    run(estimator, 10, 10)
    estimator.tell(11.0, 3)
    assert estimator.rate(11.0) is None
    estimator.tell(12.0, 8)
    assert estimator.rate(12.0) == pytest.approx(5)


def test_what_would_take_for_ever_is_not_known():
    estimator = Estimator(0.0)
    estimator.tell(1.0, 1)
    assert estimator.remaining(1.0, LONGEST / 2) is not None
    assert estimator.remaining(1.0, LONGEST * 2) is None


@example([(0.0, 1), (1.0, 0)], 0.0, None)
@given(
    st.lists(st.tuples(st.floats(0, 1e5, allow_nan=False), st.integers(0, 10**9)), min_size=1, max_size=60),
    st.floats(0, 1e6),
    st.one_of(st.none(), st.integers(0, 2**53)),
)
def test_a_rate_is_never_more_than_any_that_was_and_what_remains_is_a_length_of_time(
    told: list[tuple[float, int]], later: float, total: int | None
):
    estimator = Estimator(0.0)
    now, done, fastest, waiting, untold = 0.0, 0, 0.0, 0.0, 0
    for seconds, count in told:
        now, done, waiting, untold = now + seconds, done + count, waiting + seconds, untold + count
        before = estimator.rate(now)
        estimator.tell(now, done)
        if untold and waiting >= SHORTEST:  # what came with no time between belongs to the next
            fastest, waiting, untold = max(fastest, done / waiting), 0.0, 0
        assert before is None or before >= 0
    rate, left = estimator.rate(now + later), estimator.remaining(now + later, total)
    assert rate is None or 0 <= rate <= fastest * (1 + 1e-6)
    assert left is None or 0 <= left < LONGEST
