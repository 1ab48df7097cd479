"""Ring: the newest records of a stream, numbered, in columns of equal length.

It numbers new records, makes room for them, and drops those beyond `max_points` or `max_age`. Nothing here locks or
reads a clock: the stream does. An interrupt (Ctrl-C) leaves every record either complete or absent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from .batch import Batch
from .columns import ABSENT, ABSENT_NUMBER, Array, Column, absences, scalar
from .fields import Declaration, agree
from .gaps import Gap
from .present import AHEAD, Present
from .runs import MAX_RUNS, Run
from .times import Floats
from .values import Values
from .zones import Zone

_FIRST_CAPACITY = 1024
"""Initial capacity in records; doubled as needed, so that a hundred small streams need little memory."""

_UNBOUNDED = 2**62

_NOTHING, _ASIDE, _BEGINS = 0, 1, 2
"""What is marked of a record; see `Present.aside` and `Present.begins`."""

MAX_GAPS = 1000
"""Most gaps that are kept; the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class StreamStats:
    """Counters of a stream's records, and what it holds now."""

    appended: int
    """Records ever appended."""
    kept: int
    """Records held now."""
    dropped: int
    """Records dropped because of `max_points` or `max_age`; cleared ones do not count."""
    late: int
    """Records that were older than the newest one before them."""
    ahead: int
    """Records whose time was ahead of the stream's clock, by more than `present.AHEAD` seconds, when they arrived."""
    bytes: int
    """Memory of the columns in bytes; for texts and objects only the references."""
    oldest_ts: float | None
    """Time of the first record that is kept, in seconds; None when there is none."""
    newest_ts: float | None
    """As `Stream.newest_ts`."""
    gaps: int
    """Gaps marked so far: places where data are missing."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Numbers of the newest records of a stream."""

    last_seq: int
    """The number of the last of them."""
    missed: int
    """How many before them were wanted and are no longer kept."""
    ts: Floats
    """Their times, seconds."""
    values: Floats
    """Shape (fields, records); NaN where a number is missing, absent where a record says nothing, see `columns`."""
    others: frozenset[str] = frozenset()
    """Fields that hold other things than numbers, whose rows are absent: `Stream.read` has them."""


class Ring:
    """The records `first` to `last`: at most `max_points`, none older than `max_age` before the newest.

    Which one is the newest, and of which run of the clock, says `present`.
    """

    __slots__ = (
        "_capacity",
        "_declared",
        "_limit",
        "_marks",
        "_told",
        "_ts",
        "cleared",
        "columns",
        "dropped",
        "first",
        "gap_count",
        "gaps",
        "last",
        "max_age",
        "present",
        "runs",
        "untold",
        "zone",
    )

    def __init__(self, declared: Declaration, max_points: int | None, max_age: float | None) -> None:
        self.max_age = max_age
        self.first = 1
        self.last = 0
        self.cleared = 0  # `last` at the latest clear()
        self.dropped = 0
        self.present = Present()
        self.untold: tuple[int, float, float] | None = (
            None  # the first record ahead: number, time, clock; to be told
        )
        self._told = False
        self.gaps: tuple[Gap, ...] = ()  # at most MAX_GAPS, the newest
        self.gap_count = 0
        self.runs: tuple[Run, ...] = ()  # at most MAX_RUNS, the newest
        self.zone: Zone = None  # of the tables that are made of it
        # Replaced, never mutated: an append is prepared without the lock, and then checks whether this is still the
        # same dict.
        self.columns = {field: Column(kind, 0) for field, kind in declared.kinds.items()}
        self._ts = Column("number", 0)
        self._marks: Column | None = None  # what was so of each record when it came; None: nothing unusual
        self._capacity = 0  # every column has at least this many slots
        self._declared = declared
        self._limit = _UNBOUNDED if max_points is None else int(max_points)

    def __len__(self) -> int:
        return self.last - self.first + 1

    # Writing

    def append(self, values: Iterable[tuple[Column, Any]], ts: float, now: float) -> int:
        """Add one record, given as one value that fits for each column, at this moment; returns its number."""
        present = self.present
        seq = self.last + 1
        usual = ts <= present.horizon and present.arrived <= now  # neither it nor the clock is astray
        if not usual:
            present = present.after(ts, now, seq)
            self._note_ahead(present, seq, ts, now)
        if seq - self.first >= self._capacity:
            self._make_room(1, present, self.columns)
        slot = seq - 1
        for column, value in values:
            array = column.array
            array[slot % len(array)] = value
        array = self._ts.array
        array[slot % len(array)] = ts
        said = _NOTHING if usual else _BEGINS if present.begins else _ASIDE if present.aside else _NOTHING
        if said or self._marks is not None:
            array = self._marked().array
            array[slot % len(array)] = said
        # No call between these, so that an interrupt or a fork finds the record either complete or absent.
        if usual:
            present.arrived = now
            if ts >= present.newest:
                present.newest = ts
                present.seq = seq
            else:
                present.late += 1
        else:
            self.present = present
        self.last = seq
        if self.max_age is not None:
            self._drop_old(present, self.columns)
        return seq

    def extend(self, incoming: Mapping[str, Values], ts: Floats, now: float) -> list[str]:
        """Add one record per time, at this moment; returns the warnings to log.

        Raises:
            WrongType: when a value does not fit its declared kind; nothing is written then.
        """
        count = len(ts)
        present = self.present.after_all(ts, now, self.last + 1)
        columns, arrays, warnings = agree(
            self._declared, self.columns, incoming, self.first, self.last, self._capacity
        )
        kept = min(count, self._limit)
        last = self.last + count
        seq = last - kept + 1
        self._make_room(kept, present, columns)
        for name, column in columns.items():
            if name in arrays:
                column.write(seq, arrays[name][count - kept :])
            else:
                column.fill(seq, last)
        self._ts.write(seq, ts[count - kept :])
        if self._marks is not None or present.begins or present.aside is not False:
            marks = np.where(np.broadcast_to(present.aside, count), _ASIDE, _NOTHING)
            marks[[number - self.last - 1 for number in present.begins]] = _BEGINS
            self._marked().write(seq, marks[count - kept :])
        first = max(self.first, last - self._limit + 1)
        if present.ahead > self.present.ahead:
            at = int(ts.argmax())
            self._note_ahead(present, self.last + 1 + at, float(ts[at]), now)
        # As above: no call between these.
        self.columns = columns
        self.present = present
        self.dropped += first - self.first
        self.first = first
        self.last = last
        if self.max_age is not None:
            self._drop_old(present, columns)
        return warnings

    def _marked(self) -> Column:
        """Return what is so of each record, with room for all."""
        if self._marks is None:
            self._marks = Column("number", 0)
            self._marks.array = np.zeros(self._capacity)
        return self._marks

    def _note_ahead(self, present: Present, seq: int, ts: float, now: float) -> None:
        """Note the first record that is ahead of the clock."""
        if present.ahead > self.present.ahead and not self._told:
            self.untold, self._told = (seq, ts, now), True

    def mark(self, gap: Gap) -> Gap:
        """Mark data as missing after the last record; returns the gap, with `seq` set."""
        placed = msgspec.structs.replace(gap, seq=self.last)
        kept = [each for each in self.gaps if each.seq is not None and each.seq >= self.first - 1]
        self.gaps = (*kept[1 - MAX_GAPS :], placed)
        self.gap_count += 1
        return placed

    def begin_run(self, name: str, ts: float) -> Run:
        """Mark the beginning of a run after the last record; returns it."""
        run = Run(name, ts, self.last)
        kept = [each for each in self.runs if self.first - 1 <= each.seq < run.seq]
        self.runs = (*kept[1 - MAX_RUNS :], run)
        return run

    def clear(self) -> None:
        """Drop all records and free their memory; fields stay, and numbering goes on."""
        columns = {name: Column(column.kind, 0) for name, column in self.columns.items()}
        ts = Column("number", 0)
        self._marks = None
        self._ts, self.columns, self._capacity = ts, columns, 0
        self.cleared = self.last
        self.first = self.last + 1
        self.present = self.present.cleared(self.last)
        self.gaps = ()
        self.runs = ()

    # Reading

    def read(
        self,
        after: int,
        limit: int | None = None,
        *,
        newest: bool = False,
        fields: Sequence[str] | None = None,
    ) -> Batch:
        """Return a copy of the records after a cursor; see `Stream.read`."""
        if after >= self.last:  # nothing new, or a cursor that is not of this stream
            first, last = after + 1, after
        else:
            first, last = max(after + 1, self.first), self.last
            if limit is not None and newest:
                first = max(first, last - limit + 1)
            elif limit is not None:
                last = min(last, first + limit - 1)
        names = self.columns if fields is None else [name for name in fields if name in self.columns]
        arrays = {name: self.columns[name].read(first, last) for name in names}
        marks = None if self._marks is None else self._marks.read(first, last)
        return Batch(
            stream=self._declared.stream,
            after=after,
            first_seq=first,
            last_seq=last,
            ts=self._ts.read(first, last),
            columns=arrays,
            missed=max(0, first - 1 - max(after, self.cleared)),
            cleared=after < self.cleared,
            gaps=tuple(gap for gap in self.gaps if gap.seq is not None and first - 1 <= gap.seq <= last)
            if self.gaps
            else (),
            runs=tuple(run for run in self.runs if first - 1 <= run.seq <= last) if self.runs else (),
            zone=self.zone,
            ahead=None if marks is None else marks == _ASIDE,
            begins=() if marks is None else tuple((np.flatnonzero(marks == _BEGINS) + first - 1).tolist()),
            origins={name: self.columns[name].origin for name in names},
            _absent={
                name: _clear_absences(array)
                for name, array in arrays.items()
                if array.dtype == object and self.columns[name].sparse
            },
        )

    def example(self, field: str) -> Any:
        """Return the newest value of a field that is no number; see `Stream.example`."""
        column = self.columns.get(field)
        last = self.last
        while column is not None and column.kind != "number" and last >= self.first:
            first = max(self.first, last - 255)
            for value in reversed(column.read(first, last).tolist()):
                if not (value is None or value is ABSENT or scalar(value)[0] == "number"):
                    return value
            last = first - 1
        return None

    def one(self, after: int, field: str) -> tuple[float, float] | None:
        """Return time and number of the only record after a cursor; see `Stream.one`."""
        if self.last != after + 1 or self.first > self.last or self._is_marked(after):
            return None
        column, ts = self.columns.get(field), self._ts.array
        number = math.nan
        if column is not None and column.kind == "number":
            number = column.array.item(after % len(column.array))
        return ts.item(after % len(ts)), number

    def _is_marked(self, after: int) -> bool:
        """Whether a gap or a run is marked after a record or later."""
        gaps, runs = self.gaps, self.runs
        return bool((gaps and (gaps[-1].seq or 0) >= after) or (runs and runs[-1].seq >= after))

    def tail(self, after: int, fields: Sequence[str], last: int | None = None) -> Tail | None:
        """Return the numbers of the records after a cursor; see `Stream.tail`."""
        last = self.last if last is None else min(last, self.last)
        first = max(after + 1, self.first)
        if last < first or self._is_marked(after):
            return None
        columns = [self.columns.get(field) for field in fields]
        values = np.full((len(columns), last - first + 1), ABSENT_NUMBER)
        others = set()
        for field, row, column in zip(fields, values, columns, strict=True):
            if column is not None and column.kind == "number":
                row[:] = column.read(first, last)
            elif column is not None:
                others.add(field)
        missed = max(0, first - 1 - max(after, self.cleared))
        return Tail(last, missed, self._ts.read(first, last), values, frozenset(others))

    @property
    def newest_ts(self) -> float | None:
        """Time of the newest record since the latest clear(), see `present`; None when there was none."""
        newest = self.present.newest
        return float(newest) if newest > -math.inf else None

    def stats(self) -> StreamStats:
        """Return the counters so far."""
        return StreamStats(
            appended=self.last,
            kept=len(self),
            dropped=self.dropped,
            late=self.present.late,
            ahead=self.present.ahead,
            bytes=sum(column.array.nbytes for column in (*self._own_columns(), *self.columns.values())),
            oldest_ts=float(self._ts.read(self.first, self.first)[0]) if len(self) else None,
            newest_ts=self.newest_ts,
            gaps=self.gap_count,
        )

    # Room

    def _make_room(self, count: int, present: Present, columns: Mapping[str, Column]) -> None:
        """Make a slot for `count` more records in all columns: drop what is too old, grow, drop the oldest."""
        if self.max_age is not None:
            self._drop_old(present, columns)
        wanted = len(self) + count
        if wanted > self._capacity < self._limit or columns is not self.columns:
            doubled = 1 << (max(wanted, _FIRST_CAPACITY) - 1).bit_length()
            capacity = max(self._capacity, min(self._limit, doubled))
            # One after the other, so that at most one column is in memory twice.
            for column in (*self._own_columns(), *self.columns.values(), *columns.values()):
                column.grow(self.first, self.last, capacity)
            self._capacity = capacity
        surplus = wanted - self._capacity
        if surplus > 0:
            # Before their slots are written: a reader after an interrupt must not find half of a record.
            self.dropped += surplus
            self.first += surplus

    def _own_columns(self) -> tuple[Column, ...]:
        return (self._ts,) if self._marks is None else (self._ts, self._marks)

    def _drop_old(self, present: Present, columns: Mapping[str, Column]) -> None:
        """Drop records from the oldest end while they are older than `max_age` allows.

        One whose time lies ahead goes with those that arrived after it.
        """
        first = fresh = self.first
        if self.max_age is None or first > self.last:
            return
        newest = present.newest
        oldest = newest - self.max_age
        times = self._ts.array
        head = times.item((first - 1) % len(times))
        if first > present.past:
            if oldest <= head <= newest:
                return
        elif head >= oldest or newest > present.arrived + AHEAD:
            fresh = present.past + 1  # by what came after the clock was set back; their own times say nothing
        while fresh <= self.last and not oldest <= times[(fresh - 1) % len(times)] <= newest:
            # In chunks, because usually only a few of many are too old.
            piece = self._ts.read(fresh, min(self.last, fresh + 4095))
            stays = (piece >= oldest) & (piece <= newest)
            if stays.any():
                piece = piece[: int(stays.argmax())]
            if (past := np.flatnonzero(piece < oldest)).size:
                first = fresh + int(past[-1]) + 1
            fresh += len(piece)
        old = self.first
        if first > old:
            self.dropped += first - old
            self.first = first
            for column in columns.values():
                if column.kind != "number":  # releases the objects
                    column.fill(old, first - 1)


def _clear_absences(array: Array) -> NDArray[np.bool_]:
    """Write None for absent values; returns where they were."""
    absent = absences(array)
    array[absent] = None
    return absent
