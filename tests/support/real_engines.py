"""Real engines in the world of the recovery model: time stands still there until they have answered."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import time
from collections.abc import Iterator, Sequence
from typing import Any

from realtime_widgets.hub.brokers.engine import Engine, Link
from realtime_widgets.hub.brokers.linked import LinkedBroker
from realtime_widgets.streams.gaps import Position
from support.engines import EngineServer, make
from support.model_wire import CHANNELS
from support.threadless_brokers import Note, Shared
from support.timeless import Timeless

GLANCE = 0.0002
"""Seconds that a look takes whether something came that nobody waits for, such as news."""


class _Answers(selectors.DefaultSelector):
    def __init__(self, loop: Real) -> None:
        super().__init__()
        self._real = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if self._real.asked:
            began = time.perf_counter()
            found = super().select(timeout)
            self._real.now += time.perf_counter() - began
        elif not (found := super().select(GLANCE)):
            assert timeout is not None, "nothing will ever happen"
            self._real.now += timeout
        return found


class Real(Timeless):
    """An event loop that does not wait, but for the answers of an engine."""

    def __init__(self) -> None:
        self.asked = 0
        super().__init__()

    def _new_selector(self) -> selectors.BaseSelector:
        return _Answers(self)

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        self.asked += 1
        try:
            yield
        finally:
            self.asked -= 1


class AwaitedEngine:
    """An engine that is waited for in such a loop."""

    def __init__(self, loop: Real, engine: Engine) -> None:
        self._loop, self._engine = loop, engine
        self.name, self.place, self.commands = engine.name, engine.place, engine.commands

    async def open(self) -> Link:
        with self._loop.asking():
            return AwaitedLink(self._loop, await self._engine.open())


class AwaitedLink:
    """A link to it."""

    def __init__(self, loop: Real, link: Link) -> None:
        self._loop, self._link = loop, link
        self.hear, self.close = link.hear, link.close

    @property
    def heard(self) -> int:
        return self._link.heard

    async def run(self, commands: Sequence[Any]) -> list[Any]:
        with self._loop.asking():
            return await self._link.run(commands)

    async def follow(self, names: Sequence[bytes]) -> None:
        with self._loop.asking():
            await self._link.follow(names)

    async def leave(self, names: Sequence[bytes]) -> None:
        with self._loop.asking():
            await self._link.leave(names)

    async def check(self) -> str | None:
        with self._loop.asking():
            return await self._link.check()


class Served(Shared):
    """A real engine, empty at first, that two hubs share; a third, which nothing happens to, hears what it has taken."""

    def __init__(self, loop: Real, server: EngineServer, history: int, note: Note) -> None:
        server.clear()
        self._loop = loop
        self._server = server
        self._engine = AwaitedEngine(loop, make(server.url, history)._engine)
        self._third = LinkedBroker(self._engine)
        loop.run_until_complete(self._third.open())
        for channel in CHANNELS:
            self._third.subscribe(channel, lambda message: message.type == "gap" or note(message))

    def position(self, channel: str) -> Position:
        return self._loop.run_until_complete(self._third.position(channel))

    def clear(self) -> None:
        self._server.clear()
        self._loop.run_until_complete(self._look_again())

    async def _look_again(self) -> None:
        """Have the third make its link anew, as the hubs do; returns when it has heard where all channels stand."""
        for followed in self._third._followed.values():
            followed.confirmed = False
        await self._third._drop_link()
        while not all(one.confirmed and not one.looking for one in self._third._followed.values()):
            await asyncio.sleep(0.01)

    def end(self) -> None:
        self._loop.run_until_complete(self._third.close())
