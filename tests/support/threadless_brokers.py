"""Brokers for the recovery model: on the loop of a made-up world, on its clock, without threads."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from realtime_widgets.hub.brokers import Broker, NotKept
from realtime_widgets.hub.brokers.database import Database
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.brokers.sqlite import Job, SqliteBroker, do_all, land_all
from realtime_widgets.hub.policies import Retention


class Storage(Protocol):
    """What outlives a run of a hub."""

    def begin(self) -> Broker:
        """Return the broker of another run; the one before is at its end."""

    @property
    def epoch(self) -> str:
        """Of channels on which nothing was published yet."""

    def end(self) -> None:
        """Remove it."""


class Memory:
    """A broker in memory, which outlives the hub within a process."""

    def __init__(self, loop: asyncio.AbstractEventLoop, history: int, age: float) -> None:
        self._broker = MemoryBroker(Retention(history, age), clock=loop.time)

    def begin(self) -> Broker:
        self._broker._subscribers._sinks.clear()
        return self._broker

    @property
    def epoch(self) -> str:
        return self._broker.epoch

    def end(self) -> None:
        pass


class _Killed(SqliteBroker):
    """Does its jobs a moment later; what it has not done when it is killed never happens."""

    def __init__(self, loop: asyncio.AbstractEventLoop, file: Database, delay: Callable[[], float]) -> None:
        super().__init__(Path(), Retention(0, None))
        self._loop = loop
        self._database = file
        self._delay = delay
        self._waiting: list[Job] = []
        self.killed = False

    def _submit(
        self, run: Callable[[Database], Any], land: Callable[[Any], object], *, writes: bool = False
    ) -> asyncio.Future[Any]:
        done = self._loop.create_future()
        if self.killed:
            done.set_exception(NotKept("the hub has stopped"))
            return done
        if not self._waiting:
            self._loop.call_later(self._delay(), self._do)
        self._waiting.append(Job(run, land, writes, done))
        return done

    def _do(self) -> None:
        batch, self._waiting = self._waiting, []
        if not self.killed:
            land_all(batch, do_all(self._database, batch))

    def kill(self) -> None:
        self.killed = True
        for job in self._waiting:
            job.done.cancel()


class File:
    """A file of SQLite."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, history: int, age: float, delay: Callable[[], float]
    ) -> None:
        self._loop = loop
        self._delay = delay
        self._folder = Path(tempfile.mkdtemp())
        self._open = lambda: Database(self._folder / "hub.db", Retention(history, age), loop.time)
        self._database = self._open()
        self._broker: _Killed | None = None

    def begin(self) -> Broker:
        if self._broker is not None:
            self._broker.kill()
            self._database.close()
            self._database = self._open()
        self._broker = _Killed(self._loop, self._database, self._delay)
        return self._broker

    @property
    def epoch(self) -> str:
        return self._database.position("").epoch

    def end(self) -> None:
        self._database.close()
        shutil.rmtree(self._folder)
