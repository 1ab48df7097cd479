"""Thresholds: the severity of a value by those it has reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Severity = Literal["normal", "warning", "error"]

SEVERITIES: tuple[Severity, ...] = ("normal", "warning", "error")
"""From the least severe to the most severe."""


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
