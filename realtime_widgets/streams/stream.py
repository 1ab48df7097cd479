"""Stream: a bounded history of numbered records, and the only object that threads share.

Records are numbered 1, 2, 3 ... in the order they arrive, whatever their times. A reader keeps the number of the last
record it has read (its cursor) and asks for what came after; when its place was overwritten, it continues at the oldest
record that is kept and sees the gap. Data of users are converted before the lock is taken.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import tzinfo
from typing import Any, overload

from ..errors import UsageError, WrongType, named_keywords
from ..runtime.forksafe import renew_after_fork
from ..runtime.listeners import Listeners
from .amounts import Duration, to_count, to_duration
from .batch import Batch
from .buffer import DataBuffer
from .columns import MISFIT, Array, Kind
from .fields import declare
from .gaps import REASONS, Gap, Reason
from .intake import MISSING, Intake, intake, record
from .pace import Pace
from .records import is_many
from .ring import Ring, StreamStats, Tail
from .runs import Run
from .times import NOT_SECONDS_FROM, to_seconds
from .upstream import Upstream, UpstreamStatus
from .zones import local_key, read_zone, zone_key

__all__ = ["Batch", "Stream", "StreamStats"]

logger = logging.getLogger(__name__)


Foresee = Callable[[float, float | None], object]
"""Takes how many records are about to be written, inf: all that are kept are about to go; and the greatest of their
times, in seconds, None: not known."""


class _Forked:
    """Tells once in a forked child that its streams are copies."""

    told = False

    def tell(self, name: str) -> None:
        """Log it."""
        if not self.told:
            self.told = True
            logger.warning(
                "stream %r is written to in a forked process, which has a copy of it: what follows it in the parent, "
                "such as a widget, sees nothing of that; send it there with rw.Publisher(hub.url)",
                name,
            )


_forked = _Forked()


class Stream:
    """A bounded, numbered history of records with a time and named fields; any thread may append and read.

    - Records keep their order of arrival; times may repeat and run backwards.
    - Beyond `max_points` the oldest records are dropped, and those with `ts < newest_ts - max_age` from the
      oldest end on. Age is measured in the data's own time, so a replay of last year works; a record from the
      future, and a clock that is set back, hide nothing (see `newest_ts`).
    - A field is a `number` (float64; None, NaN and pandas.NA read NaN), a `text` (str or None) or an
      `object` (anything, by reference: dates, spans of time, integers that float64 cannot hold). A scalar of a
      library, an array of one and an enum member are the value in them.
    - A record may leave fields out: they are absent from it, which reads like a missing value but is none
      (`Batch.present`): lines and cards go on. So are fields before they first appear.
    - Fields are not declared: the first value decides on the kind, and a value of another kind widens the
      field to `object` with all values kept and one warning in the log; so does an integer that float64
      cannot hold exactly. A number field that holds no number yet becomes text without a warning.
    - Invalid data raise before anything is written.
    - When the loop that feeds it is through, say so (`complete = True`): widgets do not wait for more then.

    Example:
        s = Stream("cpu")
        s.append(0.42)
        s.extend({"ts": times, "cpu": loads})
        batch = s.read(after=cursor)

    Args:
        name: shown in messages and legends.
        fields: the only fields allowed: names, or names with their kinds, which are then checked. None: any.
        max_points: most records kept; None: no limit.
        max_age: how long a record is kept: seconds, timedelta or a text such as "5min"; None: no limit.
        clock: gives the time of records without one, in seconds since the epoch. It is called with the
            stream locked, so that the times it gives do not run backwards from record to record; it may read the
            stream, not write to it.
        tz: the zone of times that have none, and of tables that are made of the stream: a name such as
            "Europe/Berlin", or a tzinfo. None: times without a zone are local, and tables have the zone of the table
            that came last, else UTC. A time that occurs twice, when clocks are set back, is the first of the two.
    """

    @named_keywords
    def __init__(
        self,
        name: str = "stream",
        *,
        fields: Iterable[str] | Mapping[str, Kind] | None = None,
        max_points: int | None = 100_000,
        max_age: Duration | None = None,
        clock: Callable[[], float] = time.time,
        tz: str | tzinfo | None = None,
    ) -> None:
        if not isinstance(name, str):
            raise WrongType(f"a stream cannot be made: its name is {name!r}; pass a str")
        what = f"max_points of stream {name!r}"
        self._max_points = None if max_points is None else to_count(max_points, what, least=1)
        if max_age is not None:
            max_age = to_duration(max_age, f"max_age of stream {name!r}", above=0.0)
        if not callable(clock):
            raise WrongType(
                f"clock of stream {name!r} cannot be {clock!r}: pass a function that returns seconds"
            )
        self.name = name
        self.source: Upstream[UpstreamStatus] | None = None
        """What fills the stream, kept alive as long as the stream; None: calls to its methods."""
        self._clock = clock
        self._lock = threading.RLock()
        self._writing = False  # on the thread that has the lock
        self._zone = read_zone(tz, f"tz of stream {name!r}")
        self._declared = declare(name, fields)
        self._ring = Ring(self._declared, self._max_points, max_age)
        self._ring.zone = self._zone
        self._pace = Pace()
        self._written = 0  # records whose times came without a zone, in columns
        self._complete = False
        self._listeners = Listeners(f"stream {name!r}")
        self._foreseeing: dict[object, Foresee] = {}
        renew_after_fork(self, Stream._renew_lock)

    def _renew_lock(self) -> None:
        """Begin in a forked child, with a lock of its own; what it appends nobody in the parent will see."""
        self._lock = threading.RLock()
        self._writing = False
        if _forked.told:
            return

        def tell() -> None:
            forget()
            _forked.tell(self.name)

        forget = self._listeners.add(tell)

    # Filling it

    def append(self, value: Any = MISSING, /, *, ts: Any = None, **fields: Any) -> int:
        """Add one record.

        Args:
            value: a number, text or object for the field `value`; or a record: a mapping of field names to values, a
                row of a pandas DataFrame, a dataclass, a named tuple, an object of attrs or pydantic.
            ts: when: seconds, integer nanoseconds, a datetime of any library or ISO 8601 text (without a zone: see
                `tz`), a timedelta (of a clock of its own); None: now.
            **fields: values by field name, instead of `value`.

        Returns:
            The number of the record.

        Raises:
            UsageError: when there is nothing to append, or both a value and fields.
            UnknownField, WrongType: when declared fields do not allow it.
            BadTime: when `ts` is not a moment.
        """
        if type(value) is float and not fields:
            fields = {"value": value}
        elif value is not MISSING or not fields:
            fields, ts = record(value, ts, fields)
        if ts is not None and not (type(ts) is float and 0.0 <= ts < NOT_SECONDS_FROM):
            ts = to_seconds(ts, self._zone)

        ring = self._ring
        columns = ring.columns
        writes = []
        for name, value in fields.items():
            column = columns.get(name)
            if column is None:
                return self._append_slowly(fields, ts)
            if type(value) is not float or not column.floats:
                value = column.fit(value)
                if value is MISFIT:
                    return self._append_slowly(fields, ts)
            writes.append((column, value))
        if len(writes) < len(columns):
            writes += [(column, column.leave_out()) for name, column in columns.items() if name not in fields]

        if self._foreseeing and ts is not None and ring.max_age is not None:
            self._foresee(1, ts)  # its time may be far from those before
        with self._lock:
            if self._writing:
                raise self._writing_error()
            if columns is ring.columns:
                self._writing = True
                try:
                    arrived = self._clock()
                    seq = ring.append(writes, arrived if ts is None else ts, arrived)
                finally:
                    self._writing = False
            else:  # another thread added a field or cleared the stream
                seq = 0
        if not seq:
            return self._append_slowly(fields, ts)
        if ring.untold is not None:
            self._tell_ahead()
        if self._listeners.fns:
            self._listeners.tell()
        return seq

    def extend(self, data: Any, *, ts: Any = None) -> int:
        """Add many records.

        Args:
            data: a dict of columns of equal length (lists, 1-D arrays, columns of any library), a list of records, a
                DataFrame, a table of Arrow or any other library that speaks its protocol, or a list or 1-D array
                for the field `value`. Empty data is fine.
            ts: their times: one per record, one for all, or the name of a column or of a pandas index. None: the column
                `ts`, else a pandas index of times (of a TimedeltaIndex, seconds), else the only column of times, else
                now.

        Returns:
            The number of the last record.

        Raises:
            WrongLength: when the columns differ in length.
            UsageError: when times are given twice, or several columns hold times.
            WrongType: when `data` is nothing of the above, or a value does not fit its declared kind.
            UnknownField: when a field is not among the declared ones.
            BadTime: when a time is not a moment.
        """
        taken = intake(data, ts, self._zone, self._ring.columns)
        for name in taken.columns:
            self._declared.check(name)
        return self._write(taken) if taken.count else self.last_seq

    async def feed(self, source: AsyncIterable[Any], /) -> int:
        """Add everything that an asynchronous source yields, until it ends: Kafka, NATS, MQTT, any `async for`.

        Lists, arrays and DataFrames go through `extend()`, everything else (numbers, text, mappings) through
        `append()`.

        Returns:
            How many items it yielded.
        """
        count = 0
        async for item in source:
            if is_many(item):
                self.extend(item)
            else:
                self.append(item)
            count += 1
        return count

    def clear(self) -> None:
        """Drop all records and free their memory; fields stay, and numbering goes on."""
        if self._foreseeing:
            self._foresee(math.inf, None)
        with self._write_alone():
            self._ring.clear()
        self._listeners.tell()

    def mark_gap(self, gap: Gap | Reason = "lost", /) -> Gap:
        """Mark data as missing after the last record: charts draw a break there, and cards are stale until the next
        value.

        Args:
            gap: what is missing, or why: `lost`, `trimmed`, `overflow`, `epoch_changed` or `unknown_source`.

        Returns:
            The gap, with the number of the record before it (`seq`).
        """
        if not isinstance(gap, Gap):
            if gap not in REASONS:
                raise UsageError(
                    f"a gap cannot be marked: {gap!r} is no reason; pass one of {', '.join(map(repr, REASONS))}"
                )
            gap = Gap(self.name, gap, self._clock())
        with self._write_alone():
            placed = self._ring.mark(gap)
        self._listeners.tell()
        return placed

    def mark_run(self, name: str = "", /) -> Run:
        """Begin a new run with the next record, such as a second training: charts draw it as a line of its own.

        Args:
            name: what the run is called; empty: nothing.

        Returns:
            The run, with the number of the record before it (`seq`).
        """
        if not isinstance(name, str):
            raise WrongType(f"a run cannot be marked: its name is {name!r}; pass a str")
        with self._write_alone():
            run = self._ring.begin_run(name, self._clock())
        self._listeners.tell()
        return run

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
            after: the number of the last record that was read; 0: from the beginning.
            limit: most records to return; None: all.
            newest: with a limit, return the newest records instead of the first after the cursor; those
                skipped count as `missed`.
            fields: copy only these; fields that the stream does not have (yet) are left out. None: all.
        """
        after = to_count(after, "after= of read()")
        if limit is not None:
            limit = to_count(limit, "limit= of read()")
        if isinstance(fields, str):
            raise WrongType(
                f"read() cannot read: fields is the text {fields!r}; pass a list, fields=[{fields!r}]"
            )
        wanted = None if fields is None else tuple(fields)
        with self._lock:
            return self._ring.read(after, limit, newest=newest, fields=wanted)

    def one(self, after: int, field: str) -> tuple[float, float] | None:
        """Return time and number of the only record after a cursor; NaN where it has none.

        Returns:
            None where `read()` has to be asked: there is none, or more than one, or a gap or a run is marked there.
        """
        with self._lock:
            return self._ring.one(after, field)

    def tail(self, after: int, fields: Sequence[str], last: int | None = None) -> Tail | None:
        """Return the numbers of the records after a cursor, where these are plain, for a picture of them.

        Args:
            after: the number of the last record that was read.
            fields: names; one that the stream does not have, or that is not of numbers, is absent.
            last: the number of the last record wanted; None: the newest.

        Returns:
            None where `read()` has to be asked: there are none, or a gap or a run is among them.
        """
        with self._lock:
            return self._ring.tail(after, fields, last)

    def hold(self) -> AbstractContextManager[Any]:
        """Return a context in which no other thread can append; its own thread can use the stream as ever.

        It is for work on many records: a thread that only appends waits for its end, instead of taking the
        interpreter's lock for 5 ms at each step of numpy. Nothing in it may wait for another thread.
        """
        return self._lock

    def latest(self, limit: int = 50) -> Batch:
        """Return a copy of the newest records, oldest first; the cursor of the batch is where it begins."""
        limit = to_count(limit, "limit= of latest()")
        ring = self._ring
        with self._lock:
            return ring.read(max(ring.first - 1, ring.last - limit))

    def example(self, field: str) -> Any:
        """Return the newest value of a field that is no number, such as a text; None: there is none."""
        with self._lock:
            return self._ring.example(field)

    def to_pandas(self) -> Any:
        """Return all records as a `pandas.DataFrame`; see `Batch.to_pandas`."""
        return self.read().to_pandas()

    def to_polars(self) -> Any:
        """Return all records as a `polars.DataFrame`; see `Batch.to_polars`."""
        return self.read().to_polars()

    def to_arrow(self) -> Any:
        """Return all records as a `pyarrow.Table`; see `Batch.to_arrow`."""
        return self.read().to_arrow()

    @property
    def last(self) -> dict[str, Any] | None:
        """The record that arrived last, as a dict with its time `ts`; None: there is none."""
        return next(iter(self.latest(1)), None)

    def __getitem__(self, name: str) -> Array:
        """Return a copy of the values of a field, oldest first; `"ts"` and `"seq"` (the records' numbers) work too.

        Raises:
            UnknownField: when the stream has no such field.
        """
        if not isinstance(name, str):
            raise WrongType(
                f"stream {self.name!r} has no field {name!r}: pass the name of a field; for records, "
                "stream.latest(5)[-1] or stream.last"
            )
        return self.read(fields=[name])[name] if name in self.fields else self.read()[name]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Iterate over the records that are kept, each a dict as in `Batch.rows()`."""
        return iter(self.read())

    # Following it

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` after every append, extend and clear, on the thread that made it; returns the undo.

        `fn` must be fast and must not block, since the appending thread waits for it. What it raises is logged.
        For functions that do more work, use `on_batch()`.
        """
        return self._listeners.add(fn)

    def foresee(self, fn: Foresee, /) -> Callable[[], None]:
        """Call `fn(count, newest)` before every extend and clear, on the thread that makes it, so that a reader may
        read what these will drop; before an append where its time may make many records too old. Returns the undo.
        What is said of `listen()` holds.
        """
        key = object()
        self._foreseeing = self._foreseeing | {key: fn}  # replaced, never mutated: others go through it

        def undo() -> None:
            self._foreseeing = {each: fn for each, fn in self._foreseeing.items() if each is not key}

        return undo

    @overload
    def on_batch(
        self, fn: Callable[[Batch], object], /, *, every: Duration = 0.1, max_size: int | None = None
    ) -> DataBuffer: ...
    @overload
    def on_batch(
        self, fn: None = None, /, *, every: Duration = 0.1, max_size: int | None = None
    ) -> Callable[[Callable[[Batch], object]], DataBuffer]: ...
    def on_batch(
        self,
        fn: Callable[[Batch], object] | None = None,
        /,
        *,
        every: Duration = 0.1,
        max_size: int | None = None,
    ) -> DataBuffer | Callable[[Callable[[Batch], object]], DataBuffer]:
        """Call `fn(batch)` with new records, collected into batches, on the callback thread; see `DataBuffer`.

        Also a decorator, plain or with options; the name then stands for the buffer, which can be called
        like `fn`:

            @stream.on_batch(every=1)
            def show(batch): ...

            show.close()

        Args:
            fn: what to call.
            every: seconds (or a timedelta, or a text such as "1s") from the first new record to the call.
            max_size: most records per batch, the newest; the others are dropped, counted and reported in the log.
                None: all that the stream keeps.
        """
        if fn is None:
            return lambda fn: DataBuffer(self, fn, every=every, max_size=max_size)
        return DataBuffer(self, fn, every=every, max_size=max_size)

    # Looking at it

    @property
    def complete(self) -> bool:
        """Whether nothing more is to come, as for a table. Set it once the loop that feeds the stream is through:

            stream.complete = True

        What shows the stream then claims nothing: neither that it is live nor, later, that data have not come. Set it
        to False when the loop begins again.
        """
        return self._complete

    @complete.setter
    def complete(self, complete: bool) -> None:
        self._complete = bool(complete)
        self._listeners.tell()

    @property
    def max_points(self) -> int | None:
        """Most records kept; None: no limit."""
        return self._max_points

    @property
    def max_age(self) -> float | None:
        """Seconds a record is kept; None: no limit."""
        return self._ring.max_age

    @property
    def tz(self) -> tzinfo | None:
        """The zone of times that have none, and of tables; None: local time, and the zone that came in."""
        return self._zone

    @property
    def written_in(self) -> str | None:
        """The zone in which the times of all records were written, an IANA name or an offset: that of the stream, where
        they came in columns without a zone of their own. None: they are moments.

        Widgets show such times as they were written, and moments in the zone of the reader.
        """
        if not self._written or self._written != self._ring.last:
            return None
        return local_key() if self._zone is None else zone_key(self._zone)

    @property
    def fields(self) -> dict[str, Kind]:
        """The kinds of the fields by name, in their order of appearance; `ts` is not among them."""
        return {name: column.kind for name, column in self._ring.columns.items()}

    @property
    def number_fields(self) -> tuple[str, ...]:
        """The fields that have had numbers, whatever their kinds."""
        return tuple(name for name, column in self._ring.columns.items() if column.holds_numbers)

    @property
    def first_seq(self) -> int:
        """The number of the oldest record that is kept; `last_seq + 1` when there is none."""
        return self._ring.first

    @property
    def last_seq(self) -> int:
        """The number of the newest record, 0 before the first."""
        return self._ring.last

    @property
    def cleared_seq(self) -> int:
        """What `last_seq` was at the latest `clear()`, 0 if there was none."""
        return self._ring.cleared

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Gaps among the records that are kept, oldest first; the newest 1,000 at most."""
        ring = self._ring
        return tuple(gap for gap in ring.gaps if gap.seq is not None and gap.seq >= ring.first - 1)

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs marked among the records that are kept, oldest first; the newest 1,000 at most."""
        ring = self._ring
        return tuple(run for run in ring.runs if run.seq >= ring.first - 1)

    @property
    def gap_count(self) -> int:
        """Number of gaps so far."""
        return self._ring.gap_count

    @property
    def missing(self) -> Gap | None:
        """The gap after the newest record; None: nothing is known to be missing after it."""
        ring = self._ring
        gaps = ring.gaps
        return gaps[-1] if gaps and gaps[-1].seq == ring.last else None

    @property
    def newest_ts(self) -> float | None:
        """Time of the newest record since the latest `clear()`, in seconds; None if there was none.

        That is the greatest time, but of records that are ahead of the clock by more than a minute only while
        there are no others, and of the records before the clock was set back none; see `streams.present`.
        """
        return self._ring.newest_ts

    @property
    def newest_seq(self) -> int:
        """The number of the newest record, whose time is `newest_ts`; 0 if there was none since the latest `clear()`.

        It may be kept no more, when many late ones came after it.
        """
        return self._ring.present.seq

    @property
    def past_seq(self) -> int:
        """The number of the last record that is past whatever its time, because the clock was set back since, or
        because it and all before it are ahead of the clock; 0: there is none. Of the records after it, those with
        `ts > newest_ts` are ahead.
        """
        return self._ring.present.past

    @property
    def age(self) -> float | None:
        """Seconds since the newest record arrived, by the stream's clock, not by its `ts`; None before the first
        record, and from a `clear()` to the next one.
        """
        arrived = self._ring.present.arrived
        return max(0.0, self._clock() - arrived) if arrived > -math.inf else None

    @property
    def quiet_after(self) -> float | None:
        """Seconds without data after which widgets say when the last came: three times the usual pause between
        arrivals, 5 s at least; 60 while that is not known; None for a stream that is `complete`. See `streams.pace`.
        """
        return None if self.complete else self._pace.quiet_after

    def note_pace(self) -> None:
        """Learn from the newest arrival how often data come; called again and again while widgets follow the stream."""
        self._pace.note(self._ring.present.arrived)

    @property
    def stats(self) -> StreamStats:
        """Counters, all taken at one moment."""
        with self._lock:
            return self._ring.stats()

    def __len__(self) -> int:
        with self._lock:
            return len(self._ring)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name} ({kind})" for name, kind in self.fields.items())
        return f"<Stream {self.name!r}: {len(self):,} records; {fields or 'no fields yet'}>"

    # How it is written

    def _append_slowly(self, fields: Mapping[str, Any], ts: Any) -> int:
        """Add a record that brings a new field or a new kind."""
        for name in fields:
            self._declared.check(name)
        return self._write(intake([fields], ts, self._zone, None))

    def _write(self, taken: Intake) -> int:
        """Add converted data: the only writer besides the fast path in `append()`."""
        if self._foreseeing:
            self._foresee(taken.count, None if taken.ts is None else float(taken.ts.max()))
        with self._write_alone():
            arrived = self._clock()
            ts = taken.times(arrived)
            warnings = self._ring.extend(taken.columns, ts, arrived)
            if taken.zone is not None and self._zone is None:
                self._ring.zone = taken.zone
            self._written += taken.count * taken.written
            last = self._ring.last
        for warning in warnings:
            logger.warning(warning)
        if self._ring.untold is not None:
            self._tell_ahead()
        self._listeners.tell()
        return last

    def _foresee(self, count: float, newest: float | None) -> None:
        for fn in self._foreseeing.values():
            try:
                fn(count, newest)
            except Exception:
                logger.exception("a reader of stream %r raised: %r", self.name, fn)

    @contextmanager
    def _write_alone(self) -> Iterator[None]:
        """Keep other threads waiting, and refuse what this one would write meanwhile, as `append()` does."""
        with self._lock:
            if self._writing:
                raise self._writing_error()
            self._writing = True
            try:
                yield
            finally:
                self._writing = False

    def _writing_error(self) -> UsageError:
        return UsageError(
            f"stream {self.name!r} cannot be written to: this thread is writing to it just now, and a signal handler, "
            "a finalizer or clock= has come in between; let these hand over what they have, for instance by a queue"
        )

    def _tell_ahead(self) -> None:
        """Log which record was the first that is ahead of the clock."""
        with self._lock:
            untold, self._ring.untold = self._ring.untold, None
        if untold is not None:
            seq, ts, now = untold
            logger.warning(
                "record %d of stream %r is %s s ahead of the clock: its time is %r, and it is %r now; it is kept, and "
                "counts as the newest one only when no others come; check the unit of its time and the clock of its "
                "source",
                seq,
                self.name,
                f"{ts - now:,.0f}",
                ts,
                now,
            )
