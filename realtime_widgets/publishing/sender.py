"""The sender: sends what a publisher has to send, on a small thread of its own, and sees to it at the program's end.

The thread starts with the first record and ends when there has been nothing to send for a while. It is a daemon, so a
hub that hangs holds up nobody's end; what is left then is sent by `finish`, within a limit: `atexit` calls it, after
all threads that are no daemons have ended and before ours is stopped. In children of `multiprocessing`, which end
without `atexit`, a finalizer of theirs does.

The lock may be taken again by a signal handler or a finalizer that appends in the middle of an append of the same
thread: hence an RLock; and a SimpleQueue, which can be put to there, wakes the thread.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import queue
import random
import re
import threading
import time
import weakref
from typing import Any, Final

from ..errors import RealtimeWidgetsError, shown
from ..runtime.forksafe import finish_in_child, renew_after_fork
from ..streams.as_json import encode_record, rows_of
from ..streams.intake import MISSING, intake, record
from ..streams.times import to_seconds
from .outgoing import Outgoing, PublisherStats
from .posting import TIMEOUT, Poster
from .queue import Batch
from .target import Target

logger = logging.getLogger("realtime_widgets.publisher")

IDLE: Final = 10.0
"""Seconds without anything to send after which the thread ends."""

_VARIABLE: Final = re.compile(r"[\d'\"]")

_chance: Final = random.SystemRandom().random
"""Not the generator of the program, whose numbers shall be those that its seed promises."""


class Sender:
    """Queues records, and sends them; any thread.

    Args:
        target: the hub.
        max_records, max_bytes: that wait; beyond them the oldest are dropped.
        max_record: bytes of a record; larger ones are refused.
        exit_timeout: seconds for what waits at the program's end.
    """

    def __init__(
        self, target: Target, max_records: int, max_bytes: int, max_record: int, exit_timeout: float
    ) -> None:
        self.target = target
        self.limits = max_records, max_bytes
        self.exit_timeout = exit_timeout
        self._max_record = max_record
        self._closed = False
        self._begin()
        renew_after_fork(self, Sender._begin)
        _keep(self)

    def _begin(self) -> None:
        """Begin with nothing, also in a forked child: what waits is the parent's to send, and so is the connection."""
        inherited = getattr(self, "_poster", None)
        if inherited is not None:
            inherited.leave()
        self._lock = threading.RLock()
        self._outgoing = Outgoing(*self.limits, _chance)
        self._poster = Poster(self.target)
        self._posting = threading.Lock()
        self._starting = False
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._waiters: list[queue.SimpleQueue[None]] = []
        self._thread: threading.Thread | None = None
        self._idle = False

    # Taking records; nothing here raises

    def append(self, channel: str, value: Any, ts: Any, fields: dict[str, Any]) -> None:
        """Queue one record; see `Publisher.append`."""
        try:
            if value is not MISSING or not fields:
                fields, ts = record(value, ts, fields)
            raw, left_out = encode_record(fields, time.time() if ts is None else to_seconds(ts))
            self._put(channel, raw, left_out)
        except Exception as error:
            self.refuse(error)

    def extend(self, channel: str, data: Any, ts: Any) -> None:
        """Queue many records; see `Publisher.extend`."""
        try:
            taken = intake(data, ts)
            times = taken.times(time.time()).tolist()
            for fields, at in zip(rows_of(taken), times, strict=True):
                self.append(channel, fields, at, {})
        except Exception as error:
            self.refuse(error)

    def _put(self, channel: str, raw: bytes, left_out: list[tuple[str, str]]) -> None:
        if len(raw) > self._max_record:
            with self._lock:
                self._outgoing.refuse(
                    "size",
                    f"a record of {len(raw):,} bytes cannot be sent: those have up to {self._max_record:,}",
                )
            self._log()
            return
        with self._lock:
            outgoing = self._outgoing
            for field, why in left_out:
                outgoing.leave_out(field, why)
            if self._closed:
                outgoing.reject()
            else:
                outgoing.put(channel, raw)
            thread = self._thread
        if self._idle:
            self._idle = False
            self._wake.put(None)
        if (thread is None or not thread.is_alive()) and not self._closed:
            self._start()
        if outgoing.notices:
            self._log()

    def refuse(self, error: Exception) -> None:
        """Count a record that cannot be taken, and say why."""
        with contextlib.suppress(Exception):
            ours = isinstance(error, RealtimeWidgetsError)
            why = str(error) if ours else f"a record cannot be sent: {shown(error)}"
            with self._lock:
                # Told once for each sentence, whatever numbers and names are in it.
                self._outgoing.refuse(f"refused {_VARIABLE.split(why, 1)[0]}", why)
            self._log()

    # Sending them

    def _start(self) -> bool:
        """Start the thread, unless it runs; returns whether it does."""
        with self._lock:
            if self._starting:  # a signal handler appends while we are at it
                return True
            self._starting = True
            try:
                if self._thread is not None and self._thread.is_alive():
                    return True
                thread = threading.Thread(target=self._run, name="realtime_widgets publisher", daemon=True)
                thread.start()
                self._thread = thread
            except RuntimeError:  # at the interpreter's end, or the system has no more threads
                self._thread = None
                return False
            finally:
                self._starting = False
        finish_in_child(finish)
        return True

    def _run(self) -> None:
        while True:
            try:
                wait = self._turn(TIMEOUT)
                done = wait is None and self._closed
                try:
                    if not done and wait != 0.0:
                        self._wake.get(timeout=IDLE if wait is None else wait)
                except queue.Empty:
                    done = wait is None
                if done and self._ended():
                    return
            except Exception:  # a defect of ours must cost the program nothing but what is logged
                logger.exception("a publisher could not go on; it tries again")
                time.sleep(1.0)

    def _ended(self) -> bool:
        with self._lock:
            if self._outgoing.waiting:
                return False
            self._thread = None
            self._poster.close()
            return True

    def _turn(self, timeout: float) -> float | None:
        """Send what is due; returns the seconds until more is, None: nothing waits."""
        with self._posting:
            with self._lock:
                step = self._outgoing.next(time.monotonic())
                self._idle = step is None
            if not isinstance(step, Batch):
                return step
            answer = self._poster.post(step, timeout)
            with self._lock:
                # Closed meanwhile: then it was counted as lost. Whether it arrived nobody can say.
                if self._outgoing.is_open(step):
                    self._outgoing.settle(step, answer, time.monotonic())
                waiters = list(self._waiters)
        for waiter in waiters:
            waiter.put(None)
        self._log()
        return 0.0

    def _log(self) -> None:
        with self._lock:
            notices, self._outgoing.notices = self._outgoing.notices, []
        for level, text in notices:
            with contextlib.suppress(Exception):  # a handler of the user's
                logger.log(level, "publisher of %s: %s", self.target.label, text)

    # Waiting for it

    def flush(self, timeout: float | None) -> bool:
        """Wait until nothing waits of what was appended before; see `Publisher.flush`."""
        if threading.current_thread() is self._thread:  # in a handler of our own log lines
            return False
        deadline = None if timeout is None else time.monotonic() + timeout
        waiter: queue.SimpleQueue[None] = queue.SimpleQueue()
        with self._lock:
            outgoing = self._outgoing
            target, stuck = outgoing.last, outgoing.stuck
            outgoing.hurried += 1
            outgoing.hasten(time.monotonic())
            self._waiters.append(waiter)
        self._wake.put(None)
        try:
            while True:
                with self._lock:
                    if outgoing.settled(target):
                        return True
                    if outgoing.stuck > stuck:
                        return False
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return False
                if not self._start():  # then this thread does what ours would do
                    wait = self._turn(TIMEOUT if left is None else left)
                    time.sleep(wait or 0.0 if left is None else min(wait or 0.0, left))
                    continue
                with contextlib.suppress(queue.Empty):
                    waiter.get(timeout=1.0 if left is None else min(left, 1.0))
        finally:
            with self._lock:
                outgoing.hurried -= 1
                self._waiters.remove(waiter)

    def close(self, timeout: float | None) -> None:
        """Flush, and drop what is left; see `Publisher.close`."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        try:
            self.flush(timeout)
        finally:
            with self._lock:
                self._outgoing.abandon()
            self._log()
            self._wake.put(None)  # the thread may end
            _senders.pop(id(self), None)

    def stats(self) -> PublisherStats:
        """Return the counters, all of one moment."""
        with self._lock:
            return self._outgoing.stats()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed


_senders: dict[int, weakref.ref[Sender]] = {}
"""Those that are open, by `id()`. One that waits for the hub is kept by its thread, whoever else has gone."""


def _keep(sender: Sender) -> None:
    key = id(sender)
    _senders[key] = weakref.ref(sender, lambda _: _senders.pop(key, None))


def finish() -> None:
    """Send what waits, at the end of the program; all publishers share the time."""
    senders = [sender for found in list(_senders.values()) if (sender := found()) and sender.stats().waiting]
    start = time.monotonic()
    with contextlib.suppress(KeyboardInterrupt):
        for sender in senders:  # each has its thread, so they send at the same time
            with sender._lock:
                sender._outgoing.hurried += 1
        for sender in senders:
            sender.flush(max(0.0, start + sender.exit_timeout - time.monotonic()))
    for sender in senders:
        with sender._lock:
            sender._closed = True
            sender._outgoing.abandon()
        sender._log()


atexit.register(finish)
