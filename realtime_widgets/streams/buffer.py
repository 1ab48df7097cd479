"""DataBuffer: calls a user's function with the new records of a stream, collected into batches.

A buffer is a cursor with a timer: it holds no records of its own, so nothing accumulates when the function is slow.
Timers and threads come from a `Scheduler`.

    idle ── a record ──> waiting ── `every` seconds, flush() or the runtime's end ──> delivering
      ^                     ^                                                             │
      └── nothing new ──────┴───────────────────── more records came ─────────────────────┘
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, Literal, Protocol

from ..errors import RuntimeStopped, named_keywords, reject_what_cannot_be_called
from ..runtime import get_runtime
from ..runtime.forksafe import renew_after_fork
from ..runtime.scheduling import Scheduler, Timer
from .amounts import Duration, to_count, to_duration
from .batch import Batch

logger = logging.getLogger(__name__)


def _nothing() -> None:
    """Do nothing; the undo function while there is nothing to undo."""


def _seconds(timeout: Duration | None, method: str) -> float | None:
    return None if timeout is None else to_duration(timeout, f"timeout= of {method}()")


class Readable(Protocol):
    """What a buffer reads: a stream."""

    name: str

    @property
    def last_seq(self) -> int:
        """The number of the newest record, 0 before the first."""

    def read(self, after: int = 0, limit: int | None = None, *, newest: bool = False) -> Batch:
        """Return the records after a cursor."""

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` after every change; returns the undo."""


REPORT_INTERVAL: Final = 60.0
"""Seconds between two reports of records that were dropped."""


class DataBuffer:
    """Calls `fn(batch)` with the new records of a stream, collected into batches.

    `every` seconds after the first new record, `fn` gets ONE batch with all records since the last
    one, at most the `max_size` newest. It runs on the callback thread, one call at a time; records that arrive
    meanwhile go into the next batch. When it raises, the error is logged and kept in `last_error`, and later
    batches are still delivered.

    Calling the buffer calls `fn`, so a decorated function can be called as before. A notebook cell that is run
    again replaces the buffers that its last run made.

    Args:
        stream: the stream to read; records it holds already are not delivered.
        fn: called with each batch.
        every: seconds (or a timedelta, or a text such as "1s") from the first new record to the delivery.
        max_size: most records per batch; older ones are skipped, counted in `dropped` and reported in the log, at
            most once a minute. None: all that the stream keeps.
        scheduler: timers and the callback thread; None: the runtime of this process.
    """

    _clock = staticmethod(time.monotonic)

    @named_keywords
    def __init__(
        self,
        stream: Readable,
        fn: Callable[[Batch], object],
        *,
        every: Duration = 0.1,
        max_size: int | None = 100,
        scheduler: Scheduler | None = None,
    ) -> None:
        reject_what_cannot_be_called("a buffer cannot deliver to", fn)
        self.stream = stream
        self.every = to_duration(every, "every= of a buffer")
        """Seconds from the first new record to the delivery."""
        self.max_size = None if max_size is None else to_count(max_size, "max_size= of a buffer", least=1)
        """Most records per batch; None: all that the stream keeps."""
        self.delivered = 0
        """Records that `fn` has taken so far."""
        self.failed = 0
        """Records of batches for which `fn` raised."""
        self.dropped = 0
        """Records skipped because of `max_size`, or overwritten before their delivery."""
        self.last_error: BaseException | None = None
        """The last exception of `fn` or of the scheduling; None: there was none."""
        self._fn = fn
        self._own_scheduler = scheduler
        self._lock = threading.Lock()
        self._state: Literal["idle", "waiting", "delivering"] = "idle"
        self._again = False
        self._closed = False
        self._done: Future[None] | None = None
        self._timer: Timer | None = None
        self._forget_stop: Callable[[], object] = _nothing
        self._reported = 0  # of `dropped`
        self._reported_at: float | None = None
        self._cursor = stream.last_seq
        renew_after_fork(self, DataBuffer._begin_in_child)
        functools.update_wrapper(self, fn, updated=())
        self._scheduler().made(self, DataBuffer.close)
        self._stop_listening = stream.listen(self._on_change)

    def _begin_in_child(self) -> None:
        """Reset in a forked child: the parent delivers what was pending; its threads do not exist here."""
        self._lock = threading.Lock()
        self._state, self._again = "idle", False
        self._done = self._timer = None
        self._forget_stop = _nothing
        self._cursor = self.stream.last_seq

    def __call__(self, batch: Batch) -> object:
        """Call `fn`, as if it had not been decorated."""
        return self._fn(batch)

    def flush(self, timeout: Duration | None = None) -> None:
        """Deliver what is pending now instead of later; with nothing pending, do nothing.

        Args:
            timeout: how long to wait until it is delivered, in seconds or any other form; None: return at once.

        Raises:
            TimedOut: when `fn` has not returned within `timeout` seconds.
            WouldDeadlock: with a timeout, on the callback thread or the I/O thread.
        """
        seconds = _seconds(timeout, "flush")
        self._wait_for(self._start(), seconds)

    def close(self, timeout: Duration | None = None) -> None:
        """Deliver what is pending, then stop for good. Takes the same timeout as `flush()`; may be called again."""
        seconds = _seconds(timeout, "close")
        self._stop_listening()
        done = self._start()
        self._closed = True
        self._report_dropped()
        self._wait_for(done, seconds)

    def __enter__(self) -> DataBuffer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        name = getattr(self._fn, "__name__", repr(self._fn))
        state = "closed" if self._closed else self._state
        counts = f"{self.delivered:,} delivered, {self.failed:,} failed, {self.dropped:,} dropped"
        return f"<DataBuffer {self.stream.name!r} → {name}: {state}, {counts}>"

    def _scheduler(self) -> Scheduler:
        return self._own_scheduler or get_runtime()

    def _wait_for(self, done: Future[None] | None, timeout: float | None) -> None:
        if timeout is not None and done is not None:
            self._scheduler().wait(done, timeout)

    def _on_change(self) -> None:
        """Runs on the appending thread after every change; costs one comparison while a delivery is under way."""
        if self._state == "idle" and self.stream.last_seq > self._cursor:
            self._wait()

    def _wait(self) -> None:
        with self._lock:
            if self._state != "idle":
                return
            self._state = "waiting"
        try:
            scheduler = self._scheduler()
            self._forget_stop = scheduler.on_stop(self._start)  # kept until idle: fn may still run at the end
            self._timer = scheduler.call_later(self.every, self._start)
        except Exception as error:
            self._give_up(error)

    def _start(self) -> Future[None] | None:
        """Start delivering what is pending; returns the future of that delivery (None: nothing is pending)."""
        with self._lock:
            if self._state == "delivering":
                self._again = True
                return self._done
            if self._state == "idle" and (self._closed or self.stream.last_seq <= self._cursor):
                return None
            self._state = "delivering"
            timer, self._timer = self._timer, None
            done: Future[None] = Future()
            self._done = done
            done.set_running_or_notify_cancel()  # so that a waiting caller cannot cancel it
        if timer is not None:
            timer.cancel()
        try:
            self._scheduler().submit(self._deliver_all).add_done_callback(self._after_submit)
        except Exception as error:
            self._give_up(error)
        return done

    def _after_submit(self, job: Future[Any]) -> None:
        if job.cancelled():
            self._give_up(
                RuntimeStopped(
                    "a batch was not delivered: the runtime stopped first; close() buffers earlier"
                )
            )

    def _give_up(self, error: BaseException) -> None:
        """Go back to idle, so that the next record tries again (with a new runtime when the old one was stopped)."""
        self.last_error = error
        if not isinstance(error, RuntimeStopped):  # expected when a program ends
            logger.error("a buffer of stream %r could not be scheduled", self.stream.name, exc_info=error)
        with self._lock:
            done = self._end()
        if done is not None:
            done.set_exception(error)

    def _end(self) -> Future[None] | None:
        """Go idle (with the lock held); returns the future that callers wait for."""
        self._state, self._again = "idle", False
        self._forget_stop()
        self._forget_stop = _nothing
        done, self._done = self._done, None
        return done

    def _deliver_all(self) -> None:
        """Runs on the callback thread."""
        again = True
        done: Future[None] | None = None
        while again:
            self._deliver()
            with self._lock:
                again, self._again = self._again, False
                if not again:
                    done = self._end()
        if done is not None:
            done.set_result(None)
        # Checked once the state is idle: a record appended before is seen here, a later one triggers `_on_change`.
        if not self._closed and self.stream.last_seq > self._cursor:
            self._wait()

    def _deliver(self) -> None:
        batch = self.stream.read(self._cursor, self.max_size, newest=True)
        self._cursor = batch.last_seq
        self.dropped += batch.missed
        self._report_dropped()
        if not len(batch):
            return
        try:
            self._fn(batch)
        except BaseException as error:  # sys.exit() in fn must not leave the buffer delivering for ever
            self.failed += len(batch)
            self.last_error = error
            logger.exception("a batch of stream %r was not taken: %r raised", self.stream.name, self._fn)
        else:
            self.delivered += len(batch)

    def _report_dropped(self) -> None:
        if self.dropped == self._reported:
            return
        now = self._clock()
        recent = self._reported_at is not None and now - self._reported_at < REPORT_INTERVAL
        if recent and not self._closed:
            return
        count, self._reported, self._reported_at = self.dropped - self._reported, self.dropped, now
        advice = "call it more often (every=)"
        if self.max_size is not None:
            advice += f", or with more at a time (max_size={self.max_size}; None: all)"
        logger.warning(
            "%s records of stream %r were dropped before %r saw them (%s so far): %s",
            f"{count:,}",
            self.stream.name,
            self._fn,
            f"{self.dropped:,}",
            advice,
        )
