"""What the pure layer needs of the world: a timer, a thread for users' functions, a wait, a last chance, cells.

Whoever needs those takes a `Scheduler`, so that a test can crank one by hand. The one for everybody else
comes from above: layer 0 may not import the runtime, so the runtime installs itself here when it is imported
(dependency inversion).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from ..errors import UsageError

T = TypeVar("T")


class Timer(Protocol):
    """A call that is due later."""

    def cancel(self) -> object:
        """Do not make it."""


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


# Reading the old value keeps it across %autoreload of this module.
_provider: Callable[[], Scheduler] | None = globals().get("_provider")


def install_scheduler(provider: Callable[[], Scheduler]) -> None:
    """Say where those without a scheduler of their own get one; it is asked anew each time."""
    global _provider
    _provider = provider


def default_scheduler() -> Scheduler:
    """Return the scheduler of this process.

    Raises:
        UsageError: when none was installed.
    """
    if _provider is None:
        raise UsageError(
            "nothing can be scheduled: no runtime is loaded; import realtime_widgets.runtime or pass "
            "scheduler="
        )
    return _provider()
