"""Extract: what buckets need of the newest records of a stream, found once for all charts and cards that follow it.

Of the records that fall into one bucket, those matter to a field that have its least or its greatest value, or are the
first or the last that say anything of it: whoever adds these to the bucket has what all of them would have made of it.
More than these do no harm.

An extract is made while the stream is held, so that a thread that only appends cannot run ahead of the work. In one
frame, all that follow a stream are brought to the same number, so that in the next one extract serves them all.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..streams import Stream
from ..streams.columns import absences
from .decimation import PIXEL, Floats, Ints

MAX_FEW: Final = 16
"""Most buckets that a few records may fall into: more take fewer bytes as buckets."""
CROWD: Final = 4
"""Records a bucket, on average and for each field, from which on it pays to choose: two of them matter, or more."""
MAX_NUMBERS: Final = 2_000_000
"""Most numbers that are looked at in one go; of more, the first ones."""
MAX_KEPT: Final = 1_000_000
"""Most numbers that are kept for others; of more only the few that cards need."""

Records = tuple[tuple[float, float], ...]
_NOTHING: Final = np.empty(0)


class Extract(msgspec.Struct, frozen=True):
    """Records of a stream that matter, in order of time.

    Attributes:
        after: the cursor they come after.
        last: the number of the last record that was looked at.
        missed: how many records before them the stream no longer has.
        more: whether there are newer ones that were wanted too, but too many.
        newest: the greatest time that was looked at, in seconds.
        ts: times of those that matter to any field, shape (n,), in seconds; empty where only `few` were kept.
        values: of all fields, shape (fields, n), absent ones as in `streams.columns`.
        rows: field → its row, of those that hold numbers.
        places: for each row, which of the n matter to it, in no order, shape (fields, m); None: all do.
        few: for each row, times and values, when these are few and finite; else None.
    """

    after: int
    last: int
    missed: int
    more: bool
    newest: float
    ts: Floats
    values: Floats
    rows: dict[str, int]
    places: Ints | None
    few: list[Records | None]

    def of(self, fields: Sequence[str]) -> tuple[Floats, Floats]:
        """Return times and values of the records that matter to some fields, shapes (m,) and (fields, m)."""
        rows = [self.rows[field] for field in fields]
        if self.places is None:
            return self.ts, self.values[rows]
        chosen = _marked(len(self.ts), self.places[rows])
        return self.ts[chosen], self.values[rows][:, chosen]


class Extracts:
    """The latest extract of a stream for buckets of one step, of the fields that were asked for since the one before.

    Args:
        step: of the buckets, in seconds.
    """

    def __init__(self, step: float) -> None:
        self._step = step
        self._asked: set[str] = set()
        self._latest: Extract | None = None
        self._frame = -math.inf  # of the latest

    def few(self, stream: Stream, cursor: int, field: str, now: float) -> tuple[int, float, Records] | None:
        """Return what matters of a field's records after a cursor, when it is a few finite numbers.

        Args:
            stream: always the same.
            cursor: the number of the last record that was read.
            field: of numbers.
            now: the time of the frame.

        Returns:
            The number and the time of the newest record, and times and values in order. None: it is not that.
        """
        found = self._shared(stream, cursor, (field,), now) or self._own(stream, cursor, (field,))
        row = None if found is None or found.missed or found.more else found.rows.get(field)
        records = None if row is None or found is None else found.few[row]
        if records is None or found is None or found.newest - records[-1][0] > MAX_FEW * self._step:
            return None
        return found.last, found.newest, records

    def many(self, stream: Stream, cursor: int, fields: Sequence[str], now: float) -> Extract | None:
        """Return what matters of the records after a cursor; None: the stream has to be read, see `Stream.tail`."""
        found = self._shared(stream, cursor, fields, now)
        if found is None or not len(found.ts):
            found = self._own(stream, cursor, fields)
        return None if found is None or any(field not in found.rows for field in fields) else found

    def _shared(self, stream: Stream, cursor: int, fields: Sequence[str], now: float) -> Extract | None:
        """Return the extract for all who ask in this frame; None: it is not of these records and fields."""
        self._asked.update(fields)
        if self._frame != now or self._latest is None or self._latest.last <= cursor:
            found = _extract(stream, cursor, sorted(self._asked), len(fields), self._step)
            if found is None:
                return None
            if found.values.size > MAX_KEPT:
                self._latest = msgspec.structs.replace(found, ts=_NOTHING, values=_NOTHING)
            else:
                self._latest = found
            self._asked, self._frame = set(fields), now
            return found
        latest = self._latest
        return latest if latest.after == cursor and all(field in latest.rows for field in fields) else None

    def _own(self, stream: Stream, cursor: int, fields: Sequence[str]) -> Extract | None:
        """Return the extract of some fields up to the number that the others have come to in this frame."""
        last = None if self._latest is None or self._latest.last <= cursor else self._latest.last
        return _extract(stream, cursor, fields, len(fields), self._step, last)


def _extract(
    stream: Stream, cursor: int, fields: Sequence[str], together: int, step: float, last: int | None = None
) -> Extract | None:
    """Return the extract of the records after a cursor, up to the one with the number `last`, for lines that have
    `together` fields each.
    """
    with stream.hold():
        most = max(cursor + 1, stream.first_seq) + MAX_NUMBERS // max(1, len(fields))
        tail = stream.tail(cursor, fields, most if last is None else min(last, most))
        if tail is None:
            return None
        ts, values = tail.ts, tail.values
        if (ts[1:] < ts[:-1]).any():
            order = np.argsort(ts, kind="stable")
            ts, values = ts[order], values[:, order]
        k = np.floor(ts / step)
        starts = [0, *(np.flatnonzero(k[1:] != k[:-1]) + 1).tolist(), len(ts)]
        finite = np.isfinite(values)
        present = finite if finite.all() else finite | ~absences(values)
        newest = float(ts[-1])
        few: list[Records | None] = [None] * len(fields)
        places = None
        if len(starts) - 1 <= max(MAX_FEW, len(ts) // (CROWD * together)):
            extremes, ends = _extremes(values, finite, starts), _ends(present, starts)
            places = np.hstack((extremes, ends))
            if len(starts) - 1 <= MAX_FEW:
                gaps = np.diff(k[starts[:-1]]).max(initial=0) > PIXEL
                outer = places if gaps else np.hstack((extremes, _ends(present, (0, len(ts)))))
                few = _few(ts, values, finite, present, outer)
            chosen = _marked(len(ts), places)
            places = np.searchsorted(chosen, places)
            ts, values = ts[chosen], values[:, chosen]
        return Extract(
            cursor,
            tail.last_seq,
            tail.missed,
            tail.last_seq < (stream.last_seq if last is None else last),
            newest,
            ts,
            values,
            {field: row for row, field in enumerate(fields) if field not in tail.others},
            places,
            few,
        )


def _marked(count: int, places: Ints) -> Ints:
    """Return the numbers below a count that are among some places, each once, in order."""
    mask = np.zeros(count, bool)
    mask[places] = True
    return np.flatnonzero(mask)


def _extremes(values: Floats, finite: NDArray[np.bool_], starts: Sequence[int]) -> Ints:
    """Return where each bucket's first minimum and last maximum are, as buckets have them, shape (fields, 2 buckets);
    anywhere in a bucket that has none.
    """
    low = high = values
    if not finite.all():
        low, high = np.where(finite, values, math.inf), np.where(finite, values, -math.inf)
    found = []
    for begin, end in pairwise(starts):
        found.append(begin + low[:, begin:end].argmin(axis=1))
        found.append(end - 1 - high[:, begin:end][:, ::-1].argmax(axis=1))
    return np.stack(found, axis=1)


def _ends(present: NDArray[np.bool_], starts: Sequence[int]) -> Ints:
    """Return where each bucket begins and ends, and where the first and the last record are that say anything of a
    field, likewise.
    """
    begins, ends = np.array(starts[:-1]), np.array(starts[1:]) - 1
    if present.all():
        return np.broadcast_to(np.hstack((begins, ends)), (len(present), 2 * len(begins)))
    found = [np.broadcast_to(np.hstack((begins, ends)), (len(present), 2 * len(begins)))]
    for begin, end in pairwise(starts):
        own = present[:, begin:end]
        found.append((begin + own.argmax(axis=1))[:, None])
        found.append((end - 1 - own[:, ::-1].argmax(axis=1))[:, None])
    return np.hstack(found)


def _few(
    ts: Floats, values: Floats, finite: NDArray[np.bool_], present: NDArray[np.bool_], places: Ints
) -> list[Records | None]:
    """Return times and values of each field at its places, in order; None where one is not finite."""
    whole: Any = finite.all(axis=1).tolist()
    usable: Any = (finite.any(axis=1) & (finite == present).all(axis=1)).tolist()
    found: list[Records | None] = []
    for own, has, wanted, all_there, some in zip(values, finite, places.tolist(), whole, usable, strict=True):
        chosen = sorted(set(wanted))
        found.append(
            tuple((ts.item(i), own.item(i)) for i in chosen if all_there or has[i]) if some else None
        )
    return found


_extracts: weakref.WeakKeyDictionary[Stream, weakref.WeakValueDictionary[float, Extracts]] = (
    weakref.WeakKeyDictionary()
)


def extracts_of(stream: Stream, step: float) -> Extracts:
    """Return the extracts that all lines of a stream with buckets of a step share; on the I/O thread only.

    They live for as long as one of the lines holds them.
    """
    of_steps = _extracts.setdefault(stream, weakref.WeakValueDictionary())
    found = of_steps.get(step)
    if found is None:
        found = of_steps[step] = Extracts(step)
    return found
