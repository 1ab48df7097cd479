"""Sampler: looks at the counts of what runs, ten times a second, on the I/O thread; with none it rests."""

from __future__ import annotations

import contextlib
import logging
import threading
import weakref
from typing import Final, Protocol

from ..errors import RuntimeStopped
from ..runtime import get_runtime
from ..runtime.scheduling import Scheduler

logger = logging.getLogger(__name__)

INTERVAL: Final = 0.1
"""Seconds between two looks: as smooth as a bar has to be, and a chart of it has ten records a second."""


class Sampled(Protocol):
    """What is looked at."""

    def sample(self) -> bool:
        """Look at the count; returns whether it still runs."""


class Sampler:
    """Samples what it was given until that has ended, or nobody has it any more.

    Args:
        scheduler: whose I/O thread does it.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        # No lock but for the timer: every operation on the dictionary is atomic.
        self._tasks: dict[int, weakref.ref[Sampled]] = {}
        self._arming = threading.Lock()
        self._armed = False

    def add(self, task: Sampled) -> None:
        """Sample it from now on; any thread, also one that is sampled already."""
        self._tasks[id(task)] = weakref.ref(task)
        self._arm()

    def _arm(self) -> None:
        with self._arming:
            if self._armed:
                return
            self._armed = True
        with contextlib.suppress(RuntimeStopped):  # at exit, and in a forked child
            self._scheduler.call_later(INTERVAL, self._tick)

    def _tick(self) -> None:
        self._armed = False  # before looking: what is added from here on arms again
        try:
            for key, ref in self._tasks.copy().items():  # copied at once: threads add to it meanwhile
                if not _runs(ref()) and self._tasks.get(key) is ref:
                    del self._tasks[key]
        finally:
            if self._tasks:
                self._arm()


def _runs(task: Sampled | None) -> bool:
    """Look at a count; returns whether it still runs. One that cannot be looked at holds up no other."""
    try:
        return task is not None and task.sample()
    except Exception:
        logger.exception("a progress bar could not be looked at")
        return False


def get_sampler() -> Sampler:
    """Return the sampler of this process; it lives as long as the runtime."""
    return get_runtime().shared("sampler/1", Sampler)
