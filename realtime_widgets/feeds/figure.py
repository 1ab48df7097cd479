"""Figure: the number that a card shows of a field, and by how much it has changed since what it is compared with.

It is the newest value, or made of those in the window (`history.Made`). What it needs of the past it reads itself
(`lookback`); for the newest value, and its change over the window or from a fixed number, the line of the card knows
enough.
"""

from __future__ import annotations

import math
from typing import Any, Final, Protocol

from ..streams import Stream
from .comparison import WINDOW, Comparison, Reduce
from .lookback import Lookback

EVERY: Final = 1.0
"""Seconds between two numbers that time alone has changed: more cannot be read."""

Change = tuple[float, float]
"""By how much the number has changed, and in how many seconds; both NaN: not known."""
_UNKNOWN: Final = (math.nan, math.nan)


class Line(Protocol):
    """The line of a card, see `SeriesFeed`."""

    newest_ts: float | None

    @property
    def sent(self) -> int:
        """The number of the last record that it has."""

    def baseline(self) -> Change:
        """Return time and value at the start of its window."""


class Figure:
    """The number of a card.

    Args:
        stream: where the values come from.
        field: which field.
        window: seconds that a number is made of, or a change looks back.
        reduce: what is made of the values.
        compare: what the number is compared with.
    """

    def __init__(
        self,
        stream: Stream,
        field: str,
        window: float,
        reduce: Reduce = "last",
        compare: Comparison = WINDOW,
    ) -> None:
        self.reduce: Reduce = reduce
        self.compare = compare
        kind = compare.kind
        self._lag = compare.value if kind == "ago" else window
        self._lookback: Lookback | None = None
        if reduce != "last":
            before = self._lag if kind in ("window", "previous", "ago") else 0.0
            self._lookback = Lookback(stream, field, window, before)
        elif kind == "ago":
            self._lookback = Lookback(stream, field, self._lag)
        elif kind == "previous":
            self._lookback = Lookback(stream, field, 0.1)
        self._next = math.inf

    @property
    def reduced(self) -> bool:
        """Whether it is made of several values."""
        return self.reduce != "last"

    def follow(self, line: Line | None) -> None:
        """Read what is new, as far as a line has; None: all there is."""
        if self._lookback is not None:
            self._lookback.follow(None if line is None else line.sent)
            self._next = self._lookback.end + max(EVERY, self._next_move(self._lookback))

    def value(self, newest: float) -> float:
        """Return the number, as of the latest `follow()`; NaN where there is none.

        Args:
            newest: the newest value, NaN where it is missing.
        """
        if self._lookback is None or self.reduce == "last":
            return newest
        return self._lookback.made(self.reduce)

    def change(self, value: float, line: Line) -> Change:
        """Return the change of the number, as of the latest `follow()`."""
        before = self._before(line)
        if before is None:
            return _UNKNOWN
        change = value - before[0]
        return (change, before[1]) if math.isfinite(change) else _UNKNOWN

    def body(self) -> dict[str, Any]:
        """Return what pages are told beside the number: of how many seconds it is, when that is not the window."""
        covered = self._lookback.covered() if self._lookback is not None and self.reduced else None
        return {} if covered is None else {"covers": covered}

    def due(self) -> float | None:
        """Return in how many seconds time alone will have changed it; None: it will not."""
        if self._lookback is None or self._next == math.inf:
            return None
        return max(0.0, self._next - self._lookback.now())

    def _before(self, line: Line) -> tuple[float, float] | None:
        """Return the number that it is compared with, and from how many seconds ago that is."""
        lookback, kind = self._lookback, self.compare.kind
        if kind == "none":
            return None
        if kind == "value":
            return self.compare.value, 0.0
        if lookback is None:
            start, baseline = line.baseline()
            return baseline, (line.newest_ts or start) - start
        if self.reduced:
            return self._reduced_before(lookback)
        if kind == "previous":
            newest = lookback.newest()
            return (newest[0][1], newest[1][0] - newest[0][0]) if len(newest) == 2 else None
        return self._held_before(lookback)

    def _held_before(self, lookback: Lookback) -> tuple[float, float] | None:
        """Return the value that was the newest so long ago; where that is not known, the oldest of several."""
        at = lookback.end - self._lag
        held = lookback.held(at)
        if held is not None:
            return held[1], self._lag
        oldest, newest = lookback.oldest(), lookback.newest()
        if oldest is None or oldest[0] >= newest[-1][0]:
            return None
        return oldest[1], lookback.end - oldest[0]

    def _reduced_before(self, lookback: Lookback) -> tuple[float, float] | None:
        """Return the number of so long ago, or of the oldest whole window that is known."""
        lag = min(self._lag, lookback.end - lookback.since - lookback.length)
        if self.reduce == "last" or not lag > 0:
            return None
        return lookback.made(self.reduce, lag), lag

    def _next_move(self, lookback: Lookback) -> float:
        """Return in how many seconds time alone will change it."""
        looks_back = self.compare.kind in ("window", "previous", "ago")
        if self.compare.kind == "previous" and not self.reduced:
            return math.inf
        if (looks_back or self.reduce == "rate") and lookback.is_filling():
            return 0.0  # what it is compared with, and the seconds that a rate is of
        # Where a record that passes changes it, in seconds before the end.
        places = [lookback.length] if self.reduced else []
        if looks_back:
            places += [self._lag, self._lag + lookback.length] if self.reduced else [self._lag]
        return lookback.next_move(places)
