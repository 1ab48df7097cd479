"""The SQLite broker: keeps channels in a file; they survive the hub, the process and the machine's power.

A thread of its own writes: what was published while it wrote is one transaction, so that a slow disk makes messages
later, and not fewer. A message is handed on, and its position told, when it is on the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple

import msgspec

from ...protocol.envelope import Message, encode_data
from ...streams.gaps import Position
from ..policies import Retention
from .base import NOTE_AGE, Change, NotKept, OutOfReach, Sink, Trouble
from .database import Database
from .dedup import Key
from .file_table import FileTable
from .sqlite_files import SqliteFiles
from .subscribers import Subscribers

MAX_BATCH: Final = 500
"""Jobs that are done before their results are told."""

TOLD_AT_ONCE: Final = 16 * 1024
"""Bytes of messages that are told in one turn of the event loop: followers would look slow otherwise."""

LOOK: Final = 1.0
"""Seconds between two looks whether the file is still there, where nobody publishes."""


class Job(NamedTuple):
    """What the thread shall do with the file, and what comes of it."""

    run: Callable[[Database], Any]
    """On the thread; what it returns goes to `land`."""
    land: Callable[[Any], object]
    """On the event loop; what it returns is the result."""
    writes: bool
    done: asyncio.Future[Any]


class SqliteBroker:
    """Channels in a file.

    Args:
        path: of the file, which is made if it is not there.
        retention: how much of each channel is kept.
    """

    def __init__(self, path: Path, retention: Retention) -> None:
        self._path = path
        self._retention = retention
        self._subscribers = Subscribers()
        self._jobs: SimpleQueue[Job | None] | None = None
        self._ended: asyncio.Future[None] | None = None
        self._trouble: Trouble | None = None
        self._landing: deque[tuple[Job, Any]] = deque()  # jobs that are done, and what came of them
        self.files = SqliteFiles(retention, self._do_with_files)
        """See `Broker.files`."""

    @property
    def trouble(self) -> Trouble | None:
        """See `Broker.trouble`."""
        return self._trouble

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {os.path.realpath(self._path)}>"

    async def open(self) -> None:
        """See `Broker.open`."""
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = loop.create_future()
        self._ended = loop.create_future()
        self._jobs = SimpleQueue()
        self._trouble = None
        thread = threading.Thread(
            target=self._work,
            args=(loop, self._jobs, opened, self._ended),
            name="realtime-widgets sqlite",
            daemon=True,
        )
        thread.start()
        try:
            await opened
        except BaseException:
            self._jobs.put(None)
            self._jobs = None
            raise

    async def close(self) -> None:
        """See `Broker.close`; what was published is on the disk then."""
        jobs, self._jobs = self._jobs, None
        if jobs is not None and self._ended is not None:
            jobs.put(None)
            await self._ended

    def publish(self, channel: str, message: Message, key: Key | None = None) -> asyncio.Future[Position]:
        """See `Broker.publish`."""
        data = message.data
        raw = data if isinstance(data, msgspec.Raw) else msgspec.Raw(encode_data(data))
        return self._submit(lambda file: file.place(channel, message, raw, key), self._hand_on, writes=True)

    def _hand_on(self, placed: tuple[Position, Message | None]) -> Position:
        position, numbered = placed
        if numbered is not None:
            self._subscribers.tell(numbered)
        return position

    async def position(self, channel: str, known: Position | None = None) -> Position:
        """See `Broker.position`."""
        found: Position = await self._submit(lambda file: file.position(channel), _as_it_is)
        return found

    async def read(self, channel: str, after: int, most: int) -> list[Message]:
        """See `Broker.read`."""
        found: list[Message] = await self._submit(lambda file: file.read(channel, after, most), _as_it_is)
        return found

    async def amend(self, channel: str, change: Change, age: float = NOTE_AGE) -> None:
        """See `Broker.amend`."""
        try:
            await self._submit(lambda file: file.amend(channel, change, age), _as_it_is, writes=True)
        except NotKept as error:
            raise OutOfReach(str(error)) from error

    def _do_with_files(self, run: Callable[[FileTable], Any], *, writes: bool = False) -> asyncio.Future[Any]:
        return self._submit(lambda file: run(file.files), _as_it_is, writes=writes)

    def subscribe(self, channel: str, sink: Sink) -> Callable[[], None]:
        """See `Broker.subscribe`."""
        return self._subscribers.add(channel, sink)

    # The thread. All results come back in the order of the jobs: a position that is told has been handed on before.

    def _submit(
        self, run: Callable[[Database], Any], land: Callable[[Any], object], *, writes: bool = False
    ) -> asyncio.Future[Any]:
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._jobs is None:
            done.set_exception(NotKept("the hub has stopped"))
        else:
            self._jobs.put(Job(run, land, writes, done))
        return done

    def _work(
        self,
        loop: asyncio.AbstractEventLoop,
        jobs: SimpleQueue[Job | None],
        opened: asyncio.Future[None],
        ended: asyncio.Future[None],
    ) -> None:
        try:
            file = Database(self._path, self._retention)
        except BaseException as error:
            _call(loop, _settle, opened, error)
            _call(loop, _settle, ended, None)
            return
        _call(loop, _settle, opened, None)
        with contextlib.closing(file):
            going, told = True, None
            while going:
                batch, going = _take(jobs)
                outcomes, missing = do_all(file, batch), file.missing()
                if batch or missing != told:
                    _call(loop, self._land_all, batch, outcomes, missing)
                told = missing
        _call(loop, self._end, ended)

    def _land_all(self, batch: Sequence[Job], outcomes: Sequence[Any], missing: Trouble | None) -> None:
        before = self._trouble
        if before is not None and before.kind == "missing":
            before = None
        self._trouble = missing or trouble_after(batch, outcomes, before)
        idle = not self._landing
        self._landing.extend(zip(batch, outcomes, strict=True))
        if idle:
            self._land_some(TOLD_AT_ONCE)

    def _land_some(self, most: float) -> None:
        """Tell what came of jobs, in their order, up to so many bytes of messages, and the rest in later turns."""
        while self._landing and most > 0:
            job, outcome = self._landing[0]
            land(job, outcome)
            self._landing.popleft()
            if isinstance(outcome, tuple) and isinstance(outcome[1], Message):
                most -= len(memoryview(outcome[1].data))
        if self._landing:
            asyncio.get_running_loop().call_soon(self._land_some, TOLD_AT_ONCE)

    def _end(self, ended: asyncio.Future[None]) -> None:
        """Note that the thread has ended."""
        self._land_some(math.inf)
        _settle(ended, None)


def trouble_after(batch: Sequence[Job], outcomes: Sequence[Any], before: Trouble | None) -> Trouble | None:
    """Return what is the matter with a file after some jobs: the last of them that writes says."""
    for job, outcome in zip(reversed(batch), reversed(outcomes), strict=True):
        if job.writes:
            return outcome.trouble if isinstance(outcome, NotKept) else None
    return before


def do_all(file: Database, batch: Sequence[Job]) -> list[Any]:
    """Do jobs in their order, those that write in as few transactions as may be; returns results, and exceptions."""
    outcomes: list[Any] = []
    for writes, some in groupby(batch, lambda job: job.writes):
        group = list(some)
        if not writes:
            outcomes += [_outcome(file, job) for job in group]
            continue
        try:
            with file.transaction():
                found = [_outcome(file, job, but=sqlite3.Error) for job in group]
        except Exception as error:  # nothing may end the thread: others wait for what comes of their jobs
            found = [error] * len(group)
        outcomes += found
    return outcomes


def _outcome(file: Database, job: Job, but: type[Exception] | tuple[()] = ()) -> Any:
    try:
        return job.run(file)
    except but:
        raise
    except Exception as error:
        return error


def land(job: Job, outcome: Any) -> None:
    """Tell what came of a job, on the event loop."""
    error = outcome if isinstance(outcome, Exception) else None
    result = job.land(outcome) if error is None else None
    if job.done.done():
        return  # cancelled: nobody waits any more
    if error is None:
        job.done.set_result(result)
    else:
        job.done.set_exception(error)


def _take(jobs: SimpleQueue[Job | None]) -> tuple[list[Job], bool]:
    """Return what is to be done, waiting for the first, but not for long; and whether more may come."""
    batch: list[Job] = []
    with contextlib.suppress(Empty):
        while len(batch) < MAX_BATCH:
            job = jobs.get(block=not batch, timeout=LOOK)
            if job is None:
                return batch, False
            batch.append(job)
    return batch, True


def _as_it_is(outcome: Any) -> Any:
    return outcome


def _settle(future: asyncio.Future[None], error: BaseException | None) -> None:
    if not future.done():
        future.set_result(None) if error is None else future.set_exception(error)


def _call(loop: asyncio.AbstractEventLoop, fn: Callable[..., object], *args: Any) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
        loop.call_soon_threadsafe(fn, *args)
