"""Traffic: what was handled in the last minute. Pure, told the time."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.hub.traffic import WINDOW, Figures, Traffic


def test_without_messages_there_is_no_rate():
    figures = Traffic().figures(1000.0)
    assert figures == Figures()
    assert (figures.failed_share, figures.mean_seconds) == (None, None)


def test_messages_are_counted_with_their_time_and_their_failures():
    traffic = Traffic()
    traffic.note(100.0, 0.25)
    traffic.note(100.5, 0.5, failed=True)
    traffic.note(130.0, 0.75)
    traffic.note(131.0, 0.5)
    figures = traffic.figures(131.0)
    assert (figures.handled, figures.failed_share, figures.mean_seconds) == (4, 0.25, 0.5)


def test_a_message_counts_for_a_minute():
    traffic = Traffic()
    traffic.note(100.2, 0.5)
    assert traffic.figures(159.9).handled == 1
    assert traffic.figures(160.0).handled == 0
    assert traffic.figures(160.0).mean_seconds is None


@given(
    st.lists(st.tuples(st.floats(0, 30), st.floats(0, 10), st.booleans()), max_size=60),
    st.floats(0, 100),
)
def test_the_window_is_what_a_list_of_everything_says(notes: list[tuple[float, float, bool]], wait: float):
    traffic = Traffic()
    now, all_of_it = 1000.0, []
    for pause, seconds, failed in notes:
        now += pause
        traffic.note(now, seconds, failed=failed)
        all_of_it.append((now, seconds, failed))
    now += wait
    figures = traffic.figures(now)
    # It slides by whole seconds: what is older than 60 s never counts, what is younger than 59 always does.
    assert sum(at > now - WINDOW + 1 for at, _, _ in all_of_it) <= figures.handled
    assert figures.handled <= sum(at > now - WINDOW for at, _, _ in all_of_it)
    counted = all_of_it[len(all_of_it) - figures.handled :]
    assert figures.failed == sum(failed for _, _, failed in counted)
    assert figures.seconds == pytest.approx(sum(seconds for _, seconds, _ in counted))


def test_its_size_does_not_depend_on_the_rate():
    traffic, chance = Traffic(), random.Random(1)
    for i in range(20_000):
        traffic.note(i / 100 + chance.random() / 1000, 0.001)
    assert len(traffic._seconds) <= WINDOW
    assert traffic.figures(200.0).handled == pytest.approx(60 * 100, rel=0.02)
