"""Rates of counters."""

from __future__ import annotations

import pytest

from realtime_widgets.browser.rates import WINDOW, Meter


def test_a_steady_counter_has_its_rate() -> None:
    meter = Meter(0, 0.0)
    for i in range(1, 401):
        meter.note(i * 5, i / 20)
    assert meter.rate(2000, 20.0) == pytest.approx(100.0, rel=0.05)


def test_the_rate_follows_within_its_span() -> None:
    meter = Meter(0, 0.0)
    for i in range(1, 201):
        meter.note(i * 50, i / 20)
    for i in range(201, 321):
        meter.note(10_000 + (i - 200), i / 20)
    assert meter.rate(10_120, 16.0) == pytest.approx(20.0, rel=0.1)


def test_a_counter_that_stands_still_has_none_even_without_readings() -> None:
    meter = Meter(0, 0.0)
    meter.note(100, 1.0)
    assert meter.rate(100, 1.0) > 0
    assert meter.rate(100, 1.0 + WINDOW) == 0.0


def test_a_burst_after_a_long_silence_counts_over_the_span() -> None:
    meter = Meter(0, 0.0)
    meter.note(10, 1.0)
    assert meter.rate(510, 100.0) == pytest.approx(500 / WINDOW)


def test_a_young_meter_counts_over_its_life() -> None:
    assert Meter(0, 10.0).rate(20, 11.0) == pytest.approx(20.0)
    assert Meter(5, 10.0).rate(5, 10.0) == 0.0


def test_what_happens_right_after_the_start_is_no_high_rate() -> None:
    assert Meter(0, 10.0).rate(1, 10.007) == 1.0
    assert Meter(0, 10.0).rate(30, 10.5) == 30.0
