"""Estimator: how fast something is counted, and when the rest of it will be.

Pure: told the time and the count, it returns a rate. What it remembers fades with a time constant of some seconds, so
that slow batches are soon forgotten, and a first one that was an exception as soon as others have come; where items are
rarer than that, the last few of them are what counts. Until something fades that is the plain average. A pause counts
once it is longer than those that were usual, from then on with every second: the rate sinks, and what remains grows,
while nothing comes.
"""

from __future__ import annotations

import math
from typing import Final

MEMORY: Final = 5.0
"""Seconds after which what was counted has a weight of 1/e, at least."""
MEMORY_PAUSES: Final = 5.0
"""The same in usual pauses between two counts, where these are long: so many items say how fast they are."""
PAUSE_KEPT: Final = 0.8
"""Share of the longest pause that is still usual after the next count: a slow first item makes none of them slow."""
FASTER: Final = 4.0
"""So many times as fast as the first count must the next ones be to make it an exception, which says nothing."""
LATER: Final = 3
"""Counts, and at least `LATER_SECONDS`, after which that is decided."""
LATER_SECONDS: Final = 1.0
SHORTEST: Final = 1e-6
"""Seconds between two counts; what comes sooner belongs to the next."""
LONGEST: Final = 1e9
"""Seconds that may remain; more (thirty years) is not known."""


class Estimator:
    """The rate of one count, from when it began.

    Args:
        now: seconds, by any clock that does not run backwards.
        done: the count at that time.
    """

    __slots__ = ("_at", "_done", "_first", "_items", "_later", "_pause", "_seconds")

    def __init__(self, now: float, done: float = 0) -> None:
        self._begin(now, done)

    def _begin(self, now: float, done: float) -> None:
        self._at = now  # of the last change
        self._done = done
        self._items = 0.0  # counted, faded
        self._seconds = 0.0  # that this took, faded likewise
        self._pause = 0.0  # how long nothing may come without being slow
        self._first: tuple[float, float, float] | None = None  # when the first count was, what, and how fast
        self._later = 0  # counts after it, until it is decided whether these are of another kind

    def tell(self, now: float, done: float) -> None:
        """Take the count at a time; one that is less than before begins anew."""
        if done < self._done:
            self._begin(now, done)
        items, seconds = done - self._done, now - self._at
        if items <= 0 or seconds < SHORTEST:
            return
        self._at, self._done = now, done
        self._pause = max(seconds, self._pause * PAUSE_KEPT)
        memory = self._memory
        fading = seconds / memory
        kept = math.exp(-fading)
        # What came in these seconds came evenly: its later part fades less.
        weight = -math.expm1(-fading) / fading
        self._items = self._items * kept + items * weight
        self._seconds = self._seconds * kept + seconds * weight
        if self._seconds > memory:
            # It was longer before: what is older has no more weight than it would have had.
            self._items *= memory / self._seconds
            self._seconds = memory
        if self._later < LATER or self._first:
            self._forget_first(items / seconds)

    def _forget_first(self, rate: float) -> None:
        """Forget a first count that was an exception: what has come since is the plain average."""
        if self._first is None:
            self._first = (self._at, self._done, rate)
            return
        self._later += 1
        at, done, rate = self._first
        items, seconds = self._done - done, self._at - at
        if self._later < LATER or seconds < LATER_SECONDS:
            return
        self._first = None
        if items > rate * seconds * FASTER:
            self._items, self._seconds, self._pause = items, seconds, min(self._pause, seconds)

    @property
    def _memory(self) -> float:
        return max(MEMORY, MEMORY_PAUSES * self._pause)

    def rate(self, now: float) -> float | None:
        """Return how many a second; None while nothing was counted."""
        if not self._seconds:
            return None
        stalled = max(0.0, now - self._at - self._pause)
        return self._items / (
            self._seconds + stalled
        )  # nothing fades meanwhile: a minute of pause is no day to wait

    def remaining(self, now: float, total: float | None) -> float | None:
        """Return the seconds until the count is `total`; None: not known, or it is beyond."""
        if total is None or self._done > total:
            return None
        if self._done == total:
            return 0.0
        rate = self.rate(now)
        if not rate:
            return None
        left = max(0.0, (total - self._done) / rate - min(max(0.0, now - self._at), self._pause))
        return left if left < LONGEST else None
