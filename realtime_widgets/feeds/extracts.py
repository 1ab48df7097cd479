"""Extract: what buckets need of the newest records of a stream, found once for all the cards that follow it.

Of the records that fall into one bucket the least and the greatest value count, each where it stands, and the newest:
whoever adds these few to the bucket has what all of them would have made of it.
"""

from __future__ import annotations

import math
import weakref
from itertools import pairwise
from typing import Final

import numpy as np

from ..streams import Stream
from ..streams.ring import Tail

MAX_RECORDS: Final = 20_000
"""Most records that are looked through; with more, a view is not up to date anyway."""
MAX_BUCKETS: Final = 4
"""Most buckets that the new records may fall into: more are quicker sent as buckets."""

MAX_STEPS: Final = 16
"""Steps of a stream whose extracts are kept: views of other sizes begin anew."""

Records = tuple[tuple[float, float], ...]


class Extracts:
    """The newest extract of a stream for buckets of one step, of the fields that have been asked for.

    Args:
        step: of the buckets, in seconds.
    """

    def __init__(self, step: float) -> None:
        self._step = step
        self._fields: dict[str, int] = {}  # field → its row
        self._after = -1
        self._last = 0
        self._rows: list[Records | None] = []

    def after(self, stream: Stream, cursor: int, field: str) -> tuple[int, Records] | None:
        """Return what matters of a field's records after a cursor.

        Args:
            stream: always the same.
            cursor: the number of the last record that was read.
            field: of numbers.

        Returns:
            The number of the last record, and times and values in order. None: the records are too many, or not in
            order of time, or some have no finite value of the field, or are special in another way.
        """
        new = field not in self._fields
        if new:
            self._fields[field] = len(self._fields)
        if new or self._after != cursor or self._last <= cursor:
            self._after = cursor
            self._extract(stream, cursor)
        records = self._rows[self._fields[field]]
        return None if records is None else (self._last, records)

    def _extract(self, stream: Stream, cursor: int) -> None:
        self._last, self._rows = cursor, [None] * len(self._fields)
        if stream.last_seq == cursor + 1 and (one := stream.one(cursor, self._fields)) is not None:
            ts, numbers = one
            self._last = cursor + 1
            self._rows = [((ts, number),) if math.isfinite(number) else None for number in numbers]
            return
        found = stream.tail(cursor, tuple(self._fields), MAX_RECORDS, self._chosen)
        if found is not None:
            self._last, self._rows = found

    def _chosen(self, tail: Tail) -> tuple[int, list[Records | None]]:
        """Return the records that matter, for each field."""
        times, values = tail.ts, tail.values
        nothing: list[Records | None] = [None] * len(values)
        k = np.floor(times / self._step)
        starts = [0, *(np.flatnonzero(k[1:] != k[:-1]) + 1).tolist(), len(times)]
        if len(starts) > MAX_BUCKETS + 1 or not (times[1:] >= times[:-1]).all():
            return tail.last_seq, nothing
        finite: list[bool] = np.isfinite(values).all(axis=1).tolist()  # type: ignore[assignment]
        chosen = [[len(times) - 1] * len(values)]
        for begin, end in pairwise(starts):
            piece = values[:, begin:end]
            chosen.append(
                (begin + piece.argmin(axis=1)).tolist()
            )  # the first of equal ones, as buckets have it
            chosen.append((end - 1 - piece[:, ::-1].argmax(axis=1)).tolist())  # the last
        rows = [
            tuple((times.item(i), own.item(i)) for i in sorted(set(places))) if whole else None
            for whole, own, places in zip(finite, values, zip(*chosen, strict=True), strict=True)
        ]
        return tail.last_seq, rows


_extracts: weakref.WeakKeyDictionary[Stream, dict[float, Extracts]] = weakref.WeakKeyDictionary()


def extracts_of(stream: Stream, step: float) -> Extracts:
    """Return the extracts that all lines of a stream with buckets of a step share; on the I/O thread only."""
    of_steps = _extracts.setdefault(stream, {})
    found = of_steps.get(step)
    if found is None:
        if len(of_steps) > MAX_STEPS:
            of_steps.clear()
        found = of_steps[step] = Extracts(step)
    return found
