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

MAX_RECORDS: Final = 20_000
"""Most records that are looked through; with more, a view is not up to date anyway."""
MAX_BUCKETS: Final = 4
"""Most buckets that the new records may fall into: more are quicker sent as buckets."""

Records = tuple[tuple[float, float], ...]


class Extracts:
    """The newest extract of a stream, for the fields that have been asked for."""

    def __init__(self) -> None:
        self._fields: dict[str, int] = {}  # field → its row
        self._for: tuple[int, float] = (-1, 0.0)  # cursor and step
        self._last = 0
        self._rows: list[Records | None] = []

    def after(self, stream: Stream, cursor: int, field: str, step: float) -> tuple[int, Records] | None:
        """Return what matters of a field's records after a cursor.

        Args:
            stream: always the same.
            cursor: the number of the last record that was read.
            field: of numbers.
            step: of the buckets, in seconds.

        Returns:
            The number of the last record, and times and values in order. None: the records are too many, or not in
            order of time, or some have no finite value of the field, or are special in another way.
        """
        new = field not in self._fields
        if new:
            self._fields[field] = len(self._fields)
        if new or self._for != (cursor, step) or self._last <= cursor:
            self._for = cursor, step
            self._extract(stream, cursor, step)
        records = self._rows[self._fields[field]]
        return None if records is None else (self._last, records)

    def _extract(self, stream: Stream, cursor: int, step: float) -> None:
        self._rows = [None] * len(self._fields)
        if stream.last_seq == cursor + 1 and (one := stream.one(cursor, self._fields)) is not None:
            ts, numbers = one
            self._last = cursor + 1
            self._rows = [((ts, number),) if math.isfinite(number) else None for number in numbers]
            return
        tail = stream.tail(cursor, tuple(self._fields), MAX_RECORDS)
        self._last = cursor if tail is None else tail.last_seq
        if tail is None:
            return
        times, values = tail.ts, tail.values
        k = np.floor(times / step)
        starts = [0, *(np.flatnonzero(k[1:] != k[:-1]) + 1).tolist(), len(times)]
        if len(starts) > MAX_BUCKETS + 1 or not (times[1:] >= times[:-1]).all():
            return
        finite: list[bool] = np.isfinite(values).all(axis=1).tolist()  # type: ignore[assignment]
        chosen = [[len(times) - 1] * len(values)]
        for begin, end in pairwise(starts):
            piece = values[:, begin:end]
            chosen.append(
                (begin + piece.argmin(axis=1)).tolist()
            )  # the first of equal ones, as buckets have it
            chosen.append((end - 1 - piece[:, ::-1].argmax(axis=1)).tolist())  # the last
        moments = times.tolist()
        for row, places in enumerate(zip(*chosen, strict=True)):
            if finite[row]:
                own = values[row]
                self._rows[row] = tuple((moments[i], own.item(i)) for i in sorted(set(places)))


_extracts: weakref.WeakKeyDictionary[Stream, Extracts] = weakref.WeakKeyDictionary()


def extracts_of(stream: Stream) -> Extracts:
    """Return the extracts that all cards of a stream share; on the I/O thread only."""
    found = _extracts.get(stream)
    if found is None:
        found = _extracts[stream] = Extracts()
    return found
