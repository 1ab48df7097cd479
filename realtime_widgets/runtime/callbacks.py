"""The callback queue: users' functions, one at a time and in their order, on a thread of their own.

It starts its thread when it is told to, and ends it by a mark in the queue; when that may happen is the
runtime's business.
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
    """Functions that wait for their turn, and the thread that calls them."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        """None: not started."""
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()  # None: nothing after it is run

    def put(self, fn: Callable[..., T], args: tuple[Any, ...]) -> Future[T]:
        """Have `fn(*args)` called after those before it; what it raises is logged, and the future's exception."""
        future: Future[T] = Future()
        self._jobs.put((fn, args, future))
        return future

    def start(self) -> None:
        """Start the thread, unless it was started."""
        if self.thread is None:
            thread = threading.Thread(target=self._run, name="realtime_widgets callbacks", daemon=True)
            thread.start()  # where the system has no more threads, this raises, and the next one tries again
            self.thread = thread

    def close(self) -> None:
        """Run nothing that is put in later; what was put in before still runs."""
        self._jobs.put(None)

    def finish(self, deadline: float) -> None:
        """Wait for the end of what was put in before `close()`, and cancel the rest.

        Without a thread it all runs here: it came too late for one of its own.

        Args:
            deadline: by `time.monotonic()`; what still runs then is left behind on its daemon thread.
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


def _call(job: _Job) -> None:
    fn, args, future = job
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(fn(*args))
    except BaseException as error:  # sys.exit() in a callback must not end the thread of all callbacks
        logger.exception("a callback raised: %r", fn)
        future.set_exception(error)
