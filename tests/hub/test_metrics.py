"""The metrics of the hub. Pure, told the time."""

from __future__ import annotations

from realtime_widgets.hub.metrics import Metrics
from realtime_widgets.hub.traffic import Figures
from realtime_widgets.sources.machine import Reading


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
