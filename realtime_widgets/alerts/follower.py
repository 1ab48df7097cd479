"""Follower: reads one stream for all alerts that watch it, soon after records come and before they are overwritten.

    idle ── the stream changed ──> waiting ── at once, or 0.1 s after the last look ──> looking ──> idle

It looks on the I/O thread, so a cell that is running delays nothing. Where more than half of what the stream keeps has
not been looked at, or where what comes next would drop records that have not, the thread that appends does it itself.
Who wants to know what is so now, such as a card that is drawn, has it look at once. What is read is read once, for all
readers that are as far: how many there are costs the thread that appends nothing.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

from ..errors import RuntimeStopped
from ..runtime.forksafe import renew_after_fork
from ..runtime.scheduling import Scheduler
from ..streams import Stream
from .look import Look

logger = logging.getLogger(__name__)

EVERY: Final = 0.1
"""Seconds between two looks at most; the first record after a pause is looked at once."""

SLACK: Final = 0.001
"""Seconds by which an alarm may be later than it is due: no two of them for what is rounded otherwise."""

PATIENCE: Final = 0.5
"""Seconds that an appending thread waits for a look of another thread: not for ever, should that wait for this one."""


class Reader(Protocol):
    """What a follower reads for."""

    def fields(self) -> list[str]:
        """Return the fields that are wanted now."""

    def take(self, look: Look) -> None:
        """Take what was read, in order; one call at a time."""

    def due(self) -> float | None:
        """Return in how many seconds to look again though nothing has come; None: never."""


class Reading:
    """How far one reader has come in its stream; made by `follow`, until it is closed."""

    def __init__(self, follower: Follower, reader: Reader) -> None:
        self.follower = follower
        self.reader = reader
        self.cursor = follower.stream.first_seq - 1
        """The number of the last record that was taken."""
        self.newest = _newest(follower.stream)
        """What the time of the newest record was then."""
        self.first = True
        """Whether nothing has been taken."""
        self.missed = 0
        """Records that were overwritten before they were looked at."""
        self.closed = False

    def look(self) -> None:
        """Have the reader take what is new now; does nothing where this thread is looking already."""
        self.follower.look(self)

    def before(self, look: Look, fields: list[str]) -> Look | None:
        """Return the records of some fields before those of a look, for a reader that wants more than until now.

        None: none are kept.
        """
        stream = self.follower.stream
        with stream.hold():
            first, last = stream.first_seq, look.batch.after
            if last < first:
                return None
            batch = stream.read(first - 1, last - first + 1, fields=fields)
            past = stream.past_seq
        return Look(batch, past, stream.complete, True)

    def close(self) -> None:
        """Read no more."""
        self.closed = True
        _followers.leave(self)

    def go_on(self, look: Look, newest: float) -> None:
        """Go on after what was read: not before it was taken, or an interrupt would lose it."""
        self.missed += look.batch.missed
        self.first = False
        self.newest = newest
        self.cursor = max(self.cursor, look.batch.last_seq)


class Follower:
    """Looks at a stream for its readers, until the last one is closed.

    Args:
        stream: what is read, for each reader from the oldest record that is kept.
        scheduler: returns that of the process, whose timers are used.
        clock: seconds, never running backwards.
    """

    def __init__(
        self, stream: Stream, scheduler: Callable[[], Scheduler], clock: Callable[[], float]
    ) -> None:
        self.stream = stream
        self.closed = False
        self.readings: tuple[Reading, ...] = ()
        """Those who read, in the order in which they came; replaced, never mutated."""
        self._scheduler = scheduler
        self._clock = clock
        self._lock = threading.RLock()  # a finalizer may look wherever this thread is
        self._looking: int | None = None  # the thread that does
        self._waiting = False
        self._alarm_at = math.inf  # by the clock
        self._looked_at = -EVERY + clock()
        self._most_unread = math.inf if stream.max_points is None else stream.max_points // 2
        # Of the reader that is the least far:
        self._cursor = stream.first_seq - 1
        self._newest = _newest(stream)
        self._urgent_from = self._cursor + self._most_unread  # a record after this one is not to wait
        self._forget_stop: weakref.finalize[..., Follower] | None = None
        renew_after_fork(self, Follower._begin_in_child)
        self._stop_listening = stream.listen(self._on_change), stream.foresee(self._on_loss)

    def _begin_in_child(self) -> None:
        """Reset in a forked child, where neither the timers nor the threads of the parent exist."""
        self._lock = threading.RLock()
        self._looking = self._forget_stop = None
        self._waiting, self._alarm_at = False, math.inf

    def look(self, reading: Reading | None = None) -> None:
        """Look now, for all, or where nothing has come for one; does nothing where this thread is looking already."""
        with self.alone() as mine:
            if mine:
                self._look(reading)

    def read_by(self, readings: Iterable[Reading]) -> None:
        """Set who reads."""
        self.readings = tuple(each for each in readings if not each.closed)
        self._go_on()

    def close(self) -> None:
        """Look no more."""
        self.closed = True
        for stop in self._stop_listening:
            stop()
        if self._forget_stop is not None:
            self._forget_stop()
            self._forget_stop = None

    @contextmanager
    def alone(self, patience: float = -1.0) -> Iterator[bool]:
        """Keep other threads from looking meanwhile; yields False where that cannot be had.

        Args:
            patience: seconds to wait for another thread; -1: no limit.
        """
        if self._looking == threading.get_ident():
            yield False
            return
        mine = False
        try:
            mine = self._lock.acquire(timeout=patience)
            if mine:
                self._looking = threading.get_ident()
            yield mine
        finally:
            if mine:
                self._looking = None
                self._lock.release()

    # When

    def _on_change(self) -> None:
        """Run on the thread that changed the stream; mostly one comparison."""
        if not self._waiting:
            self._waiting = True  # before: the I/O thread may look at once
            scheduled = False
            try:
                scheduled = self._call_later(self._looked_at + EVERY - self._clock(), self._look_in_time)
            finally:
                if not scheduled:
                    self._waiting = False
        if self.stream.last_seq > self._urgent_from:
            self._look_in_passing()

    def _on_loss(self, count: float, newest: float | None) -> None:
        """Run on the thread that is about to write to the stream, or to clear it."""
        stream = self.stream
        last, most, age = stream.last_seq, stream.max_points, stream.max_age
        if last <= self._cursor:
            return
        if (
            count == math.inf
            or (most is not None and last + count - most > self._cursor)
            or (age is not None and newest is not None and newest - age > self._newest)
        ):
            self._look_in_passing()

    def _look_in_time(self) -> None:
        """Run on the I/O thread."""
        self._waiting = False  # before the look: what comes from now on is for the next
        self.look()

    def _look_in_passing(self) -> None:
        with self.alone(PATIENCE) as mine:
            if mine:
                self._look()

    def _alarm(self, at: float) -> None:
        if at == self._alarm_at:  # or it was overtaken by one that was due sooner
            self._alarm_at = math.inf
        self.look()

    # What

    def _look(self, reading: Reading | None = None) -> None:
        if self.closed:
            return
        stream, readings = self.stream, self.readings
        if reading is not None and stream.last_seq == self._cursor:
            readings = (reading,)
        else:
            self._looked_at = self._clock()
        wanted = {each: fields for each in readings if (fields := self._wanted_by(each)) is not None}
        try:
            looks, newest = self._read(wanted)
        except Exception:
            logger.exception("stream %r could not be read", stream.name)
            return
        for each, look in looks.items():
            if each.closed:  # by one before it
                continue
            try:
                each.reader.take(look)
            except Exception:
                logger.exception("records of stream %r could not be judged", stream.name)
            each.go_on(look, newest)
        self._go_on()
        self._set_alarm(looks)

    def _wanted_by(self, reading: Reading) -> list[str] | None:
        try:
            return None if reading.closed else reading.reader.fields()
        except Exception:
            logger.exception("records of stream %r could not be judged", self.stream.name)
            return None

    def _read(self, wanted: dict[Reading, list[str]]) -> tuple[dict[Reading, Look], float]:
        """Return what each reader is to take, and the time of the newest record; those who are as far share it."""
        stream = self.stream
        looks: dict[Reading, Look] = {}
        with stream.hold():
            for cursor in sorted({each.cursor for each in wanted}):
                group = [each for each in wanted if each.cursor == cursor]
                fields = dict.fromkeys(field for each in group for field in wanted[each])
                batch = stream.read(cursor, fields=fields)
                look = Look(batch, stream.past_seq, stream.complete, False)
                looks |= {each: look.as_first() if each.first else look for each in group}
            newest = _newest(stream)
        return looks, newest

    def _go_on(self) -> None:
        """Note how far the reader is that is the least far."""
        readings = self.readings
        if readings:
            self._cursor = min(each.cursor for each in readings)
            self._newest = min(each.newest for each in readings)
            self._urgent_from = self._cursor + self._most_unread

    def _set_alarm(self, readings: Iterable[Reading]) -> None:
        due = min((after for each in readings if (after := each.reader.due()) is not None), default=math.inf)
        at, before = self._clock() + due, self._alarm_at
        if at >= before - SLACK:
            return
        self._alarm_at = at  # before, as above
        scheduled = False
        try:
            scheduled = self._call_later(due, _weakly(self._alarm, at))
        finally:
            if not scheduled:
                self._alarm_at = before

    def _call_later(self, delay: float, fn: Callable[[], object]) -> bool:
        try:
            scheduler = self._scheduler()
            if self._forget_stop is None:
                self._forget_stop = weakref.finalize(self, scheduler.on_stop(_weakly(self._stop)))
                self._forget_stop.atexit = False
            scheduler.call_later(max(0.0, delay), fn)
        except Exception as error:
            if not isinstance(error, RuntimeStopped):  # expected when a program ends
                logger.error("stream %r cannot be looked at in time", self.stream.name, exc_info=error)
            return False
        return True

    def _stop(self) -> None:
        """Look a last time before the timers of this runtime are gone; the next record asks for another one."""
        self.look()
        if self._forget_stop is not None:
            self._forget_stop.detach()
            self._forget_stop = None
        self._waiting, self._alarm_at = False, math.inf


def _newest(stream: Stream) -> float:
    return -math.inf if stream.newest_ts is None else stream.newest_ts


class _Followers:
    """The follower of each stream that is read."""

    def __init__(self) -> None:
        self._renew()
        self._of: weakref.WeakKeyDictionary[Stream, weakref.ref[Follower]] = weakref.WeakKeyDictionary()
        renew_after_fork(self, _Followers._renew)

    def _renew(self) -> None:
        # For a few steps that call nothing foreign; again by this thread, whose finalizers may come in anywhere.
        self._lock = threading.RLock()

    def join(self, stream: Stream, reader: Reader, scheduler: Callable[[], Scheduler], clock: Any) -> Reading:
        """Return the reading of one more reader."""
        with self._lock:
            known = self._of.get(stream)
            follower = None if known is None else known()
            if follower is None or follower.closed:
                follower = Follower(stream, scheduler, clock)
                self._of[stream] = weakref.ref(follower)  # which the stream holds, and which holds the stream
            reading = Reading(follower, reader)
            follower.read_by((*follower.readings, reading))
            return reading

    def leave(self, reading: Reading) -> None:
        """Let a reading that is closed be; with the last one nobody follows the stream."""
        with self._lock:
            follower = reading.follower
            follower.read_by(follower.readings)
            if not follower.readings:
                follower.close()


_followers = _Followers()


def follow(
    stream: Stream,
    reader: Reader,
    scheduler: Callable[[], Scheduler],
    clock: Callable[[], float] = time.monotonic,
) -> Reading:
    """Have a reader take the records of a stream from the oldest one that is kept, as all its others do.

    Args:
        stream: what is read.
        reader: who takes what was read.
        scheduler: returns that of the process, whose timers are used; of the first reader of a stream.
        clock: seconds, never running backwards; of the first reader, too.
    """
    return _followers.join(stream, reader, scheduler, clock)


def _weakly(method: Callable[..., object], *args: object) -> Callable[[], None]:
    """Return a function that calls a method as long as its object exists, and does not keep it: the runtime would hold
    every stream that was ever watched.
    """
    reference = weakref.WeakMethod(method)

    def call() -> None:
        alive = reference()
        if alive is not None:
            alive(*args)

    return call
