"""Scheduling: what code with timers needs of the world, as protocols: a clock, a timer, a thread for users' functions.

Whoever needs those takes them as an argument, so that a test can turn a clock by hand. `Runtime` is the one scheduler
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
        """Do not make it."""


class Clock(Protocol):
    """Time, as an asyncio loop has it; a test may crank its own."""

    def time(self) -> float:
        """Seconds, never running backwards."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Call `callback(*args)` in `delay` seconds, on the I/O thread."""


class Scheduler(Protocol):
    """What a buffer needs of the world: a timer, a thread for users' functions, a safe wait, a last chance, and
    somebody who knows of cells.
    """

    def call_later(self, delay: float, fn: Callable[..., object], /, *args: Any) -> Timer:
        """Call `fn(*args)` in `delay` seconds, where it must not block."""

    def submit(self, fn: Callable[..., object], /, *args: Any) -> Future[Any]:
        """Call `fn(*args)` where users' functions run."""

    def wait(self, future: Future[Any], timeout: float | None) -> Any:
        """Wait for a future, at most `timeout` seconds; raise where that could never end."""

    def on_stop(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` when everything ends, while there is time to deliver; returns the undo."""

    def made(self, thing: T, end: Callable[[T], object], /) -> None:
        """Call `end(thing)` when the notebook cell that now runs is run again, as it then makes another."""
