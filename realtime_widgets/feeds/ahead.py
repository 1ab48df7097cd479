"""Ahead: records whose time lies ahead of the present, which wait until it reaches them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .decimation import Floats
from .moments import duration_text


class Ahead:
    """Times and values of the records that wait."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Floats, Floats]] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, ts: Floats, values: Floats) -> None:
        """Add records; times of shape (n,), in seconds, and values of shape (fields, n)."""
        if len(ts):
            self._waiting.append((ts, values))

    def reached(self, present: float) -> Iterator[tuple[Floats, Floats]]:
        """Yield the records that the present has reached, which wait no more."""
        waiting, self._waiting = self._waiting, []
        for ts, values in waiting:
            now: NDArray[np.bool_] = ts <= present
            self.add(ts[~now], values[:, ~now])
            if now.any():
                yield ts[now], values[:, now]

    def notice(self, present: float) -> str:
        """Return a sentence for the reader about what waits."""
        count = sum(len(ts) for ts, _ in self._waiting)
        seconds = max(float(ts.max()) for ts, _ in self._waiting) - present
        records = "1 record lies" if count == 1 else f"{count:,} records lie"
        return f"{records} ahead of the present, by up to {duration_text(seconds)}"
