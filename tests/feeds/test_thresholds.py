"""The level of a number."""

from __future__ import annotations

import math

import pytest

from realtime_widgets.feeds.thresholds import level


@pytest.mark.parametrize(
    ("value", "good", "expected"),
    [(0.5, None, "normal"), (0.8, None, "warning"), (0.97, "down", "error"), (math.nan, None, "normal")],
)
def test_the_severest_threshold_reached_counts(value: float, good: str | None, expected: str) -> None:
    assert level(value, {0.8: "warning", 0.95: "error"}, good) == expected  # type: ignore[arg-type]


def test_where_large_values_are_good_thresholds_are_reached_from_above() -> None:
    thresholds = {100.0: "warning", 10.0: "error"}
    assert level(500.0, thresholds, "up") == "normal"  # type: ignore[arg-type]
    assert level(50.0, thresholds, "up") == "warning"  # type: ignore[arg-type]
    assert level(5.0, thresholds, "up") == "error"  # type: ignore[arg-type]
