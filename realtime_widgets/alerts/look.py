"""Look: records of a stream as all who judge them share them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..streams import Batch
from ..streams.columns import Array
from ..streams.times import Floats

Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Said:
    """What some records say of one field: those that have it, be it missing, and were not ahead of the clock."""

    seq: Ints
    """Their numbers."""
    ts: Floats
    """Their times, seconds."""
    values: Array
    """What they have in the field."""


@dataclass(frozen=True, slots=True)
class Look:
    """New records of a stream."""

    batch: Batch
    past: int
    """`Stream.past_seq` when they were read."""
    complete: bool
    """`Stream.complete`."""
    first: bool
    """Whether these are the records that were there when the reader began."""
    _said: dict[tuple[str, int], Said] = field(default_factory=dict)
    """What was asked for, as it is for all who share the records."""

    def as_first(self) -> Look:
        """Return the same, for a reader that begins."""
        return dataclasses.replace(self, first=True)

    def said(self, name: str, after: int) -> Said:
        """Return what the records after one say of a field."""
        key = name, after
        if key not in self._said:
            self._said[key] = self._read(name, after)
        return self._said[key]

    def _read(self, name: str, after: int) -> Said:
        batch = self.batch
        if name not in batch.columns:
            return Said(np.empty(0, np.intp), np.empty(0), np.empty(0))
        seq, column = batch["seq"], batch.columns[name]
        counts = batch.present(name) & (seq > after)
        if batch.ahead is not None:
            counts &= ~batch.ahead
        if counts.all():
            return Said(seq, batch.ts, column)
        return Said(seq[counts], batch.ts[counts], column[counts])
