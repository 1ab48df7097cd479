"""What names say of numbers, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.feeds.guesses import guessed


@pytest.mark.parametrize(
    ("field", "words", "settings"),
    [
        ("memory_bytes", "memory", {"format": "bytes"}),
        ("bytesPerSecond", "bytes per second", {"format": "bytes", "unit": "/s"}),
        ("rx_bytes_per_sec", "rx", {"format": "bytes", "unit": "/s"}),
        ("latency_ms", "latency", {"format": "duration"}),
        ("latencyMilliseconds", "latency", {"format": "duration"}),
        ("uptime_seconds", "uptime", {"unit": "s"}),
        ("room.celsius", "room", {"unit": "°C"}),
        ("disk_gb", "disk", {"unit": "GB"}),
        ("price_usd", "price", {"unit": "USD"}),
        ("power_watts", "power", {"format": "si", "unit": "W"}),
        ("requests_per_second", "requests", {"unit": "/s"}),
        ("requestsPerMinute", "requests", {"unit": "/min"}),
        ("bytes", "bytes", {"format": "bytes"}),
        ("ms", "ms", {"format": "duration"}),
    ],
)
def test_a_unit_at_the_end_of_a_name_is_that_of_its_numbers(field: str, words: str, settings: dict[str, Any]):
    guess = guessed(field, lambda: [])
    assert (guess.words, guess.settings) == (words, settings)


@pytest.mark.parametrize(
    "field",
    [
        "error_rate",
        "hit_ratio",
        "loss",
        "bytes_read",
        "items",
        "forms",
        "users_us",
        "seconds_per_second",
        "dollars_usd_per_day",
        "ms_per_second",
        "percent_per_minute",
        "per_second",
        "created_ms",
        "timestamp_ms",
        "updatedAtMilliseconds",
        "epoch_seconds",
        "last_seen_seconds",
        "x",
        "_",
        "温度",
        "\ud800",
        "",
    ],
)
def test_what_is_not_certain_is_not_guessed(field: str):
    assert guessed(field, lambda: [1e9]).settings == {}


@pytest.mark.parametrize(
    ("field", "number", "settings"),
    [
        ("response_time_ms", 94_000.0, {"format": "duration"}),
        ("response_time_ms", float("nan"), {"format": "duration"}),
        ("time_ms", 1.79e12, {}),
        ("uptime_seconds", 9e7, {"unit": "s"}),
        ("server_seconds", 1.79e9, {}),
    ],
)
def test_numbers_of_today_are_moments_and_no_durations(field: str, number: float, settings: dict[str, Any]):
    guess = guessed(field, lambda: [0.0, number])
    assert guess.settings == settings
    assert (guess.words == field.replace("_", " ")) == (not settings)


def test_a_percentage_is_of_a_hundred_only_when_a_number_is_greater_than_1():
    assert guessed("cpu_percent", lambda: [0.5, 42.0]).settings == {"unit": "%", "precision": 1}
    assert guessed("cpu_pct", lambda: [float("nan"), -5.0]).words == "CPU"
    for numbers in ([], [0.0, 1.0, -0.5], [float("nan")]):
        guess = guessed("cpu_percent", lambda numbers=numbers: numbers)
        assert (guess.words, guess.settings) == ("CPU percent", {})


@pytest.mark.parametrize(
    ("field", "icon"), [("cpu", "🖥️"), ("diskFree", "💾"), ("active_users", "👥"), ("cpus", ""), ("loss", "")]
)
def test_an_icon_is_that_of_a_whole_word(field: str, icon: str):
    assert guessed(field, lambda: []).icon == icon
