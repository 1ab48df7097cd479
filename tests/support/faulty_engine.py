"""An engine behind a way that is late, breaks, goes deaf, and keeps answers to itself; any engine will do."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from realtime_widgets.hub.brokers.engine import Commands, Engine, Link, LinkLost

ANSWER_TIMEOUT = 2.0
"""Seconds after which a link is lost that has no answer, as those to Redis and NATS are."""

STEP = 0.1
"""Seconds between two looks at a way that is blocked."""


class FaultyEngine:
    """What one hub has of an engine; what happens to the way there is set from outside.

    Args:
        engine: where it leads.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name, self.place = engine.name, engine.place
        self.commands: Commands = engine.commands
        self.latency = 0.0
        """Seconds of commands and answers, each; of news twice as long."""
        self.down = False
        """Whether no link can be made."""
        self.blocked = False
        """Whether nothing passes, and nobody is told."""
        self.paused = False
        """Whether the engine stands still: what it was sent it does when it goes on, whoever waits."""
        self.forgetting: list[int] = []
        """Each time that commands are sent: how many of them are done before the link breaks."""
        self.dropping = 0
        """How many of the next news of channels are lost."""
        self._links: set[FaultyLink] = set()
        self._late: list[Sequence[Any]] = []

    async def open(self) -> Link:
        await self.passage()
        if self.down:
            raise LinkLost("nobody there")
        if self.paused and not await self._until(lambda: not self.paused):
            raise LinkLost("no answer")
        link = FaultyLink(self, await self._engine.open())
        self._links.add(link)
        return link

    async def passage(self) -> None:
        """One way: returns when what was sent is there."""
        await asyncio.sleep(self.latency)
        if self.blocked and not await self._until(lambda: not self.blocked):
            raise LinkLost("no answer")

    async def _until(self, over: Callable[[], bool]) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_TIMEOUT):
                while not over():
                    await asyncio.sleep(STEP)
        return over()

    async def done(self, link: Link, commands: Sequence[Any]) -> list[Any]:
        """Have commands done."""
        if self.paused:
            self._late.append(commands)
            await asyncio.sleep(ANSWER_TIMEOUT)
            raise LinkLost("no answer")
        if not self.forgetting:
            return await link.run(commands)
        await link.run(commands[: self.forgetting.pop(0)])
        raise LinkLost("reset")

    async def go_on(self) -> None:
        """Have the engine go on: first it does what it was sent."""
        if self._late:
            link = await self._engine.open()
            for commands in self._late:
                await link.run(commands)
            await link.close()
        self._late.clear()
        self.paused = False

    async def cut(self) -> None:
        """Break the links."""
        for link in list(self._links):
            await link.close()

    def deafen(self) -> None:
        """Have the links there are hear nothing more."""
        for link in self._links:
            link.deaf = True

    def forget(self, link: FaultyLink) -> None:
        self._links.discard(link)


class FaultyLink:
    """A link over such a way.

    Args:
        way: which.
        link: to the engine.
    """

    def __init__(self, way: FaultyEngine, link: Link) -> None:
        self._way = way
        self._link = link
        self._news: deque[tuple[float, tuple[bytes, bytes, Any]]] = deque()
        self._there = asyncio.Event()
        self._lost = False
        self._pump = asyncio.create_task(self._gather())
        self.deaf = False
        self.heard = 0

    async def run(self, commands: Sequence[Any]) -> list[Any]:
        await self._way.passage()
        self._check()
        answers = await self._way.done(self._link, commands)
        await self._way.passage()
        self._check()
        return answers

    async def follow(self, names: Sequence[bytes]) -> None:
        await self._way.passage()
        self._check()
        await self._link.follow(names)

    async def leave(self, names: Sequence[bytes]) -> None:
        await self._way.passage()
        self._check()
        await self._link.leave(names)

    async def _gather(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(LinkLost):
            while True:
                news = await self._link.hear()
                if self._way.dropping > 0 and news[0] == b"message" and news[2]:
                    self._way.dropping -= 1
                elif not self.deaf:
                    self._news.append((loop.time() + 2 * self._way.latency, news))
                    self._there.set()
        self._lost = True
        self._there.set()

    async def hear(self) -> tuple[bytes, bytes, Any]:
        while True:
            self._check()
            wait = self._news[0][0] - asyncio.get_running_loop().time() if self._news else 0.0
            if self._way.blocked or wait > 0.0:
                await asyncio.sleep(STEP if self._way.blocked else wait)
            elif self._news:
                self.heard += 1
                return self._news.popleft()[1]
            else:
                self._there.clear()
                await self._there.wait()

    def _check(self) -> None:
        if self._lost:
            raise LinkLost("reset")

    async def check(self) -> str | None:
        return await self._link.check()

    async def close(self) -> None:
        self._lost = True
        self._there.set()
        self._way.forget(self)
        self._pump.cancel()
        await self._link.close()
