"""The stream: a bounded history of numbered records, and the only object that threads share.

Records are numbered 1, 2, 3 ... in the order they arrive, whatever their times. A reader keeps the number
of the last record it has had (its cursor) and asks for what came after; when its place was overwritten, it
gets the oldest record that is kept and sees the gap. What users hand over is taken apart and converted
before the lock is taken.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, overload

import numpy as np

from .batching import Batch, DataBuffer, unknown_field
from .columns import KINDS, MISFIT, Array, Column, Intake, Kind, Values, check_name, intake
from .errors import UsageError, WrongType, did_you_mean
from .times import Floats, to_seconds

__all__ = ["Batch", "Stream", "StreamStats"]

logger = logging.getLogger(__name__)

MISSING: Final[Any] = object()
"""The default of `append()`'s value, because None is a value: a missing number."""

_FIRST_CAPACITY = 1024
"""Records that memory is set aside for at first; doubled as needed, so that a hundred small streams stay
small.
"""

_UNBOUNDED = 2**62


@dataclass(frozen=True, slots=True)
class StreamStats:
    """What happened to a stream's records, and what it holds now."""

    appended: int
    """Records ever appended."""
    kept: int
    """Records held now."""
    dropped: int
    """Records that had to go because of `max_points` or `max_age`; cleared ones do not count."""
    late: int
    """Records that were older than the newest before them."""
    bytes: int
    """Memory of the columns; of texts and objects only the references."""
    oldest_ts: float | None
    """Time of the first record that is kept, in seconds; None when there is none."""
    newest_ts: float | None
    """As `Stream.newest_ts`."""


class Stream:
    """A bounded, numbered history of records with a time and named fields; any thread may append and read.

    - Records keep their order of arrival: times may repeat and run backwards.
    - Beyond `max_points` the oldest records are dropped, and those with `ts < newest_ts - max_age` from the
      oldest end on. Age is measured in the data's own time, so a replay of last year works.
    - A field is a `number` (float64; None, NaN and pandas.NA read NaN), a `text` (str or None) or an
      `object` (anything, by reference). A field that first appears later reads as missing before.
    - Fields are not declared: the first value decides on the kind, and a value of another kind widens the
      field to `object` with all values kept and one warning in the log; so does an integer that float64
      cannot hold exactly. A number field without a single number becomes text without a word.
    - Whatever is wrong with the data raises before anything is written.

    Example:
        s = Stream("cpu")
        s.append(0.42)
        s.extend({"ts": times, "cpu": loads})
        batch = s.read(after=cursor)

    Args:
        name: shown in messages and legends.
        fields: the only fields there will be: names, or names with their kinds, which then are checked.
            None: any.
        max_points: most records kept; None: no limit.
        max_age: seconds a record is kept; None: no limit.
        clock: gives the time of records without one, in seconds since the epoch. It is called with the
            stream locked, so that times given here never run backwards.
    """

    def __init__(
        self,
        name: str = "stream",
        *,
        fields: Iterable[str] | Mapping[str, Kind] | None = None,
        max_points: int | None = 100_000,
        max_age: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not isinstance(name, str):
            raise WrongType(f"a stream cannot be made: its name is {name!r}; pass a str")
        if max_points is not None and (isinstance(max_points, bool) or not max_points >= 1):
            raise UsageError(
                f"stream {name!r} cannot be made: max_points is {max_points!r}; pass 1 or more, or None"
            )
        if max_age is not None and not max_age > 0:
            raise UsageError(
                f"stream {name!r} cannot be made: max_age is {max_age!r}; pass seconds above 0, or None"
            )
        self.name = name
        self.max_points = max_points
        self.max_age = max_age
        self._clock = clock
        self._lock = threading.Lock()
        self._limit = _UNBOUNDED if max_points is None else int(max_points)
        self._declared, kinds = _declaration(name, fields)
        self._kinds_fixed = isinstance(fields, Mapping)
        self._capacity = 0  # every column has at least this many slots
        self._ts = Column("number", 0)
        # Replaced, never changed: so append() can work on it before it has the lock, and see whether it still
        # holds.
        self._columns: dict[str, Column] = {field: Column(kind, 0) for field, kind in kinds.items()}
        self._first = 1
        self._last = 0
        self._cleared = 0
        self._dropped = 0
        self._late = 0
        self._newest = -math.inf
        self._arrived = -math.inf  # by the clock, whatever the records' own times
        self._listeners: tuple[list[Callable[[], object]], ...] = ()

    # Filling it

    def append(self, value: Any = MISSING, /, *, ts: Any = None, **fields: Any) -> int:
        """Add one record.

        Args:
            value: a number, text or object for the field `value`, or a mapping of field names to values.
            ts: when: seconds, integer nanoseconds, datetime, datetime64 or pandas.Timestamp (without a
                zone: local time); None: now.
            **fields: values by field name, instead of `value`.

        Returns:
            The number of the record.

        Raises:
            UsageError: when there is nothing to append, or both a value and fields.
            UnknownField, WrongType: when declared fields do not allow it.
            BadTime: when `ts` is not a moment.
        """
        if value is not MISSING:
            if fields:
                raise UsageError(
                    f"append() cannot take both: a value ({value!r}) and fields ({', '.join(fields)}); "
                    "pass either"
                )
            if isinstance(value, Mapping):
                fields, ts = _record(value, ts)
            elif _is_column(value):
                raise WrongType(
                    "append() takes one value: we saw several; pass them to extend(), or as append(name=...)"
                )
            else:
                fields = {"value": value}
        elif not fields:
            raise UsageError(
                "append() has nothing to append: no value and no fields; pass append(0.42) or append(cpu=0.4)"
            )
        if ts is not None:
            ts = to_seconds(ts)

        columns = self._columns
        writes = []
        for name, value in fields.items():
            column = columns.get(name)
            if column is None:
                return self._append_slowly(fields, ts)
            if type(value) is not float or column.kind != "number":
                value = column.fit(value)
                if value is MISFIT:
                    return self._append_slowly(fields, ts)
            writes.append((column, value))
        if len(writes) < len(columns):
            writes += [(column, column.nothing) for name, column in columns.items() if name not in fields]

        with self._lock:
            if columns is self._columns:
                arrived = self._clock()
                if ts is None:
                    ts = arrived
                late = ts < self._newest
                seq = self._last + 1
                if seq - self._first >= self._capacity:
                    self._make_room(1, self._newest if late else ts, columns)
                slot = seq - 1
                for column, value in writes:
                    array = column.array
                    array[slot % len(array)] = value
                array = self._ts.array
                array[slot % len(array)] = ts
                # From here on there is no call, so an interrupt (Ctrl-C) finds the record either published or
                # not there.
                if late:
                    self._late += 1
                else:
                    self._newest = ts
                self._arrived = arrived
                self._last = seq
                if self.max_age is not None:
                    self._drop_old(self._newest, columns)
            else:  # another thread added a field or cleared the stream
                seq = 0
        if not seq:
            return self._append_slowly(fields, ts)
        if self._listeners:
            self._tell()
        return seq

    def extend(self, data: Any, *, ts: Any = None) -> int:
        """Add many records.

        Args:
            data: a dict of columns of equal length (lists, 1-D arrays, pandas or polars columns), a list of
                dicts, a pandas or polars DataFrame, or a list or 1-D array for the field `value`. Their
                times are the column `ts`, else a pandas DatetimeIndex, else now. Empty data is fine.
            ts: their times, when `data` has none: one per record, or one for all.

        Returns:
            The number of the last record.

        Raises:
            WrongLength: when the columns differ in length.
            WrongType: when `data` is nothing of the above, or a value does not fit its declared kind.
            UnknownField: when a field is not among the declared ones.
            BadTime: when a time is not a moment.
        """
        taken = intake(data, ts)
        for name in taken.columns:
            self._check_field(name)
        return self._write(taken) if taken.count else self._last

    async def feed(self, source: AsyncIterable[Any], /) -> int:
        """Add everything that an asynchronous source yields, until it ends: Kafka, NATS, MQTT, any `async
        for`.

        Lists, arrays and DataFrames go through `extend()`, all else (numbers, text, mappings) through
        `append()`.

        Returns:
            How many items it yielded.
        """
        count = 0
        async for item in source:
            if _is_column(item):
                self.extend(item)
            else:
                self.append(item)
            count += 1
        return count

    def clear(self) -> None:
        """Drop all records and free their memory; fields stay, and numbering goes on."""
        with self._lock:
            columns = {name: Column(column.kind, 0) for name, column in self._columns.items()}
            ts = Column("number", 0)
            self._ts, self._columns, self._capacity = ts, columns, 0
            self._cleared = self._last
            self._first = self._last + 1
            self._newest = -math.inf
        self._tell()

    # Reading it

    def read(
        self,
        after: int = 0,
        limit: int | None = None,
        *,
        newest: bool = False,
        fields: Iterable[str] | None = None,
    ) -> Batch:
        """Return a copy of the records after a cursor, oldest first.

        Args:
            after: the number of the last record the reader has had; 0: from the beginning.
            limit: most records to return; None: all.
            newest: with a limit, return the newest records instead of the first after the cursor; those
                passed over count as `missed`.
        """
        if after < 0 or (limit is not None and limit < 0):
            raise UsageError(
                f"read() cannot read: after={after!r}, limit={limit!r}; pass 0 or more, or limit=None for all"
            )
        with self._lock:
            if after >= self._last:  # nothing new, or a cursor of another stream's life
                first, last = after + 1, after
            else:
                first, last = max(after + 1, self._first), self._last
                if limit is not None and newest:
                    first = max(first, last - limit + 1)
                elif limit is not None:
                    last = min(last, first + limit - 1)
            cleared = self._cleared
            ts, columns = self._copy(first, last, fields)
        missed = max(0, first - 1 - max(after, cleared))
        return Batch(self.name, after, first, last, ts, columns, missed, after < cleared)

    def latest(self, limit: int = 50) -> Batch:
        """Return a copy of the newest records, oldest first; the cursor of the batch is where it begins."""
        if limit < 0:
            raise UsageError(f"latest() cannot return {limit!r} records; pass 0 or more")
        with self._lock:
            first, last = max(self._first, self._last - limit + 1), self._last
            ts, columns = self._copy(first, last)
        return Batch(self.name, first - 1, first, last, ts, columns)

    def to_pandas(self) -> Any:
        """Return all records as a `pandas.DataFrame`; see `Batch.to_pandas`."""
        return self.read().to_pandas()

    def to_polars(self) -> Any:
        """Return all records as a `polars.DataFrame`; see `Batch.to_polars`."""
        return self.read().to_polars()

    def to_arrow(self) -> Any:
        """Return all records as a `pyarrow.Table`; see `Batch.to_arrow`."""
        return self.read().to_arrow()

    # Following it

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` after every append, extend and clear, on the thread that made it; returns the undo.

        For machinery: `fn` must be quick and must not wait, since the appending thread waits for it. What
        it raises is logged. For functions that do work, `on_batch()`.
        """
        entry = [fn]  # a list is equal by value but found by identity below, so the same fn may listen twice
        with self._lock:
            self._listeners = (*self._listeners, entry)

        def undo() -> None:
            with self._lock:
                self._listeners = tuple(kept for kept in self._listeners if kept is not entry)

        return undo

    @overload
    def on_batch(
        self, fn: Callable[[Batch], object], /, *, every: float = 0.1, max_size: int | None = 100
    ) -> DataBuffer: ...
    @overload
    def on_batch(
        self, fn: None = None, /, *, every: float = 0.1, max_size: int | None = 100
    ) -> Callable[[Callable[[Batch], object]], DataBuffer]: ...
    def on_batch(
        self,
        fn: Callable[[Batch], object] | None = None,
        /,
        *,
        every: float = 0.1,
        max_size: int | None = 100,
    ) -> DataBuffer | Callable[[Callable[[Batch], object]], DataBuffer]:
        """Call `fn(batch)` with what came, gathered into batches, on the callback thread; see `DataBuffer`.

        Also a decorator, plain or with options; the name then stands for the buffer, which can be called
        like `fn`:

            @stream.on_batch(every=1)
            def show(batch): ...

            show.close()

        Args:
            fn: what to call.
            every: seconds from the first new record to the call.
            max_size: most records per batch, the newest; None: all that are kept.
        """
        if fn is None:
            return lambda fn: DataBuffer(self, fn, every=every, max_size=max_size)
        return DataBuffer(self, fn, every=every, max_size=max_size)

    # Looking at it

    @property
    def fields(self) -> dict[str, Kind]:
        """The kinds of the fields by name, in their order of appearance; `ts` is not among them."""
        return {name: column.kind for name, column in self._columns.items()}

    @property
    def first_seq(self) -> int:
        """The number of the oldest record that is kept; `last_seq + 1` when there is none."""
        return self._first

    @property
    def last_seq(self) -> int:
        """The number of the newest record, 0 before the first."""
        return self._last

    @property
    def cleared_seq(self) -> int:
        """What `last_seq` was at the latest `clear()`, 0 if there was none."""
        return self._cleared

    @property
    def newest_ts(self) -> float | None:
        """The latest time of any record since the latest `clear()`, in seconds; None if there was none."""
        newest = self._newest
        return float(newest) if newest > -math.inf else None

    @property
    def age(self) -> float | None:
        """Seconds since the newest record arrived, by the stream's clock and whatever its `ts`; None before
        the first.
        """
        return max(0.0, self._clock() - self._arrived) if self._last else None

    @property
    def stats(self) -> StreamStats:
        """Counters, all of one moment."""
        with self._lock:
            kept = self._last - self._first + 1
            oldest = float(self._ts.read(self._first, self._first)[0]) if kept else None
            size = sum(column.array.nbytes for column in (self._ts, *self._columns.values()))
            return StreamStats(self._last, kept, self._dropped, self._late, size, oldest, self.newest_ts)

    def __len__(self) -> int:
        with self._lock:
            return self._last - self._first + 1

    def __repr__(self) -> str:
        fields = ", ".join(f"{name} ({kind})" for name, kind in self.fields.items())
        return f"<Stream {self.name!r}: {len(self):,} records; {fields or 'no fields yet'}>"

    # How it is written; everything below with the lock held, unless it says otherwise

    def _append_slowly(self, fields: Mapping[str, Any], ts: Any) -> int:
        """Add a record that brings a new field or a new kind (takes the lock)."""
        for name in fields:
            self._check_field(name)
        return self._write(intake([fields], ts))

    def _check_field(self, name: Any) -> None:
        check_name(name)
        if self._declared is not None and name not in self._declared:
            raise unknown_field(self.name, name, self._columns)

    def _write(self, taken: Intake) -> int:
        """Add converted columns (takes the lock): agree on kinds, make room, write, publish."""
        count = taken.count
        with self._lock:
            arrived = self._clock()
            ts = taken.times(self._clock)
            late, newest = _lateness(ts, self._newest)
            columns, arrays, warnings = self._agree(taken.columns)
            kept = min(count, self._limit)
            last = self._last + count
            seq = last - kept + 1
            self._make_room(kept, newest, columns)
            for name, column in columns.items():
                if name in arrays:
                    column.write(seq, arrays[name][count - kept :])
                else:
                    column.fill(seq, last)
            self._ts.write(seq, ts[count - kept :])
            first = max(self._first, last - self._limit + 1)
            # No call between these, so that an interrupt finds the records either published or not there.
            self._columns = columns
            self._late += late
            self._newest = newest
            self._arrived = arrived
            self._dropped += first - self._first
            self._first = first
            self._last = last
            if self.max_age is not None:
                self._drop_old(newest, columns)
        for warning in warnings:
            logger.warning(warning)
        self._tell()
        return last

    def _agree(self, incoming: Mapping[str, Values]) -> tuple[dict[str, Column], dict[str, Array], list[str]]:
        """Return the columns that can hold what comes, it in their kinds, and what to say; changes
        nothing.
        """
        columns = self._columns
        arrays: dict[str, Array] = {}
        warnings = []
        for name, values in incoming.items():
            column = columns.get(name)
            if column is None:
                column = Column(values.kind, self._capacity)
                column.fill(self._first, self._last)
                columns = {**columns, name: column}
            array = values.as_kind(column.kind)
            if array is None:
                kind = self._wider(name, column, values)
                if kind == "object":
                    warnings.append(
                        f"field {name!r} of stream {self.name!r} is an object from now on: it was a "
                        f"{column.kind} and got {values.first_misfit(column.kind)!r}; to have such values "
                        "refused, make the stream with fields="
                    )
                columns = {**columns, name: column.widened(kind, self._first, self._last)}
                array = values.as_kind(kind)
            if array is not None:
                arrays[name] = array
        return columns, arrays, warnings

    def _wider(self, name: str, column: Column, values: Values) -> Kind:
        """Return the kind for a field that gets values its kind cannot hold."""
        if self._kinds_fixed:
            value = values.first_misfit(column.kind)
            raise WrongType(
                f"field {name!r} of stream {self.name!r} cannot hold {value!r}: it is declared as "
                f"{column.kind} and this is of type {type(value).__name__}; convert it, or declare the "
                "field as 'object'"
            )
        holds_nothing = column.kind == "number" and np.isnan(column.read(self._first, self._last)).all()
        return values.kind if holds_nothing else "object"

    def _make_room(self, count: int, newest: float, columns: Mapping[str, Column]) -> None:
        """Have a slot for `count` more records in all columns: drop the too old, grow, drop the oldest."""
        if self.max_age is not None:
            self._drop_old(newest, columns)
        wanted = self._last - self._first + 1 + count
        if wanted > self._capacity < self._limit or columns is not self._columns:
            doubled = 1 << (max(wanted, _FIRST_CAPACITY) - 1).bit_length()
            capacity = max(self._capacity, min(self._limit, doubled))
            # One after the other, so that never more than one column is there twice.
            for column in (self._ts, *self._columns.values(), *columns.values()):
                column.grow(self._first, self._last, capacity)
            self._capacity = capacity
        surplus = wanted - self._capacity
        if (
            surplus > 0
        ):  # before their slots are written: a reader after an interrupt must not find half of a record
            self._dropped += surplus
            self._first += surplus

    def _drop_old(self, newest: float, columns: Mapping[str, Column]) -> None:
        """Drop records from the oldest end while they are older than `max_age` allows."""
        assert self.max_age is not None
        oldest = newest - self.max_age
        times = self._ts.array
        old = first = self._first
        if first > self._last or times[(first - 1) % len(times)] >= oldest:
            return
        while first <= self._last:
            piece = self._ts.read(
                first, min(self._last, first + 4095)
            )  # in pieces: few of many are old as a rule
            fresh = piece >= oldest
            if fresh.any():
                first += int(fresh.argmax())
                break
            first += len(piece)
        if first > old:
            self._dropped += first - old
            self._first = first
            for column in columns.values():
                if column.kind != "number":  # lets go of the objects
                    column.fill(old, first - 1)

    def _copy(
        self, first: int, last: int, fields: Iterable[str] | None = None
    ) -> tuple[Floats, dict[str, Array]]:
        names = self._columns if fields is None else [name for name in fields if name in self._columns]
        columns = {name: self._columns[name].read(first, last) for name in names}
        return self._ts.read(first, last), columns

    def _tell(self) -> None:
        """Call the listeners (without the lock)."""
        for (fn,) in self._listeners:
            try:
                fn()
            except Exception:
                logger.exception("a listener of stream %r raised: %r", self.name, fn)


def _declaration(stream: str, fields: Any) -> tuple[frozenset[str] | None, dict[str, Kind]]:
    """Return the names that are allowed (None: all) and the kinds to start with."""
    if fields is None:
        return None, {}
    if isinstance(fields, str):
        raise WrongType(
            f"stream {stream!r} cannot be made: fields is the text {fields!r}; "
            f"pass a list, fields=[{fields!r}]"
        )
    kinds: dict[str, Kind] = dict(fields) if isinstance(fields, Mapping) else dict.fromkeys(fields, "number")
    for name, kind in kinds.items():
        check_name(name)
        if kind not in KINDS:
            raise WrongType(
                f"field {name!r} of stream {stream!r} cannot be of kind {kind!r}: there are "
                f"{', '.join(map(repr, KINDS))}{did_you_mean(str(kind), KINDS)}"
            )
    return frozenset(kinds), kinds


def _is_column(value: Any) -> bool:
    """Whether these are many values: a list, a tuple, an array or something made of them."""
    return isinstance(value, list | tuple) or bool(getattr(value, "ndim", 0)) or hasattr(value, "get_columns")


def _record(value: Mapping[str, Any], ts: Any) -> tuple[dict[str, Any], Any]:
    """Take the time out of a record that came as a mapping."""
    fields = dict(value)
    own = fields.pop("ts", None)
    if own is not None and ts is not None:
        raise UsageError("append() cannot take both: ts= and a 'ts' in the mapping; pass either")
    if not fields:
        raise UsageError(
            "append() has nothing to append: the mapping has no fields; pass append({'cpu': 0.4})"
        )
    return fields, ts if own is None else own


def _lateness(ts: Floats, newest: float) -> tuple[int, float]:
    """Return how many times are before the newest so far, and the newest of all."""
    if ts[0] >= newest and (ts[1:] >= ts[:-1]).all():  # in order, as nearly always
        return 0, float(ts[-1])
    highest = np.maximum(np.maximum.accumulate(ts), newest)
    return int((ts < highest).sum()), float(highest[-1])
