"""The time that the other side has for an answer, and that a stall of our own does not count against it."""

from __future__ import annotations

import pytest

from realtime_widgets.client.timeout import Timeout
from realtime_widgets.protocol.heartbeat import STALL_THRESHOLD
from support.fake_clock import FakeClock


@pytest.fixture
def over() -> list[float]:
    """When it was over."""
    return []


def begin(clock: FakeClock, seconds: float, over: list[float]) -> Timeout:
    return Timeout(clock, seconds, lambda: over.append(clock.time()))


def test_it_is_over_at_its_end_and_once(fake_clock: FakeClock, over: list[float]):
    end = fake_clock.time() + 5
    begin(fake_clock, 5, over)
    fake_clock.turn(4.9)
    assert over == []
    fake_clock.turn(100)
    assert over == [end]


def test_one_that_was_cancelled_is_never_over(fake_clock: FakeClock, over: list[float]):
    begin(fake_clock, 5, over).cancel()
    fake_clock.turn(100)
    assert over == []


def test_to_cancel_one_that_is_over_is_fine(fake_clock: FakeClock, over: list[float]):
    timeout = begin(fake_clock, 5, over)
    fake_clock.turn(5)
    timeout.cancel()
    assert len(over) == 1


def test_where_we_stood_still_there_is_time_left_to_read_what_came(fake_clock: FakeClock, over: list[float]):
    begin(fake_clock, 5, over)
    fake_clock.stall(5 + STALL_THRESHOLD)
    assert over == []
    fake_clock.turn(STALL_THRESHOLD)
    assert len(over) == 1


def test_to_be_a_little_late_is_no_stall(fake_clock: FakeClock, over: list[float]):
    begin(fake_clock, 5, over)
    fake_clock.stall(5 + STALL_THRESHOLD / 2)
    assert len(over) == 1


def test_an_answer_that_is_read_after_a_stall_still_counts(fake_clock: FakeClock, over: list[float]):
    timeout = begin(fake_clock, 5, over)
    fake_clock.stall(60)
    timeout.cancel()
    fake_clock.turn(60)
    assert over == []
