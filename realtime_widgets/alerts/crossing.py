"""Crossing: the state of one threshold on one field, from record to record.

    normal ── reached ──> pending ── reached for `for_` seconds of the data's time ──> raised ── clear ──> normal
      ^                     │
      └── not reached ──────┘

With `for_` 0 the record that reaches it raises it. A record that is not reached and not clear either, or whose value is
missing, ends a hold that is pending and leaves what is raised. A record older than the newest one decides nothing.

All records of a batch are judged at once, in numpy, with the same result as one after the other, however they came
together. Nothing here reads a clock.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..streams.times import Floats
from .events import State
from .limits import CLEAR, REACHED, Codes

Ints = npt.NDArray[np.intp]

ROUNDING: Final = 1e-6
"""Seconds by which a hold may fall short: float64 has times of today to a quarter of a microsecond."""


@dataclass(frozen=True, slots=True)
class Crossed:
    """What became of a batch: one element for each crossing, in order, raised and cleared in turns."""

    at: Ints
    """The places of the records that decided."""
    raised: npt.NDArray[np.bool_]
    """Whether it was raised there, or cleared."""
    since: Floats
    """As `AlertEvent.since`, seconds."""


class Crossing:
    """Whether a threshold is raised by the records so far.

    Args:
        hold: for how long it has to be reached before it is raised, seconds of the data's time.
    """

    def __init__(self, hold: float) -> None:
        self.hold = hold
        self.raised = False
        self._newest = -math.inf  # time of the newest record that was judged
        self._pending = math.nan  # time at which it was reached, NaN: it is not pending
        self._raised_at = math.nan

    @property
    def state(self) -> State:
        """What it is after the last record."""
        if self.raised:
            return "raised"
        return "normal" if math.isnan(self._pending) else "pending"

    def take(self, ts: Floats, codes: Codes, broken: Sequence[int] = (), anew: Sequence[int] = ()) -> Crossed:
        """Judge more records.

        Args:
            ts: their times, in order of arrival.
            codes: what their values are, see `Limit.codes`; NEITHER for a missing one.
            broken: places before which data are missing, from 0 to the number of records: a hold does not last over it.
            anew: places at which time begins anew: before a run, or where the clock was set back.
        """
        n, begin, over = len(ts), set(anew), {*broken, *anew}
        found = []
        # The last piece is empty: what is marked may be after the last record.
        for place, end in pairwise([*sorted({0, n, *over}), n]):
            if place in begin:
                self._newest = -math.inf
            if place in over:
                self._pending = math.nan
            if end > place:
                found.append(self._take_piece(ts[place:end], codes[place:end], place))
        crossed = [np.concatenate(each) for each in zip(*found, strict=True)] if found else _NOTHING
        return Crossed(*crossed)

    def _take_piece(self, ts: Floats, codes: Codes, offset: int) -> tuple[Any, Any, Any]:
        if not (
            codes == (CLEAR if self.raised else REACHED)
        ).any():  # as nearly always: nothing can be crossed
            newest = float(ts.max())
            if newest >= self._newest:  # or all are late
                self._newest, self._pending = newest, math.nan
            return _NOTHING
        highest = np.maximum(np.maximum.accumulate(ts), self._newest)
        self._newest = float(highest[-1])
        there = np.flatnonzero(ts == highest)  # the others are late
        if not len(there):
            return _NOTHING
        ts, codes = ts[there], codes[there]
        reached = codes == REACHED
        places, raises, since = self._marks(ts, codes, reached)
        # Marks that say what is so already are none: a hold that is over while it is raised, and the like.
        new = raises != np.concatenate(([self.raised], raises[:-1]))
        places, raises, since = places[new], raises[new], since[new]
        times = ts[places]
        since = np.where(raises, since, np.concatenate(([self._raised_at], times[:-1])))
        last_run = self._pending
        if len(raises):
            self.raised = bool(raises[-1])
            if self.raised:
                self._raised_at = float(times[-1])
        self._pending = math.nan if self.raised or not reached[-1] else last_run
        return there[places] + offset, raises, since

    def _marks(self, ts: Floats, codes: Codes, reached: npt.NDArray[np.bool_]) -> tuple[Ints, Any, Floats]:
        """Return where a hold is over or the value is clear, in order; which of the two; from when on it was held.

        Leaves the beginning of the last hold in `_pending`.
        """
        edges = np.diff(reached.astype(np.int8), prepend=0, append=0)
        begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        since = ts[begins]
        if reached[0] and not math.isnan(self._pending):
            since[0] = self._pending
        over = np.maximum(np.searchsorted(ts, since + (self.hold - ROUNDING)), begins)
        held = over < ends
        self._pending = float(since[-1]) if len(since) else math.nan
        clear = np.flatnonzero(codes == CLEAR)
        places = np.concatenate((over[held], clear))
        order = np.argsort(places, kind="stable")
        raises = np.concatenate((np.ones(int(held.sum()), bool), np.zeros(len(clear), bool)))
        from_when = np.concatenate((since[held], np.full(len(clear), math.nan)))
        return places[order], raises[order], from_when[order]


_NOTHING = (np.empty(0, np.intp), np.empty(0, bool), np.empty(0))
