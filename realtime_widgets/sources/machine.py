"""Machine: live metrics of the computer that the kernel runs on, for first steps and demonstrations.

It polls on the I/O thread at a fixed interval, and only as long as its stream is referenced (a widget that follows the
stream holds it until it is closed). `to_record`, a pure function, makes a record of two readings; `Reader` takes a
reading, and alone needs psutil.
"""

from __future__ import annotations

import dataclasses
import importlib
import logging
import math
import re
import time
import types
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..errors import MissingDependency, named_keywords
from ..runtime import get_runtime
from ..runtime.runtime import Delayed
from ..streams import Stream
from ..streams.amounts import Duration, to_duration

logger = logging.getLogger(__name__)

NAN: Final = math.nan

MIN_INTERVAL: Final = 0.05
"""Shortest time between two readings, in seconds: one takes about 2 ms, and the kernel's counters tick at 10 ms."""

_LOOPBACK = re.compile(r"lo\d*|Loopback\b.*")


@dataclass(frozen=True, slots=True)
class Reading:
    """The machine's counters at one moment; NaN for those that it does not have."""

    at: float
    """Seconds of a monotonic clock."""
    cpu_busy: float = NAN
    """Seconds that the cores have been busy since boot, summed over all of them."""
    cpu_total: float = NAN
    """Seconds since boot, busy or idle, summed over all cores."""
    memory: float = NAN
    """Ratio in use, 0-1."""
    load: float = NAN
    """Load average of one minute (processes running or waiting to run), per core."""
    disk: float = NAN
    """Ratio of the root filesystem in use, 0-1."""
    disk_read: float = NAN
    """Bytes since boot; so are the next three."""
    disk_write: float = NAN
    net_in: float = NAN
    """The loopback interface does not count: it would show the notebook's own traffic."""
    net_out: float = NAN
    processes: float = NAN
    """Number of processes."""


FIELDS: Final = (
    "cpu",
    "memory",
    "load",
    "disk",
    "disk_read",
    "disk_write",
    "net_in",
    "net_out",
    "processes",
)


def to_record(before: Reading | None, now: Reading) -> dict[str, float]:
    """Return the record of two successive readings, by the names of `FIELDS`.

    `cpu`, `memory` and `disk` are ratios 0-1, `load` is processes per core, `processes` a count; `disk_read`,
    `disk_write`, `net_in` and `net_out` are bytes per second. Values that need an earlier reading (`cpu` and the
    rates) are NaN without one, and when their counter decreased, as it does when a disk or an interface is removed.
    """

    def rate(counter: str) -> float:
        if before is None or now.at <= before.at:
            return NAN
        grown = float(getattr(now, counter)) - float(getattr(before, counter))
        return grown / (now.at - before.at) if grown >= 0 else NAN

    return {
        "cpu": _busy_share(before, now),
        "memory": now.memory,
        "load": now.load,
        "disk": now.disk,
        "disk_read": rate("disk_read"),
        "disk_write": rate("disk_write"),
        "net_in": rate("net_in"),
        "net_out": rate("net_out"),
        "processes": now.processes,
    }


def _busy_share(before: Reading | None, now: Reading) -> float:
    if before is None:
        return NAN
    total = now.cpu_total - before.cpu_total
    # Iowait may decrease by a tick (man 5 proc), so the share may leave 0-1 by a little.
    return min(1.0, max(0.0, (now.cpu_busy - before.cpu_busy) / total)) if total > 0 else NAN


def next_due(due: float, now: float, every: float) -> float:
    """Return when the next reading is due: whole intervals after the last one, skipping those that were missed."""
    return due + every * max(1, math.ceil((now - due) / every))


class Machine:
    """Live metrics of the machine this kernel runs on, as a `Stream`.

    It measures from its creation on, at once and then every `every` seconds, until `close()` or until its stream is
    no longer referenced. See `to_record` for the fields; a counter that this machine does not have reads NaN.

    Example:
        machine = rw.sources.Machine()
        rw.LiveChart(machine.stream, y=["cpu", "memory"])

    Args:
        every: seconds (or a timedelta, or a text such as "1s") between two readings, at least 0.05.
        max_points: most records kept; None: no limit. The default is 14 hours at the default interval.

    Raises:
        MissingDependency: psutil is not installed.
    """

    @named_keywords
    def __init__(self, every: Duration = 0.5, *, max_points: int | None = 100_000) -> None:
        interval = to_duration(every, "every= of a Machine", least=MIN_INTERVAL)
        self._read = Reader()
        self.stream = Stream("machine", fields=dict.fromkeys(FIELDS, "number"), max_points=max_points)
        self.every = interval
        self._poll: _Poll | None = None
        self.start()

    def start(self) -> None:
        """Measure again after `close()`; does nothing while it measures."""
        if not self.running:
            self._poll = _Poll(self.stream, self._read, self.every)

    @property
    def running(self) -> bool:
        """Whether it measures."""
        return self._poll is not None and not self._poll.ended

    def close(self) -> None:
        """Stop measuring; the stream stays, with what it holds."""
        if self._poll is not None:
            self._poll.end()

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = f"every {self.every:g} s" if self.running else "closed"
        return f"<Machine: {state}, {len(self.stream)} records>"


class _Poll:
    """One polling loop: reads and appends on the I/O thread until it is ended or its stream is gone."""

    def __init__(self, stream: Stream, read: Callable[[], Reading], every: float) -> None:
        self._stream = weakref.ref(stream, self.end)
        self._read = read
        self._every = every
        self._before: Reading | None = None
        self.ended = False
        self._runtime = get_runtime()
        self._forget = self._runtime.on_stop(self.end)
        self._due = time.monotonic()
        self._next: Delayed = self._runtime.call_later(0.0, self._tick)

    def end(self, _: object = None) -> None:
        """Stop polling, from any thread and any number of times; a reading under way is not appended any more.

        It takes no lock: the garbage collector calls it on the thread that drops the stream's last reference.
        """
        self.ended = True
        self._next.cancel()
        self._forget()

    def _tick(self) -> None:
        if self.ended:
            return
        try:
            self._measure()
        finally:
            if not self.ended:
                self._due = next_due(self._due, now := time.monotonic(), self._every)
                self._next = self._runtime.call_later(self._due - now, self._tick)

    def _measure(self) -> None:
        reading = self._read()
        stream = self._stream()
        if stream is not None and not self.ended:
            stream.append(to_record(self._before, reading))
        self._before = reading


class Reader:
    """Takes readings of this machine; a counter that fails reads NaN and is logged once.

    Args:
        parts: what to read, of `cpu`, `memory`, `load`, `disk`, `disk counters`, `network counters` and `processes`;
            the rest reads NaN and costs nothing. None given: everything.

    Raises:
        MissingDependency: psutil is not installed.
    """

    def __init__(self, *parts: str) -> None:
        self._psutil = psutil = _psutil()
        self._failed: set[str] = set()
        known: Mapping[str, Callable[[], Mapping[str, float]]] = {
            "cpu": self._cpu,
            "memory": lambda: {"memory": psutil.virtual_memory().percent / 100},
            "load": lambda: {"load": psutil.getloadavg()[0] / (psutil.cpu_count() or 1)},
            "disk": lambda: {"disk": psutil.disk_usage("/").percent / 100},
            "disk counters": self._disk_counters,
            "network counters": self._network_counters,
            "processes": lambda: {"processes": float(len(psutil.pids()))},
        }
        self._parts = {name: known[name] for name in parts or known}

    def __call__(self) -> Reading:
        """Take a reading, in about a millisecond."""
        values: dict[str, float] = {}
        at = time.monotonic()
        for name, read in self._parts.items():
            try:
                values.update(read())
            except Exception as error:
                # A missing counter must not stop the others, nor be logged at every reading.
                if name not in self._failed:
                    self._failed.add(name)
                    logger.warning("this machine does not tell its %s: %s; they read NaN", name, error)
        return dataclasses.replace(Reading(at), **values)

    def _cpu(self) -> dict[str, float]:
        times = self._psutil.cpu_times()
        # On Linux guest time is part of user time already.
        total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        idle = times.idle + getattr(times, "iowait", 0.0)
        return {"cpu_busy": total - idle, "cpu_total": total}

    def _disk_counters(self) -> dict[str, float]:
        counters = self._psutil.disk_io_counters()
        if counters is None:
            raise LookupError("there are none, as in some containers")
        return {"disk_read": float(counters.read_bytes), "disk_write": float(counters.write_bytes)}

    def _network_counters(self) -> dict[str, float]:
        interfaces: dict[str, Any] = self._psutil.net_io_counters(pernic=True)
        real = [counters for name, counters in interfaces.items() if not _LOOPBACK.fullmatch(name)]
        return {
            "net_in": float(sum(counters.bytes_recv for counters in real)),
            "net_out": float(sum(counters.bytes_sent for counters in real)),
        }


def _psutil() -> types.ModuleType:
    try:
        return importlib.import_module("psutil")
    except ImportError as error:
        raise MissingDependency(
            "the machine cannot be measured: psutil is not installed; run pip install psutil"
        ) from error
