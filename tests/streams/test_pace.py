"""How often data usually arrive, and when a pause is longer than usual."""

from __future__ import annotations

import itertools

import pytest

from realtime_widgets.streams import Stream
from realtime_widgets.streams.pace import MIN_QUIET, UNKNOWN_QUIET, Pace, rounded_up


def paced(*pauses: float) -> Pace:
    pace = Pace()
    for arrived in itertools.accumulate([1000.0, *pauses]):
        pace.note(arrived)
    return pace


def test_before_data_have_arrived_twice_no_pace_is_known():
    assert Pace().quiet_after == paced().quiet_after == UNKNOWN_QUIET


@pytest.mark.parametrize(
    ("pauses", "quiet_after"),
    [
        ([0.05] * 20, MIN_QUIET),
        ([1.0] * 5, MIN_QUIET),
        ([4.0], 20.0),
        ([60.0] * 3, 200.0),
        ([3600.0] * 3, 20_000.0),
    ],
)
def test_three_usual_pauses_without_data_are_unusual(pauses: list[float], quiet_after: float):
    assert paced(*pauses).quiet_after == quiet_after


def test_a_batch_of_records_is_one_arrival():
    assert paced(*([0.001] * 99 + [10.0]) * 3).quiet_after == 50.0


def test_one_outage_is_no_habit():
    assert paced(*[2.0] * 5, 3600.0, *[2.0] * 5).quiet_after == 10.0


def test_pauses_that_come_again_are_one():
    assert paced(*([0.05] * 300 + [20.0]) * 3).quiet_after == 100.0


def test_a_pace_that_has_become_quicker_is_learned():
    assert paced(*[60.0] * 4, *[2.0] * 16).quiet_after == 10.0
    assert paced(*[60.0] * 4, *[0.5] * 2000, 1.0, *[0.5] * 2000).quiet_after < 200.0


def test_a_clear_and_a_clock_that_is_set_back_are_no_pauses():
    pace = paced(1.0, 1.0)
    for arrived in (float("-inf"), 5000.0, 10.0, 11.0):
        pace.note(arrived)
    assert pace.quiet_after == MIN_QUIET


@pytest.mark.parametrize(
    ("seconds", "least"), [(1.0, 1.0), (1.2, 2.0), (15.0, 20.0), (50.0, 50.0), (51.0, 100.0)]
)
def test_a_length_is_rounded_up_to_1_2_or_5(seconds: float, least: float):
    assert rounded_up(seconds) == least


def test_a_stream_learns_its_pace_from_what_is_noted_and_a_complete_one_has_none():
    now = 1000.0
    stream = Stream("s", clock=lambda: now)
    for _ in range(4):
        stream.append(1.0)
        stream.note_pace()
        now += 10.0
    assert stream.quiet_after == 50.0
    told: list[bool] = []
    stream.listen(lambda: told.append(stream.complete))
    stream.complete = True
    assert told == [True]
    assert stream.quiet_after is None
