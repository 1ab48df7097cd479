"""Follower: reads one stream for an alert, soon after records come and before they are overwritten.

    idle ── the stream changed ──> waiting ── at once, or 0.1 s after the last look ──> looking ──> idle

It looks on the I/O thread, so a cell that is running delays nothing. Where more than half of what the stream keeps has
not been looked at, or where what comes next would drop records that have not, the thread that appends does it itself.
Who wants to know what is so now, such as a card that is drawn, has it look at once.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from ..errors import RuntimeStopped
from ..runtime.forksafe import renew_after_fork
from ..runtime.scheduling import Scheduler
from ..streams import Batch, Stream

logger = logging.getLogger(__name__)

EVERY: Final = 0.1
"""Seconds between two looks at most; the first record after a pause is looked at once."""

PATIENCE: Final = 0.5
"""Seconds that an appending thread waits for a look of another thread: not for ever, should that wait for this one."""


@dataclass(frozen=True, slots=True)
class Look:
    """New records of a stream, and what was the newest one when they were read; see `streams.present`."""

    batch: Batch
    newest: float
    """`Stream.newest_ts`, -inf: there is none. Records after `past` with a greater time are ahead of the clock."""
    past: int
    """`Stream.past_seq`."""
    complete: bool
    """`Stream.complete`."""
    first: bool
    """Whether these are the records that were there when the stream began to be followed."""


class Reader(Protocol):
    """What a follower reads for."""

    def fields(self) -> list[str] | None:
        """Return the fields that are wanted now; None: all."""

    def take(self, look: Look) -> None:
        """Take what was read, in order; one call at a time."""

    def due(self) -> float | None:
        """Return in how many seconds to look again though nothing has come; None: never."""


class Follower:
    """Looks at a stream for a reader, until it is closed.

    Args:
        stream: what is read, from the oldest record that is kept.
        reader: who takes what was read.
        scheduler: returns that of the process, whose timers are used.
        clock: seconds, never running backwards.
    """

    def __init__(
        self,
        stream: Stream,
        reader: Reader,
        scheduler: Callable[[], Scheduler],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stream = stream
        self.missed = 0
        """Records that were overwritten before they were looked at."""
        self.closed = False
        self._reader = reader
        self._scheduler = scheduler
        self._clock = clock
        self._lock = threading.RLock()  # a finalizer may look wherever this thread is
        self._looking: int | None = None  # the thread that does
        self._waiting = False
        self._alarmed = False
        self._first = True
        self._looked_at = -EVERY + clock()
        self._most_unread = math.inf if stream.max_points is None else stream.max_points // 2
        self._cursor = stream.first_seq - 1
        self._urgent_from = self._cursor + self._most_unread  # a record after this one is not to wait
        self._forget_stop: weakref.finalize[..., Follower] | None = None
        renew_after_fork(self, Follower._begin_in_child)
        self._newest = (
            -math.inf if stream.newest_ts is None else stream.newest_ts
        )  # when it was last looked at
        self._stop_listening = stream.listen(self._on_change), stream.foresee(self._on_loss)

    def _begin_in_child(self) -> None:
        """Reset in a forked child, where neither the timers nor the threads of the parent exist."""
        self._lock = threading.RLock()
        self._looking = self._forget_stop = None
        self._waiting = self._alarmed = False

    def look(self) -> None:
        """Look now; does nothing where this thread is looking already."""
        with self.alone() as mine:
            if mine:
                self._look()

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
            self._waiting = self._call_later(self._looked_at + EVERY - self._clock(), self._look_in_time)
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

    def _alarm(self) -> None:
        self._alarmed = False
        self.look()

    # What

    def _look(self) -> None:
        if self.closed:
            return
        self._looked_at = self._clock()
        try:
            look = self._read()
        except Exception:
            logger.exception("stream %r could not be read", self.stream.name)
            return
        try:
            self._reader.take(look)
        except Exception:
            logger.exception("records of stream %r could not be judged", self.stream.name)
        self._go_on(look)
        self._set_alarm()

    def _go_on(self, look: Look) -> None:
        """Go on after what was read: not before it was taken, or an interrupt would lose it."""
        batch = look.batch
        self.missed += batch.missed
        self._first = False
        self._newest = look.newest
        if batch.last_seq > self._cursor:
            self._cursor = batch.last_seq
            self._urgent_from = self._cursor + self._most_unread

    def _read(self) -> Look:
        stream = self.stream
        fields = self._reader.fields()
        with stream.hold():
            batch = stream.read(self._cursor, fields=fields)
            newest, past = stream.newest_ts, stream.past_seq
        return Look(batch, -math.inf if newest is None else newest, past, stream.complete, self._first)

    def before(self, look: Look, fields: list[str]) -> Look | None:
        """Return the records of some fields before those of a look, for a reader that wants more than until now.

        None: none are kept.
        """
        stream = self.stream
        with stream.hold():
            first, last = stream.first_seq, look.batch.after
            if last < first:
                return None
            batch = stream.read(first - 1, last - first + 1, fields=fields)
            newest, past = stream.newest_ts, stream.past_seq
        return Look(batch, -math.inf if newest is None else newest, past, stream.complete, True)

    def _set_alarm(self) -> None:
        if not self._alarmed and (delay := self._reader.due()) is not None:
            self._alarmed = self._call_later(delay, _weakly(self._alarm))

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
        self._waiting = self._alarmed = False


def _weakly(method: Callable[[], object]) -> Callable[[], None]:
    """Return a function that calls a method as long as its object exists, and does not keep it: the runtime would hold
    every stream that was ever watched.
    """
    reference = weakref.WeakMethod(method)

    def call() -> None:
        alive = reference()
        if alive is not None:
            alive()

    return call
