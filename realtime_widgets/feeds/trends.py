"""Trends: the direction of a value since a baseline, and its severity by thresholds.

Pure functions over numbers; NaN means "not known".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

Direction = Literal["up", "down", "neutral"]
Severity = Literal["normal", "warning", "error"]

SEVERITIES: tuple[Severity, ...] = ("normal", "warning", "error")
"""From the least severe to the most severe."""


def direction(value: float, baseline: float, epsilon: float = 0.0) -> Direction:
    """Return the direction of a value since its baseline.

    Args:
        value: the newest value.
        baseline: the value it is compared with.
        epsilon: a difference up to this, in the value's unit, counts as no change.

    Returns:
        `neutral` when either is NaN or infinite.
    """
    change = value - baseline
    if not math.isfinite(change) or abs(change) <= epsilon:
        return "neutral"
    return "up" if change > 0 else "down"


def level(value: Any, thresholds: Mapping[Any, Severity], good: Literal["up", "down", None]) -> Severity:
    """Return the most severe level whose threshold the value has reached.

    Numbers of any kind are compared exactly. A threshold is reached from below, or with `good="up"` (small values are
    bad) from above.
    """
    if not thresholds:
        return "normal"
    reached: list[Severity] = [
        name
        for threshold, name in thresholds.items()
        if (value <= threshold if good == "up" else value >= threshold)
    ]
    return max(reached, key=SEVERITIES.index, default="normal")
