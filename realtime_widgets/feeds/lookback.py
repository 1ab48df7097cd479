"""Lookback: follows one field of a stream by cursor into a `History`, and knows where its window ends.

The window ends in the present: at the time of the newest record, and from then on it moves with the stream's clock, so
that records leave it also while none come. That of a stream that is `complete` stays. It covers the records `(end -
length, end]`; those that lie ahead of the present wait until it reaches them, and those from before the clock was set
back do not count where their times have come again (`streams.present`).

Where records were dropped before they were read, what is known begins anew after them: `since` says when.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence

import numpy as np

from ..streams import Stream
from .ahead import Ahead
from .decimation import Floats
from .history import History, Made


class Lookback:
    """The values of a field over a window and before it; any thread.

    Args:
        stream: where they come from.
        field: of numbers, or of spans of time, which count in seconds; what is no number is left out.
        length: of the window, seconds.
        before: seconds before the window that are kept, too.
    """

    def __init__(self, stream: Stream, field: str, length: float, before: float = 0.0) -> None:
        self.stream = stream
        self.length = length
        self._field = field
        self._before = before
        self._history = History(length, before)
        self._lock = threading.RLock()  # an interrupt may come in between
        self._ahead = Ahead()
        self._cursor = -1  # nothing was read
        self._cleared = 0
        self._past = 0
        self.end = -math.inf
        """Time at which the window ends, seconds; minus infinity: there is no record."""
        self.since = math.inf
        """Time of the first value from which on all are known, seconds."""
        self.holed = False
        """Whether there were records before `since` that are not known."""

    def follow(self, last: int | None = None) -> None:
        """Read the new records, and move the window on.

        Args:
            last: the number of the last record to be read; None: the newest.
        """
        stream = self.stream
        before, now = (
            (stream.cleared_seq, stream.past_seq),
            self.now(),
        )  # not while held: it asks a clock of the user's
        with self._lock, stream.hold():
            at = stream.cleared_seq, stream.past_seq
            if self._cursor < 0 or at != (self._cleared, self._past):
                self._begin()
            last = stream.last_seq if last is None else last
            if last > self._cursor:
                self._read(last)
            present = stream.newest_ts
            if present is not None:
                for ts, values in self._ahead.reached(present) if self._ahead else ():
                    self._add(ts, values[0])
                self.end = max(self.end, present, now if at == before else -math.inf)
                self._history.forget(self.end)

    def now(self) -> float:
        """Return where the window would end at this moment; minus infinity: nowhere."""
        newest, age = self.stream.newest_ts, self.stream.age
        if newest is None:
            return -math.inf
        return newest if self.stream.complete or age is None else newest + age

    # What it says, as of the latest `follow()`

    def made(self, what: Made, lag: float = 0.0) -> float:
        """Return a number made of the records in the window, or in one that ended so many seconds ago; see `History`.

        A rate is per second of the window, and of what is known of it, where that is less.
        """
        with self._lock:
            end = self.end - lag
            if end == -math.inf:
                return math.nan
            start = end - self.length
            return self._history.made(what, start, end, end - max(start, self.since))

    def held(self, ts: float) -> tuple[float, float] | None:
        """Return time and value of the record that was the newest at a time; None: it is not known."""
        with self._lock:
            return self._history.held(ts)

    def oldest(self) -> tuple[float, float] | None:
        """Return time and value of the oldest record that is known; None: there is none."""
        with self._lock:
            return self._history.oldest()

    def newest(self) -> list[tuple[float, float]]:
        """Return times and values of the newest two records, the newest last."""
        with self._lock:
            return self._history.newest

    def covered(self) -> float | None:
        """Return how many seconds of the window are known; None: all there ever was in it."""
        known = self.end - self.since
        return max(0.0, known) if self.holed and known < self.length else None

    def is_filling(self) -> bool:
        """Whether more and more of what is kept is known, as time goes on."""
        return not self.stream.complete and 0 <= self.end - self.since < self.length + self._before

    def next_move(self, lags: Sequence[float]) -> float:
        """Return in how many seconds a record passes one of the places that are so many seconds before the end;
        infinity: none will, or the window does not move.
        """
        if self.stream.complete:
            return math.inf
        with self._lock:
            places = [self.end - lag for lag in lags]
            return min(
                (self._history.next_after(at) - at for at in places if at > -math.inf), default=math.inf
            )

    # Reading

    def _begin(self) -> None:
        stream = self.stream
        self._cleared, self._past = stream.cleared_seq, stream.past_seq
        self._cursor = self._cleared
        self._history.clear()
        self._ahead = Ahead()
        self.end, self.since, self.holed = -math.inf, math.inf, False

    def _read(self, last: int) -> None:
        stream, after = self.stream, self._cursor
        tail = stream.tail(after, (self._field,), last)
        if tail is not None and not tail.others:
            ts, values, missed, self._cursor = tail.ts, tail.values[0], tail.missed, tail.last_seq
        else:
            batch = stream.read(after=after, fields=(self._field,))
            there = self._field in batch.columns
            count = max(0, last + 1 - batch.first_seq)
            ts, missed, self._cursor = batch.ts[:count], batch.missed, last
            values = (batch.numbers(self._field) if there else np.full(len(batch), math.nan))[:count]
        if missed:  # what came before them is not the whole of it
            self._history.clear()
            self._ahead = Ahead()
            self.since, self.holed = math.inf, True
        ts, values = self._current(ts, values)
        present = stream.newest_ts
        later = ts > (math.inf if present is None else present)
        if later.any():
            self._ahead.add(ts[later], values[None, later])
            ts, values = ts[~later], values[~later]
        self._add(ts, values)

    def _add(self, ts: Floats, values: Floats) -> None:
        self._history.add(ts, values)
        self.since = min(self.since, float(ts[np.isfinite(values)].min(initial=math.inf)))

    def _current(self, ts: Floats, values: Floats) -> tuple[Floats, Floats]:
        """Return the records without those that the clock stamped before it was set back, whose times came again."""
        past = self._past - (self._cursor - len(ts))
        if not 0 < past <= len(ts):
            return ts, values
        counts = np.ones(len(ts), bool)
        counts[:past] = ts[:past] < ts[past:].min(initial=math.inf)
        if self.stream.newest_ts is not None:
            counts[:past] &= ts[:past] <= self.stream.newest_ts
        return ts[counts], values[counts]
