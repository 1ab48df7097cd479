"""Metrics: the six numbers that a dashboard shows about the hub, all of them measured."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from ..sources.machine import Reader, Reading, to_record
from .traffic import Figures

MIN_INTERVAL: Final = 0.25
"""Seconds between two readings of the processor: its counters tick at 10 ms, and less would be mostly noise."""


class Metrics:
    """Measures the hub; on the I/O thread.

    Args:
        read: takes a reading of this machine; None: the real one.

    Raises:
        MissingDependency: psutil is not installed.
    """

    def __init__(self, read: Callable[[], Reading] | None = None) -> None:
        self._read = read or Reader("cpu", "memory")
        self._before = self._read()
        self._load = math.nan

    def measure(self, clients: int, figures: Figures) -> dict[str, float | None]:
        """Return the metrics of this moment, by name; None: not known.

        `activeUsers` counts clients, `requestsPerMinute` messages; `avgResponseTime` is in ms; `errorRate`,
        `systemLoad` (of the processors, since the last reading) and `memoryUsage` are ratios 0-1.

        Args:
            clients: how many are connected.
            figures: the traffic of the last minute.
        """
        now = self._read()
        if now.at - self._before.at >= MIN_INTERVAL or math.isnan(self._load):
            self._load = to_record(self._before, now)["cpu"]
            self._before = now
        mean = figures.mean_seconds
        return {
            "activeUsers": clients,
            "requestsPerMinute": figures.handled,
            "errorRate": figures.failed_share,
            "avgResponseTime": None if mean is None else 1000 * mean,
            "systemLoad": _known(self._load),
            "memoryUsage": _known(now.memory),
        }


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
