"""Direction and level of a number."""

from __future__ import annotations

import math

import pytest

from realtime_widgets.feeds.trends import direction, level


@pytest.mark.parametrize(
    ("value", "baseline", "epsilon", "expected"),
    [
        (2.0, 1.0, 0.0, "up"),
        (1.0, 2.0, 0.0, "down"),
        (1.0, 1.0, 0.0, "neutral"),
        (1.05, 1.0, 0.1, "neutral"),
        (math.nan, 1.0, 0.0, "neutral"),
        (1.0, math.nan, 0.0, "neutral"),
        (math.inf, 1.0, 0.0, "neutral"),
    ],
)
def test_direction_is_the_sign_of_a_change_that_counts(
    value: float, baseline: float, epsilon: float, expected: str
) -> None:
    assert direction(value, baseline, epsilon) == expected


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
