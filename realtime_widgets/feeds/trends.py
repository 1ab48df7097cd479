"""Trends: what a single number says beside its value: a direction and a level.

Pure functions over numbers; NaN means "not known".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

Direction = Literal["up", "down", "neutral"]
Severity = Literal["normal", "warning", "error"]

SEVERITIES: tuple[Severity, ...] = ("normal", "warning", "error")
"""From harmless to severe."""


def direction(value: float, baseline: float, epsilon: float = 0.0) -> Direction:
    """Where a value has gone since its baseline.

    Args:
        value: the newest value.
        baseline: the value it is compared with.
        epsilon: a difference up to this, in the value's unit, counts as none.

    Returns:
        `neutral` when either is NaN or infinite.
    """
    change = value - baseline
    if not math.isfinite(change) or abs(change) <= epsilon:
        return "neutral"
    return "up" if change > 0 else "down"


def level(value: float, thresholds: Mapping[float, Severity], good: Literal["up", "down", None]) -> Severity:
    """The severest level whose threshold the value has reached.

    A threshold is reached from below; with `good="up"` (small values are the bad ones) from above.
    """
    reached: list[Severity] = [
        name
        for threshold, name in thresholds.items()
        if (value <= threshold if good == "up" else value >= threshold)
    ]
    return max(reached, key=SEVERITIES.index, default="normal")
