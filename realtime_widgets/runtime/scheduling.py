"""Scheduling: the protocols that code with timers depends on: a clock, a timer, a thread for users' functions.

Such code takes them as arguments, so that a test can pass a clock that it advances itself. `Runtime` is the scheduler
of real programs.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Timer(Protocol):
    """A call that is due later."""

    def cancel(self) -> object:
        """Cancel the call."""


class Clock(Protocol):
    """Time, as an asyncio loop provides it; a test may pass a fake clock."""

    def time(self) -> float:
        """Seconds, never running backwards."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Call `callback(*args)` in `delay` seconds, on the I/O thread."""


class Scheduler(Protocol):
    """What a `DataBuffer` needs: a timer, a thread for users' functions, a safe wait, and hooks for the end of the
    program and for the next run of a notebook cell.
    """

    def call_later(self, delay: float, fn: Callable[..., object], /, *args: Any) -> Timer:
        """Call `fn(*args)` in `delay` seconds, on a thread that it must not block."""

    def submit(self, fn: Callable[..., object], /, *args: Any) -> Future[Any]:
        """Call `fn(*args)` on the thread of users' functions."""

    def wait(self, future: Future[Any], timeout: float | None) -> Any:
        """Wait for a future, at most `timeout` seconds; raises where it would deadlock."""

    def on_stop(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` when the program ends, while it can still deliver; returns the undo."""

    def made(self, thing: T, end: Callable[[T], object], /) -> None:
        """Call `end(thing)` when the current notebook cell is run again, since that makes a new one."""
