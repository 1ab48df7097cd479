"""Threads: functions that may block for long, each on a daemon thread of its own.

Name lookups, which may hang for a minute, and users' functions that nobody else shall wait for. Daemon threads, because
those of a `ThreadPoolExecutor` are waited for at the program's end.
"""

from __future__ import annotations

import socket
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

T = TypeVar("T")

MAX_SHARED_AGE: Final = 60.0
"""Seconds for which a lookup that has not ended is waited for by whoever asks for the same name; later ones start anew,
because the network may be another by then."""


class ApartThreads(ThreadPoolExecutor):
    """An executor that starts a thread for each call; the executor of an event loop must be of this base class.

    A name that is being looked up is not looked up a second time: who asks for it gets the same future.

    Args:
        name: of the threads.
    """

    def __init__(self, name: str) -> None:
        super().__init__(1)  # which starts none
        self._name = name
        self._threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        self._lookups: dict[tuple[Any, ...], tuple[Future[Any], float]] = {}
        self._guard = threading.Lock()  # of the two above

    def submit(self, fn: Callable[..., T], /, *args: Any, **keywords: Any) -> Future[T]:
        """Call a function on a thread of its own."""
        if fn is not socket.getaddrinfo or keywords:
            return self._start(fn, args, keywords)
        now = time.monotonic()
        with self._guard:
            future, since = self._lookups.get(args, (None, 0.0))
            if future is not None and now - since < MAX_SHARED_AGE:
                return future
            future = Future()
            self._lookups[args] = future, now
        future.add_done_callback(lambda done: self._forget(args, done))
        try:
            return self._start(fn, args, keywords, future)
        except BaseException:
            self._forget(args, future)
            raise

    def _forget(self, args: tuple[Any, ...], future: Future[Any]) -> None:
        with self._guard:
            if self._lookups.get(args, (None, 0.0))[0] is future:
                del self._lookups[args]

    def _start(
        self, fn: Callable[..., T], args: Any, keywords: Any, future: Future[T] | None = None
    ) -> Future[T]:
        future = Future() if future is None else future
        future.set_running_or_notify_cancel()  # from here on nobody can cancel it: others may wait for it too
        thread = threading.Thread(
            target=_call, args=(future, fn, args, keywords), name=self._name, daemon=True
        )
        with self._guard:
            self._threads.add(thread)
        thread.start()
        return future

    def __contains__(self, thread: threading.Thread) -> bool:
        with self._guard:
            return thread in self._threads

    def shutdown(self, *_: Any, **__: Any) -> None:
        """Do nothing: nothing waits for them."""


def _call(future: Future[Any], fn: Callable[..., Any], args: Any, keywords: Any) -> None:
    try:
        result = fn(*args, **keywords)
    except BaseException as error:  # sys.exit() in a user's function ends that function and nothing else
        future.set_exception(error)
    else:
        future.set_result(result)
