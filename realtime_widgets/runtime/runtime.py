"""Runtime: the two background threads of the process, and a wait that cannot deadlock.

One I/O thread with an asyncio loop runs all code of this package; one callback thread runs users' functions, one at a
time. Besides, name lookups and users' functions that nobody else may wait for have short-lived threads of their own.
Importing this or making a `Runtime` starts nothing: each thread starts with its first work. There is one runtime per
process, stored under one key of `sys.modules`, so that re-run cells and %autoreload use the same threads.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
import types
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import RuntimeStopped, TimedOut, WouldDeadlock
from .callbacks import Callbacks
from .notebook import Replaced
from .threads import ApartThreads

if TYPE_CHECKING:
    import asyncio  # at run time only where a thread starts: more than half of this package's import time

T = TypeVar("T")

logger = logging.getLogger(__name__)

_KEY = "_realtime_widgets_runtime_v1"
"""The version changes when an existing runtime would be incompatible with the new code."""


def get_runtime() -> Runtime:
    """Return the runtime of this process; a new one at first, after a fork and after `stop()`."""
    # setdefault() is atomic, and a Runtime that loses the race has started nothing. So this needs no lock, which a
    # fork could copy in its locked state.
    box = sys.modules.setdefault(_KEY, types.ModuleType(_KEY))
    runtimes: dict[int, Runtime] = box.__dict__.setdefault("runtimes", {})
    pid = os.getpid()
    return runtimes.get(pid) or runtimes.setdefault(pid, Runtime())


class Delayed:
    """A call on the I/O thread that is due later."""

    __slots__ = ("_job",)

    def __init__(self, fn: Callable[..., object], args: tuple[Any, ...]) -> None:
        self._job: tuple[Callable[..., object], tuple[Any, ...]] | None = (fn, args)

    def cancel(self) -> None:
        """Cancel the call unless it has started; from any thread, any number of times."""
        # The loop's own timer stays until it is due and then does nothing: cancelling it would need a wake-up.
        self._job = None

    def arm(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        """Set the loop's timer (on the I/O thread)."""
        if self._job is not None:
            loop.call_at(due, self._run)

    def _run(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            fn, args = job
            fn(*args)


def _check_interpreter() -> None:
    """Raise where the interpreter ends: finalizers run then, but a thread that is started would be waited for in vain.

    Raises:
        RuntimeStopped: it does.
    """
    if sys.is_finalizing():
        raise RuntimeStopped("no thread can be started any more: the program ends; do it earlier")


class Runtime:
    """The I/O thread and the callback thread of one process; get it through `get_runtime()`.

    Every method may be called from any thread, and raises RuntimeStopped after `stop()` or in a forked child.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        # running → stopping (no thread starts any more) → draining (no more callbacks accepted) → stopped (nothing
        # accepted)
        self._state = "running"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._io: threading.Thread | None = None
        self._callbacks = Callbacks()
        self._apart = ApartThreads("realtime_widgets apart")
        self._on_stop: dict[object, Callable[[], object]] = {}
        self._sharing = threading.RLock()  # not the lock above: `make` may use the runtime
        self._shared: dict[str, Any] = {}

    def shared(self, name: str, make: Callable[[Runtime], T], /) -> T:
        """Return the one object of this name, made by `make(self)` at the first call.

        It lives as long as the runtime, so re-run cells and %autoreload get the same one. The name carries a
        version, which changes when an existing object would be incompatible with the new code.
        """
        with self._sharing:
            if name not in self._shared:
                self._shared[name] = make(self)
            return self._shared[name]  # type: ignore[no-any-return]

    def call_soon(self, fn: Callable[..., object], /, *args: Any) -> None:
        """Call `fn(*args)` on the I/O thread; what it raises is logged."""
        self._post(self._started_loop(), fn, *args)

    def call_later(self, delay: float, fn: Callable[..., object], /, *args: Any) -> Delayed:
        """Call `fn(*args)` on the I/O thread in `delay` seconds; what it raises is logged."""
        loop = self._started_loop()
        delayed = Delayed(fn, args)
        self._post(loop, delayed.arm, loop, loop.time() + delay)
        return delayed

    def run(self, coro: Coroutine[Any, Any, T], /) -> Future[T]:
        """Run a coroutine as a task on the I/O thread; cancelling the future cancels the task."""
        import asyncio

        try:
            return asyncio.run_coroutine_threadsafe(coro, self._started_loop())
        except RuntimeError:
            coro.close()  # or Python would warn that it was never awaited
            raise

    def submit(self, fn: Callable[..., T], /, *args: Any) -> Future[T]:
        """Call a user's `fn(*args)` on the callback thread, after those submitted before.

        What it raises is logged with its traceback and set on the future.
        """
        self._check()
        _check_interpreter()
        with self._lock:
            self._check("draining", "stopped")
            if self._state == "running":  # since Python 3.12 no thread can start during shutdown
                self._stop_at_exit()
                self._callbacks.start()
            return self._callbacks.put(fn, args)

    def call_apart(self, fn: Callable[..., T], /, *args: Any) -> Future[T]:
        """Call a user's `fn(*args)` on a thread of its own: nobody else waits for it, and it waits for nobody.

        What it raises is set on the future. The end of the program does not wait for it.
        """
        self._check()
        _check_interpreter()
        return self._apart.submit(fn, *args)

    def wait(self, future: Future[T], timeout: float | None, *, apart: bool = False) -> T:
        """Wait for a future and return its result; an interrupted wait (Ctrl-C, the timeout) cancels the future.

        Args:
            future: of `run()` or `submit()`.
            timeout: seconds; None: no limit.
            apart: whether a thread of `call_apart` may wait for it: none that waits is needed for the answer.

        Raises:
            WouldDeadlock: on the I/O thread, the callback thread and those of `call_apart`, unless it is done already.
            TimedOut: after `timeout` seconds.
        """
        if not future.done():
            self._check()
            here = threading.current_thread()
            if self._is_ours(here) and not (apart and here in self._apart):
                raise WouldDeadlock(
                    f"cannot wait on thread {here.name!r}: the answer may need this very thread; do not wait "
                    "inside a callback, use add_done_callback() or await"
                )
        try:
            return future.result(timeout)
        except TimeoutError:
            if future.done():  # its own exception
                raise
            future.cancel()
            raise TimedOut(f"no answer came: we waited {timeout} s; allow more with timeout=") from None
        except KeyboardInterrupt:
            future.cancel()
            raise

    def check_wait(self) -> None:
        """Raise where nobody may wait for what the I/O thread does, however short: where all others would wait too.

        Raises:
            WouldDeadlock: on the I/O thread and the callback thread.
            RuntimeStopped: in a forked child, which has neither.
        """
        if self._pid != os.getpid():
            self._check()
        here = threading.current_thread()
        if here is self._io or here is self._callbacks.thread:
            raise WouldDeadlock(
                f"cannot wait on thread {here.name!r}: all connections and callbacks would wait with it; loop on a "
                "thread of your own, or use on_message()"
            )

    def on_stop(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` when the runtime stops, while it can still take work; returns the undo.

        It runs on the thread that calls `stop()` (the main thread at the program's end) and must not block.
        The last one added runs first.
        """
        key = object()
        self._check()
        with self._lock:
            self._check("draining", "stopped")
            self._on_stop[key] = fn

        def undo() -> None:
            self._on_stop.pop(key, None)

        return undo

    def made(self, thing: T, end: Callable[[T], object], /) -> None:
        """Call `end(thing)` when the current notebook cell is run again, since that makes a new one."""
        self.shared("cells/1", lambda _: Replaced()).add(thing, end)

    def stop(self, timeout: float = 2.0) -> None:
        """Call the `on_stop` functions, finish the callbacks, cancel the tasks, close the loop.

        Runs automatically at the program's end. What has not ended after `timeout` seconds is left on its
        daemon thread, and logged. Stopping twice, or in a forked child, does nothing.

        Raises:
            WouldDeadlock: on the I/O thread and the callback thread.
        """
        if self._pid != os.getpid():  # before the lock, which a fork may have copied in its locked state
            return
        if self._is_ours(threading.current_thread()):
            raise WouldDeadlock(
                "stop() cannot be done here: it would wait for the thread it is called on; call it from another"
            )
        with self._lock:
            if self._state != "running":
                return
            self._state = "stopping"
        deadline = time.monotonic() + timeout
        while self._on_stop:
            _, fn = self._on_stop.popitem()
            try:
                fn()
            except Exception:
                logger.exception("a function of on_stop() raised: %r", fn)
        with self._lock:
            self._callbacks.close()
            self._state = "draining"
        self._callbacks.finish(time.monotonic() + 0.6 * timeout)  # the rest is for the loop
        self._stop_loop(deadline)
        atexit.unregister(self.stop)

    def __repr__(self) -> str:
        threads = [
            thread.name
            for thread in (self._io, self._callbacks.thread)
            if thread is not None and thread.is_alive()
        ]
        return f"<Runtime of process {self._pid}: {self._state}, threads: {', '.join(threads) or 'none'}>"

    def _check(self, *closed: str) -> None:
        """Raise when the runtime belongs to another process, or is in one of the states `closed` (default: stopped)."""
        if self._pid != os.getpid():
            raise RuntimeStopped(
                f"the runtime of process {self._pid} cannot be used in process {os.getpid()}, a fork of it: "
                "its threads stayed behind; make clients anew here, or send to a hub of the parent with "
                "rw.Publisher(hub.url)"
            )
        if self._state in (closed or ("stopped",)):
            raise RuntimeStopped(
                "this runtime cannot be used: it was stopped; call get_runtime() for a fresh one"
            )

    def _is_ours(self, thread: threading.Thread) -> bool:
        with self._lock:  # a new thread may run its first job before submit() has stored it
            return thread in (self._io, self._callbacks.thread) or thread in self._apart

    def _stop_at_exit(self) -> None:
        """Register `stop()` with the first thread, so that an unused runtime leaves nothing behind."""
        if self._io is None and self._callbacks.thread is None:
            atexit.register(self.stop)

    def _started_loop(self) -> asyncio.AbstractEventLoop:
        loop = self._loop
        if loop is not None and self._state == "running" and self._pid == os.getpid():
            return loop
        self._check()
        _check_interpreter()
        with self._lock:
            self._check()
            if self._loop is None:
                if self._state != "running":  # as in submit()
                    raise RuntimeStopped(
                        "the I/O thread cannot start: the runtime is stopping; do it earlier"
                    )
                import asyncio

                self._loop = asyncio.new_event_loop()
                self._loop.set_exception_handler(_log_loop_error)
                # For name lookups, which may block for long.
                self._loop.set_default_executor(ApartThreads("realtime_widgets names"))
                self._stop_at_exit()
                thread = threading.Thread(target=self._run_loop, name="realtime_widgets I/O", daemon=True)
                thread.start()
                self._io = thread
            return self._loop

    def _post(self, loop: asyncio.AbstractEventLoop, fn: Callable[..., object], *args: Any) -> None:
        try:
            loop.call_soon_threadsafe(fn, *args)
        except RuntimeError:  # closed since the caller got it
            self._check()
            raise

    def _run_loop(self) -> None:
        import asyncio

        loop = self._loop
        assert loop is not None
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            loop.close()

    def _stop_loop(self, deadline: float) -> None:
        with self._lock:
            self._state = "stopped"
        # Not earlier: on_stop functions and callbacks must still submit to this runtime, not to a new one.
        runtimes = sys.modules[_KEY].__dict__.get("runtimes", {}) if _KEY in sys.modules else {}
        if runtimes.get(self._pid) is self:
            del runtimes[self._pid]
        if self._loop is None or self._io is None:
            return
        self._loop.call_soon_threadsafe(_end, self._loop)
        self._io.join(max(0.0, deadline - time.monotonic()))
        if self._io.is_alive():
            logger.warning("the I/O thread did not end in time: something blocks it; it is left behind")


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel all tasks, let them clean up, and stop the loop (on the I/O thread)."""
    import asyncio

    async def end() -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await loop.shutdown_asyncgens()
        loop.stop()

    loop.create_task(end())


def _log_loop_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    logger.error("on the I/O thread: %s", context.get("message"), exc_info=context.get("exception"))
