"""What the hub says of itself: traffic, metrics, events. Pure, told the time."""

from __future__ import annotations

import logging
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.hub import events as module
from realtime_widgets.hub.events import BURST, REFILL_INTERVAL, Events, TokenBucket
from realtime_widgets.hub.metrics import Metrics
from realtime_widgets.hub.traffic import WINDOW, Figures, Traffic
from realtime_widgets.sources.machine import Reading

# Traffic


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


# Metrics


class Readings:
    """Readings as a list gives them."""

    def __init__(self, *readings: Reading) -> None:
        self._left = list(readings)

    def __call__(self) -> Reading:
        return self._left.pop(0)


def reading(at: float, busy: float, total: float, memory: float = 0.5) -> Reading:
    return Reading(at, cpu_busy=busy, cpu_total=total, memory=memory)


def test_the_six_metrics_are_what_was_measured():
    metrics = Metrics(Readings(reading(1.0, 10, 100), reading(2.0, 10.5, 102, memory=0.75)))
    assert metrics.measure(3, Figures(handled=8, failed=2, seconds=0.016)) == {
        "activeUsers": 3,
        "requestsPerMinute": 8,
        "errorRate": 0.25,
        "avgResponseTime": 2.0,
        "systemLoad": 0.25,
        "memoryUsage": 0.75,
    }


def test_what_is_not_known_is_none_and_never_zero():
    nothing = Reading(1.0)
    metrics = Metrics(Readings(nothing, nothing)).measure(0, Figures())
    assert metrics == {
        "activeUsers": 0,
        "requestsPerMinute": 0,
        "errorRate": None,
        "avgResponseTime": None,
        "systemLoad": None,
        "memoryUsage": None,
    }


def test_two_looks_in_quick_succession_are_one_look_at_the_processor():
    metrics = Metrics(
        Readings(reading(1.0, 0, 0), reading(2.0, 1, 2), reading(2.01, 1.02, 2.02), reading(3.0, 1, 4))
    )
    loads = [metrics.measure(0, Figures())["systemLoad"] for _ in range(3)]
    assert loads == [0.5, 0.5, 0.0]


def test_this_machine_has_a_load_and_a_memory():
    metrics = Metrics()
    found = metrics.measure(0, Figures())
    assert found["memoryUsage"] is not None
    assert 0 < found["memoryUsage"] <= 1
    assert found["systemLoad"] is None or 0 <= found["systemLoad"] <= 1


# Events


def test_a_ration_allows_a_burst_and_then_one_at_a_time():
    ration = TokenBucket(100.0)
    assert [ration.take(100.0) for _ in range(BURST + 3)] == [True] * BURST + [False] * 3
    assert ration.skipped == 3
    assert not ration.take(100.0 + REFILL_INTERVAL * 0.9)
    assert ration.take(100.0 + REFILL_INTERVAL * 1.1)
    assert not ration.take(100.0 + REFILL_INTERVAL * 1.2)


def test_a_rest_gives_back_a_burst_and_no_more():
    ration = TokenBucket(0.0)
    for _ in range(BURST):
        ration.take(0.0)
    assert sum(ration.take(10_000.0) for _ in range(3 * BURST)) == BURST


def test_events_have_a_level_a_source_and_a_text_and_are_logged(caplog: pytest.LogCaptureFixture):
    said: list[Any] = []
    with caplog.at_level(logging.INFO, logger="realtime_widgets.hub"):
        Events(lambda channel, data: said.append((channel, data))).say("x", "warning", "watch out")
    assert said == [("events", {"level": "warning", "source": "hub", "message": "watch out"})]
    assert [(r.levelname, r.message) for r in caplog.records] == [("WARNING", "watch out")]


def test_events_of_one_kind_are_rationed_and_the_next_tells_how_many_were_left_out(
    monkeypatch: pytest.MonkeyPatch,
):
    class Cranked:
        now = 5.0

        def monotonic(self) -> float:
            return self.now

    clock, said = Cranked(), []
    monkeypatch.setattr(module, "time", clock)
    events = Events(lambda _, data: said.append(data["message"]))
    for _ in range(BURST + 7):
        events.say("noise", "info", "noise")
    events.say("other", "info", "other")
    assert said == ["noise"] * BURST + ["other"]
    clock.now += REFILL_INTERVAL
    events.say("noise", "info", "noise")
    assert said[-1] == "noise (and 7 more of this kind)"
    clock.now += REFILL_INTERVAL
    events.say("noise", "info", "noise")
    assert said[-1] == "noise"
