"""Means: those of the lines of a feed over what is in view, of all records and not of what is drawn."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from .axes import Floats, begins_run, marks, newest_whole
from .in_view import Viewed, newest_of, places, view_of

EVERY: Final = 1.0
"""Seconds between two means: numbers that change faster cannot be read."""
SHARE: Final = 20
"""They take this part of the time: those of many records come more rarely."""


class Means:
    """The means of the lines of a feed, made anew once a second.

    Args:
        line: the feed.
        among: all feeds of its chart, whose windows end together.
    """

    def __init__(self, line: Viewed, among: Sequence[Viewed]) -> None:
        self.said = False
        """Whether they were handed out at all."""
        self._line = line
        self._among = among
        self._due = -math.inf

    def take(self, at_once: bool) -> list[float | None] | None:
        """Return the mean of each line, None where it has no number in view; None: they are not due.

        Of a line in several runs along a field it is that of the newest.
        """
        begun = time.monotonic()
        if begun < self._due and not at_once:
            return None
        line = self._line
        batch, inside = view_of(line, newest_of(self._among))
        if line.kind == "field":
            x = places(line, batch, newest_whole(batch, line.x))
            inside &= np.isfinite(x)
            seq = batch["seq"][inside]
            starts = np.flatnonzero(begins_run(x[inside], marks(batch, seq), None))
            if len(starts):
                inside &= batch["seq"] >= seq[starts[-1]]
        self.said = True
        found = [
            _mean(batch.numbers(name)[inside]) if name in batch.columns else None for name in line.fields
        ]
        now = time.monotonic()
        self._due = now + max(EVERY, SHARE * (now - begun))
        return found


def _mean(values: Floats) -> float | None:
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    with np.errstate(over="ignore"):
        mean = float(values.mean())
    return mean if math.isfinite(mean) else float((values / len(values)).sum())
