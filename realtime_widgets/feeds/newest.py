"""Newest: the newest value of each field of a line, and where it stands."""

from __future__ import annotations

import math

import numpy as np

from ..streams.columns import absences
from .decimation import Floats


class NewestValues:
    """The newest values of some fields; records that leave a field out say nothing of it.

    Args:
        fields: how many.
    """

    def __init__(self, fields: int = 0) -> None:
        self.values = [math.nan] * fields
        """By field; NaN: a missing one, or none yet."""
        self.at = [-math.inf] * fields
        """Where each stands, by time or number."""
        self.ts = [math.nan] * fields
        """Their times, in seconds."""

    def note(self, order: Floats, ts: Floats, values: Floats) -> None:
        """Take the newest of some records; of those at one place, the later one counts.

        Args:
            order: where each stands, shape (n,).
            ts: their times, likewise, in seconds.
            values: shape (fields, n).
        """
        if not len(order):
            return
        there = ~absences(values)
        for row, has in enumerate(there):
            places = np.flatnonzero(has)
            if not len(places):
                continue
            newest = places[len(places) - 1 - int(np.argmax(order[places][::-1]))]
            if order[newest] >= self.at[row]:
                self.at[row], self.ts[row] = float(order[newest]), float(ts[newest])
                self.values[row] = float(values[row, newest])

    def note_one(self, ts: float, value: float) -> None:
        """Take the newest value of the first field."""
        self.at[0] = self.ts[0] = ts
        self.values[0] = value
