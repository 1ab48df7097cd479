"""Callbacks: a queue of users' functions, called in order and one at a time on a thread of their own.

`start()` starts the thread, and an end mark in the queue ends it; the runtime decides when.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

logger = logging.getLogger(__name__)

_Job = tuple[Callable[..., Any], tuple[Any, ...], "Future[Any]"]


class Callbacks:
    """The queue of functions, and the thread that calls them."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        """None: not started."""
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()  # None: nothing after it is run

    def put(self, fn: Callable[..., T], args: tuple[Any, ...]) -> Future[T]:
        """Queue `fn(*args)` behind earlier calls; an exception of it is logged and set on the future."""
        future: Future[T] = Future()
        self._jobs.put((fn, args, future))
        return future

    def start(self) -> None:
        """Start the thread, unless it was started."""
        if self.thread is None:
            thread = threading.Thread(target=self._run, name="realtime_widgets callbacks", daemon=True)
            thread.start()  # raises when the system has no more threads; the next call tries again
            self.thread = thread

    def close(self) -> None:
        """Run nothing that is queued later; what was queued before still runs."""
        self._jobs.put(None)

    def finish(self, deadline: float) -> None:
        """Wait until everything queued before `close()` has run, and cancel the rest.

        Without a thread it all runs here: it was queued too late to start one.

        Args:
            deadline: by `time.monotonic()`; a callback that still runs then is left on its daemon thread.
        """
        if self.thread is None:
            self._run()
        else:
            self.thread.join(max(0.0, deadline - time.monotonic()))
            if self.thread.is_alive():
                logger.warning(
                    "the callback thread did not end in time: a callback blocks it; it is left behind"
                )
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is not None:
                job[2].cancel()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            _call(job)
            del job  # or what it belongs to would be kept until the next one comes


def _call(job: _Job) -> None:
    fn, args, future = job
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(fn(*args))
    except BaseException as error:  # sys.exit() in a callback must not end the thread of all callbacks
        logger.exception("a callback raised: %r", fn)
        future.set_exception(error)
