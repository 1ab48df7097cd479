"""Present: which record of a stream is the newest one, when times and clocks lie.

The newest record is the one of greatest time, as long as times can be believed. Two things may not hide the present: a
record whose time lies ahead of the clock by more than `AHEAD` (a wrong year, milliseconds, a server whose clock is
wrong), and a clock that is set back.

| a record arrives                                | it becomes the newest one                                      |
|-------------------------------------------------|----------------------------------------------------------------|
| the first since the clock was set back          | always; all before it are past, whatever their times           |
| not ahead of the clock                          | when none that counts is newer                                 |
| not ahead, and the newest one is                | always; all before it are past                                 |
| ahead, as is the newest one, or the first of all| when none is newer: all data are ahead of this clock           |
| ahead, and the newest one is not                | never; but when no others came for `AHEAD` seconds, as it will |

So a replay of last year's data, data of next year, and servers whose clocks are wrong by a constant all work; and where
records that are ahead come between others, the others are the present. Nothing here reads a clock or locks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .times import Floats

AHEAD = 60.0
"""Seconds by which a record's time may lie ahead of the clock: more than clocks that are kept by NTP are ever apart."""


@dataclass(slots=True)
class Present:
    """What is the newest record, and counters of those that are not; replaced when anything unusual happens."""

    newest: float = -math.inf
    """Time of the newest record since clear(); -inf: there was none."""
    seq: int = 0
    """Its number; 0: there was none."""
    past: int = 0
    """Number of the last record that is past whatever its time: of before the clock was set back, say."""
    arrived: float = -math.inf
    """The clock at the latest record since clear()."""
    horizon: float = -math.inf
    """A record with a time up to here is not ahead of the clock, and nor is the newest; -inf: that one is."""
    late: int = 0
    """Records that were older than the newest one before them."""
    ahead: int = 0
    """Records that were ahead of the clock."""
    ahead_seq: int = -1
    """Number of the latest of them since clear(); -1: there was none."""
    ahead_from: float = math.inf
    """The clock at the first of those that came without others between them, up to `ahead_seq`."""
    aside: bool | npt.NDArray[np.bool_] = field(default=False, compare=False)
    """Of the records that came last, which are ahead and do not count: one for each, or for all."""
    begins: tuple[int, ...] = field(default=(), compare=False)
    """Numbers of those of them before which all are past."""

    def after(self, ts: float, now: float, seq: int) -> Present:
        """Return what is so after one more record.

        Args:
            ts: its time.
            now: the clock.
            seq: its number.
        """
        after, horizon = self._at(now, seq)
        if ts > horizon:
            if after.ahead_seq != seq - 1:
                after.ahead_from = now
            after.ahead += 1
            after.ahead_seq = seq
            if -math.inf < after.newest <= horizon:
                if now - after.ahead_from <= AHEAD:
                    after.aside = True
                    return after._until(horizon)
                after._begin(
                    seq
                )  # nothing else has come for a while: this is what the present looks like here
        elif after.newest > horizon:
            after._begin(seq)
        if ts >= after.newest:
            after.newest, after.seq = ts, seq
        else:
            after.late += 1
        return after._until(horizon)

    def after_all(self, ts: Floats, now: float, seq: int) -> Present:
        """Return what is so after more records, which all arrive at one moment.

        Args:
            ts: their times, at least one.
            now: the clock.
            seq: the number of the first.
        """
        after, horizon = self._at(now, seq)
        newest = float(ts[-1])
        if after.newest <= ts[0] and newest <= horizon and (ts[1:] >= ts[:-1]).all():
            after.newest, after.seq = newest, seq + len(ts) - 1  # in order, as nearly always
            return after._until(horizon)
        if ts.max() <= horizon:
            if after.newest > horizon:
                after._begin(seq)
            after._follow(ts, seq)
            return after._until(horizon)
        ahead = ts > horizon
        first = len(ts) if ahead.all() else int(ahead.argmin())  # the first that is not ahead
        after.aside = ahead.copy()
        if first:
            after.aside[:first] = after._lead(ts[:first], now, seq)
        if first < len(ts):
            if after.newest > horizon:
                after._begin(seq + first)
            counts = ~ahead[first:]
            after._follow(ts[first:][counts], seq + first, np.flatnonzero(counts))
            if ahead[first:].any():
                after.ahead_from = now
        after.ahead += int(ahead.sum())
        after.ahead_seq = seq + int(np.flatnonzero(ahead)[-1])
        return after._until(horizon)

    def cleared(self, last: int) -> Present:
        """Return what is so after all records were dropped, of which `last` was the last."""
        return Present(past=last, late=self.late, ahead=self.ahead)

    def _at(self, now: float, seq: int) -> tuple[Present, float]:
        """Return a copy for records from this number on, and the time from which they are ahead of the clock."""
        horizon = now + AHEAD
        copy = Present(
            self.newest,
            self.seq,
            self.past,
            now,
            horizon,
            self.late,
            self.ahead,
            self.ahead_seq,
            self.ahead_from,
        )
        if now < self.arrived:
            copy._begin(seq)
        return copy, horizon

    def _until(self, horizon: float) -> Present:
        self.horizon = horizon if self.newest <= horizon else -math.inf
        return self

    def _begin(self, seq: int) -> None:
        """Begin anew with this record: nothing before it is newer."""
        self.newest, self.past = -math.inf, seq - 1
        self.begins = (*self.begins, seq)

    def _lead(self, ts: Floats, now: float, seq: int) -> bool:
        """Take records that are ahead of the clock, with none of the present between; whether they are set aside."""
        if self.ahead_seq != seq - 1:
            self.ahead_from = now
        if -math.inf < self.newest <= now + AHEAD:
            if now - self.ahead_from <= AHEAD:
                return True
            self._begin(seq)  # nothing else has come for a while: this is what the present looks like here
        self._follow(ts, seq)
        return False

    def _follow(self, ts: Floats, seq: int, where: npt.NDArray[np.intp] | None = None) -> None:
        """Take records that count: the greatest time is the newest, and of equal ones the last.

        Args:
            ts: their times.
            seq: the number of the first.
            where: their places after it; None: one after the other.
        """
        highest = np.maximum(np.maximum.accumulate(ts), self.newest)
        self.late += int((ts < highest).sum())
        newest = float(highest[-1])
        at = [len(ts) - 1] if ts[-1] == newest else np.flatnonzero(ts == newest)
        if len(at):
            last = at[-1] if where is None else where[at[-1]]
            self.newest, self.seq = newest, seq + int(last)
