"""History: the values of one field over a stretch of time, in bounded memory, for numbers made of many of them.

It is a row of *cells* in order of time. As long as there are few, a cell is a record, and whatever is made of them is
exact. From `MOST` cells on, neighbours are made one: those of the newest `length` seconds in steps of its 500th part,
older ones in coarser steps. Sums, counts, extremes and growth of what is made one are kept exactly; only where a
stretch begins or ends within such a cell, it counts in proportion to its part of the cell's time.

Growth is that of a counter: what the value rises by from record to record; where it falls, the counter has begun again
at 0, and its new value has grown. Nothing here reads a clock or a stream: `lookback` does.
"""

from __future__ import annotations

import math
from typing import Final, Literal

import numpy as np

from .decimation import Floats

Made = Literal["mean", "max", "min", "sum", "rate"]
"""What is made of many values."""

MOST: Final = 8192
"""Cells from which on neighbours are made one: half a megabyte for each."""
FINE: Final = 500
"""Parts of the newest stretch: fewer than a card has pixels of its line would be seen."""
COARSE: Final = 5000
"""Parts of all that is older."""

_FIRST, _LAST, _COUNT, _SUM, _LOW, _HIGH, _OPEN, _CLOSE, _RISE = range(9)
"""Rows of the cells: times of the first and the last record, how many there are, their sum, least and greatest value,
the first and the last one, and by how much a counter has grown between these.
"""
_ROWS: Final = 9


class History:
    """The finite values of one field.

    Args:
        length: seconds of the newest stretch that numbers are made of.
        before: seconds before it that are kept, too.
    """

    def __init__(self, length: float, before: float = 0.0) -> None:
        self.length = length
        self.before = before
        self._buffer = np.empty((_ROWS, 64))
        self._from = self._to = 0
        self._newest: list[tuple[float, float]] = []

    def __len__(self) -> int:
        """The number of cells."""
        return self._to - self._from

    def clear(self) -> None:
        """Forget everything."""
        self._from = self._to = 0
        self._newest = []

    @property
    def newest(self) -> list[tuple[float, float]]:
        """Times and values of the newest two, the newest last; of those of one time the later one is newer."""
        return self._newest

    def add(self, ts: Floats, values: Floats) -> None:
        """Add records in any order; what is not finite is left out.

        Args:
            ts: their times, shape (n,), in seconds.
            values: likewise.
        """
        there = np.isfinite(values)
        if not there.all():
            ts, values = ts[there], values[there]
        if not len(ts):
            return
        if (ts[1:] < ts[:-1]).any():
            order = np.argsort(ts, kind="stable")
            ts, values = ts[order], values[order]
        fresh = zip(ts[-2:].tolist(), values[-2:].tolist(), strict=True)
        self._newest = sorted([*self._newest, *fresh], key=lambda each: each[0])[-2:]
        cells = self._cells
        late = len(self) > 0 and ts[0] < cells[_LAST, -1]
        if late:
            ts, values = self._absorbed(ts, values)
        zeros = np.zeros(len(ts))
        rows = [ts, ts, zeros + 1.0, values, values, values, values, values, zeros]
        self._append(self._merged(rows, ts[-1]) if len(ts) > MOST and not late else np.array(rows))
        if late:
            cells = self._cells
            cells[:] = cells[:, np.argsort(cells[_LAST], kind="stable")]

    def forget(self, end: float) -> None:
        """Drop what is older than is kept at a time; of that the newest stays, which tells what grew and what held."""
        limit = end - self.length - self.before
        gone = int(np.searchsorted(self._cells[_LAST], limit, side="right"))
        self._from += max(0, gone - 1)
        if len(self) > MOST:
            whole = self._merged(list(self._cells), end)
            self._from = self._to = 0
            self._append(whole)

    # What is made of them

    def made(self, what: Made, start: float, end: float, elapsed: float) -> float:
        """Return a number made of the records after one time, up to another.

        Args:
            what: the mean, the greatest, the least, the sum; or the rate at which a counter grew, per second.
            start: the time after which they are, in seconds.
            end: the time of the last that counts.
            elapsed: seconds in which a counter grew.

        Returns:
            NaN: the mean and the extremes of nothing; the sum and the rate of nothing are 0.
        """
        cells = self._cells
        i = int(np.searchsorted(cells[_LAST], start, side="right"))
        j = int(np.searchsorted(cells[_FIRST], end, side="right"))
        inside = cells[:, i:j]
        if j <= i:
            return 0.0 if what in ("sum", "rate") else math.nan
        if what == "max":
            return float(inside[_HIGH].max())
        if what == "min":
            return float(inside[_LOW].min())
        parts = _parts(inside, start, end)
        with np.errstate(over="ignore", invalid="ignore"):
            if what == "sum":
                return float(parts @ inside[_SUM])
            if what == "mean":
                count, total = parts @ inside[_COUNT], parts @ inside[_SUM]
                return float(total / count if math.isfinite(total) else (parts / count) @ inside[_SUM])
            begun = inside[_FIRST, 0] <= start  # then it grew to its first value before the stretch
            steps = _steps(inside if begun or not i else cells[:, i - 1 : j])
            grown = float(parts @ inside[_RISE]) + float(steps.sum())
            return grown / elapsed if elapsed > 0 else 0.0 if grown == 0 else math.nan

    def held(self, ts: float) -> tuple[float, float] | None:
        """Return time and value of the record that was the newest at a time; None: there is none so old."""
        cells = self._cells
        i = int(np.searchsorted(cells[_LAST], ts, side="right")) - 1
        return None if i < 0 else (float(cells[_LAST, i]), float(cells[_CLOSE, i]))

    def oldest(self) -> tuple[float, float] | None:
        """Return time and value of the oldest record; None: there is none."""
        cells = self._cells
        return (float(cells[_FIRST, 0]), float(cells[_OPEN, 0])) if len(self) else None

    def next_after(self, ts: float) -> float:
        """Return the time of the first cell that ends after a time; infinity: there is none."""
        times = self._cells[_LAST]
        i = int(np.searchsorted(times, ts, side="right"))
        return float(times[i]) if i < len(times) else math.inf

    # Cells

    @property
    def _cells(self) -> Floats:
        """All of them, shape (9, n): a view."""
        return self._buffer[:, self._from : self._to]

    def _append(self, rows: Floats) -> None:
        count = rows.shape[1]
        if self._to + count > self._buffer.shape[1]:
            cells = self._cells
            room = np.empty((_ROWS, 2 * (cells.shape[1] + count)))
            room[:, : cells.shape[1]] = cells
            self._buffer, self._from, self._to = room, 0, cells.shape[1]
        self._buffer[:, self._to : self._to + count] = rows
        self._to += count

    def _absorbed(self, ts: Floats, values: Floats) -> tuple[Floats, Floats]:
        """Add late records to the cells that were made of their neighbours; returns those that are beside all of these.

        Of these cells the growth stays: a counter grows by no more when it is read once more in between.
        """
        cells = self._cells
        at = np.searchsorted(cells[_LAST], ts, side="right")
        near = np.minimum(at, len(self) - 1)
        within = (at < len(self)) & (cells[_COUNT, near] > 1) & (cells[_FIRST, near] <= ts)
        if within.any():
            k, late = at[within], values[within]
            np.add.at(cells[_COUNT], k, 1.0)
            np.add.at(cells[_SUM], k, late)
            np.minimum.at(cells[_LOW], k, late)
            np.maximum.at(cells[_HIGH], k, late)
        return ts[~within], values[~within]

    def _merged(self, rows: list[Floats], end: float) -> Floats:
        """Return cells in order of time with neighbours made one: finely in the newest stretch, coarsely before it."""
        split = int(np.searchsorted(rows[_LAST], end - self.length, side="right"))
        fine = self.length / FINE
        coarse = max(fine, (self.length + self.before) / COARSE)
        old, new = [row[:split] for row in rows], [row[split:] for row in rows]
        return np.hstack((_united(old, coarse), _united(new, fine)))


def _united(rows: list[Floats], width: float) -> Floats:
    """Return cells with those made one whose ends fall into one step."""
    if not len(rows[_LAST]):
        return np.empty((_ROWS, 0))
    k = np.floor(rows[_LAST] / width)
    begins = np.concatenate(([True], k[1:] != k[:-1]))
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(k)) - 1
    grown = np.array(rows[_RISE])
    grown[1:] += np.where(begins[1:], 0.0, _rises(rows[_CLOSE][:-1], rows[_OPEN][1:]))
    with np.errstate(over="ignore"):
        sums = np.add.reduceat(rows[_SUM], starts)
    return np.array(
        [
            rows[_FIRST][starts],
            rows[_LAST][ends],
            np.add.reduceat(rows[_COUNT], starts),
            sums,
            np.minimum.reduceat(rows[_LOW], starts),
            np.maximum.reduceat(rows[_HIGH], starts),
            rows[_OPEN][starts],
            rows[_CLOSE][ends],
            np.add.reduceat(grown, starts),
        ]
    )


def _parts(cells: Floats, start: float, end: float) -> Floats:
    """Return which part of each cell's time is in a stretch that all of them touch, from 0 to 1."""
    parts = np.ones(cells.shape[1])
    for i in {0, len(parts) - 1}:
        first, last = float(cells[_FIRST, i]), float(cells[_LAST, i])
        if first <= start or last > end:
            parts[i] = (min(last, end) - max(first, start)) / (last - first) if last > first else 1.0
    return parts


def _steps(cells: Floats) -> Floats:
    """Return by how much a counter grew from each cell to the next."""
    return _rises(cells[_CLOSE, :-1], cells[_OPEN, 1:])


def _rises(before: Floats, after: Floats) -> Floats:
    """Return by how much a counter grew from one value to another: where it fell, it has begun again at 0."""
    with np.errstate(over="ignore"):
        return np.where(after >= before, after - before, np.maximum(after, 0.0))
