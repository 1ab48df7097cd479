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
from realtime_widgets.hub.brokers.engine import Engine, numbered
from realtime_widgets.hub.brokers.linked import LinkedBroker
from realtime_widgets.hub.brokers.memory import MemoryBroker
from realtime_widgets.hub.brokers.sqlite import Job, SqliteBroker, do_all, land
from realtime_widgets.hub.policies import Retention
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Position
from support.faulty_engine import FaultyEngine
from support.memory_engine import MemoryEngine

Note = Callable[[Message], object]
"""Takes each message that was kept, with its position."""


class Storage(Protocol):
    """What outlives a run of a hub.

    Args of all: `loop`, whose time it is; `history`, messages of a channel that are kept; `age`, for how many seconds.
    """

    hubs: int
    """How many use it at once."""

    def begin(self) -> Broker:
        """Return the broker of another run, open."""

    def kill(self, broker: Broker) -> None:
        """End a run at once."""

    def position(self, channel: str) -> Position:
        """Where a channel stands."""

    def end(self) -> None:
        """Remove it."""


class Memory:
    """A broker in memory, which outlives the hub within a process."""

    hubs = 1

    def __init__(self, loop: asyncio.AbstractEventLoop, history: int, age: float) -> None:
        self._broker = MemoryBroker(Retention(history, age), clock=loop.time)

    def begin(self) -> Broker:
        return self._broker

    def kill(self, broker: Broker) -> None:
        self._broker._subscribers._sinks.clear()

    def position(self, channel: str) -> Position:
        return self._broker._position(channel)

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
            for job, outcome in zip(batch, do_all(self._database, batch), strict=True):
                land(job, outcome)

    def kill(self) -> None:
        self.killed = True
        for job in self._waiting:
            job.done.cancel()


class File:
    """A file of SQLite.

    Args:
        delay: returns the seconds until something is done.
    """

    hubs = 1

    def __init__(
        self, loop: asyncio.AbstractEventLoop, history: int, age: float, delay: Callable[[], float]
    ) -> None:
        self._loop = loop
        self._delay = delay
        self._folder = Path(tempfile.mkdtemp())
        self._open = lambda: Database(self._folder / "hub.db", Retention(history, age), loop.time)
        self._database = self._open()
        self._closed = False

    def begin(self) -> Broker:
        if self._closed:
            self._database, self._closed = self._open(), False
        return _Killed(self._loop, self._database, self._delay)

    def kill(self, broker: Broker) -> None:
        assert isinstance(broker, _Killed)
        broker.kill()
        self._close()

    def _close(self) -> None:
        if not self._closed:
            self._database.close()
        self._closed = True

    def position(self, channel: str) -> Position:
        return self._database.position(channel)

    def end(self) -> None:
        self._close()
        shutil.rmtree(self._folder)


class Shared:
    """An engine in memory that two hubs share, each over a way of its own.

    Args:
        note: is told what the engine has taken.
    """

    hubs = 2

    def __init__(self, loop: asyncio.AbstractEventLoop, history: int, age: float, note: Note) -> None:
        self._loop = loop
        self._note = note
        self._memory = MemoryEngine(history, age, loop.time, self._take)
        self._engine: Engine = self._memory

    def _take(self, channel: str, there: Position, body: bytes) -> None:
        message = numbered(body, there)
        assert message is not None
        self._note(message)

    def begin(self) -> Broker:
        broker = LinkedBroker(FaultyEngine(self._engine))
        self._loop.run_until_complete(broker.open())
        return broker

    def kill(self, broker: Broker) -> None:
        assert isinstance(broker, LinkedBroker)
        assert broker._going is not None
        broker._going.cancel()
        broker._going = None
        self._loop.run_until_complete(way(broker).cut())

    def position(self, channel: str) -> Position:
        return self._memory.position(channel)

    def clear(self) -> None:
        """Have the engine forget all."""
        self._memory.clear()

    def lose(self, count: int) -> None:
        """Have it come back without its last messages."""
        self._memory.lose(count)

    def end(self) -> None:
        pass


def way(broker: Broker) -> FaultyEngine:
    """Return the way of a hub to the engine that it shares with others."""
    assert isinstance(broker, LinkedBroker)
    assert isinstance(broker._engine, FaultyEngine)
    return broker._engine
