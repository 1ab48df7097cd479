"""A scheduler that is turned by hand: nothing happens until the test says so."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from realtime_widgets.errors import RuntimeStopped
from realtime_widgets.runtime.notebook import Replaced


class Timer:
    """A call that is due later."""

    def __init__(self, due: float, fn: Callable[[], object]) -> None:
        self.due, self.fn, self.cancelled = due, fn, False

    def cancel(self) -> None:
        self.cancelled = True


class HandScheduler:
    """Timers, the callback thread and the end of the program, one after the other on the test's own thread."""

    def __init__(self) -> None:
        self.cells = Replaced()
        self.now = 1000.0
        self.timers: list[Timer] = []
        self.jobs: list[tuple[Future[Any], Callable[[], object]]] = []
        self.stops: list[Callable[[], object]] = []
        self.stopped = False

    def clock(self) -> float:
        return self.now

    def call_later(self, delay: float, fn: Callable[..., object], *args: Any) -> Timer:
        self._check()
        self.timers.append(Timer(self.now + delay, lambda: fn(*args)))
        return self.timers[-1]

    def submit(self, fn: Callable[..., object], *args: Any) -> Future[Any]:
        self._check()
        future: Future[Any] = Future()
        self.jobs.append((future, lambda: fn(*args)))
        return future

    def wait(self, future: Future[Any], timeout: float | None) -> Any:
        self.work()
        return future.result(0)

    def on_stop(self, fn: Callable[[], object]) -> Callable[[], None]:
        self._check()
        self.stops.append(fn)
        return lambda: self.stops.remove(fn) if fn in self.stops else None

    def made(self, thing: Any, end: Callable[[Any], object]) -> None:
        self.cells.add(thing, end)

    def turn(self, seconds: float) -> None:
        """Let time go on, and do what is due on the way."""
        end = self.now + seconds
        while due := [timer for timer in self.timers if timer.due <= end + 1e-9]:
            timer = min(due, key=lambda each: each.due)
            self.timers.remove(timer)
            self.now = max(self.now, timer.due)
            if not timer.cancelled:
                timer.fn()
        self.now = end

    def work(self) -> None:
        """Call what was submitted."""
        while self.jobs:
            future, job = self.jobs.pop(0)
            if future.set_running_or_notify_cancel():
                job()
                future.set_result(None)

    def _check(self) -> None:
        if self.stopped:
            raise RuntimeStopped("stopped")
