"""Turns: who has much for the hub to do has it done a little at a time, in turn with the others.

What is quickly done is done at once, when it comes. What is left of it waits in a line, in which clients take turns,
however many connections each has; and what waits there has together no more than one turn in every other iteration of
the event loop. So somebody who says little waits for one turn, not for as many as there are connections that say much.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Hashable
from typing import Final, TypeVar

T = TypeVar("T")

TURN: Final = 0.0002
"""Seconds for which one client is served before the others have their turn."""


class Turns:
    """The line of one hub; on the I/O thread."""

    def __init__(self) -> None:
        self.at_end: Callable[[], object] = lambda: None
        """Is called when what came is done, for as long as it may be done."""
        self.more = False
        """Whether there is more of what is being done now, which has come with it."""
        self._waiting: OrderedDict[Hashable, deque[Callable[[], object]]] = OrderedDict()
        self._moving = False
        self._used: dict[Hashable, float] = {}  # seconds, in this iteration of the loop, by who did not wait

    @property
    def waiting(self) -> bool:
        """Whether anything waits for its turn."""
        return bool(self._waiting)

    def at_once(self, who: Hashable) -> bool:
        """Return whether something of a client may be done without waiting: none of it waits, and its turn is not over.

        Args:
            who: the client.
        """
        return who not in self._waiting and self._used.get(who, 0.0) < TURN

    def use(self, who: Hashable, seconds: float) -> None:
        """Note how long a client was served without waiting."""
        if not self._used:
            asyncio.get_running_loop().call_soon(self._used.clear)
        self._used[who] = self._used.get(who, 0.0) + seconds

    def queue(self, who: Hashable, step: Callable[[], object]) -> None:
        """Have something done when it is the turn of a client.

        Args:
            who: the client.
            step: is called once, and must not raise; returns whether it has used the turn, however quickly it was over.
        """
        self._waiting.setdefault(who, deque()).append(step)
        if not self._moving:
            self._moving = True
            asyncio.get_running_loop().call_soon(self._move)

    async def wait(self, who: Hashable, gone: Callable[[], bool] = lambda: False) -> None:
        """Wait for the turn of a client, which the caller then uses.

        Args:
            who: the client.
            gone: returns whether the caller will not use it.
        """
        turn = asyncio.get_running_loop().create_future()

        def begin() -> bool:
            if turn.done():  # nobody waits for it any more
                return False
            turn.set_result(None)
            return not gone()

        self.queue(who, begin)
        await turn

    def _move(self) -> None:
        began = now = time.monotonic()
        used: object = False
        try:
            while self._waiting and not used:
                who, steps = self._waiting.popitem(last=False)
                step = steps.popleft()
                if steps:
                    self._waiting[who] = steps  # behind the others
                used = step()
                before, now = now, time.monotonic()
                self.use(who, now - before)  # it has nothing more in this iteration
                used = used or now - began >= TURN
        finally:
            self._moving = bool(self._waiting)
            if self._moving:
                # Not in the next iteration: what came meanwhile, from those who do not wait, is done before.
                loop = asyncio.get_running_loop()
                loop.call_soon(loop.call_soon, self._move)


def whole(steps: Generator[None, None, T]) -> T:
    """Do something in steps without a pause between them; returns what it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            found: T = done.value
            return found


class Turn:
    """The turn of one client with something that has many steps.

    Args:
        turns: of the hub.
        who: the client.
    """

    def __init__(self, turns: Turns, who: Hashable) -> None:
        self._turns = turns
        self._who = who
        self.begin()

    def begin(self) -> None:
        """Begin with something that has just come."""
        self._began = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether it was served for long enough."""
        return time.monotonic() - self._began >= TURN

    async def come(self, gone: Callable[[], bool] = lambda: False) -> None:
        """Begin with something that is there: at once, or when it is this client's turn; see `Turns.wait`."""
        if not self._turns.at_once(self._who):
            await self._turns.wait(self._who, gone)
        self.begin()

    async def through(self, steps: Generator[None, None, T]) -> T:
        """Do something in steps, between which others have their turns; returns what it returns."""
        while True:
            try:
                next(steps)
            except StopIteration as done:
                found: T = done.value
                return found
            if self.over:
                await self.give()

    def end(self) -> None:
        """Note how long it took."""
        self._turns.use(self._who, time.monotonic() - self._began)

    async def give(self) -> None:
        """Let others have their turn, and wait for the next of this client."""
        self.end()
        await self._turns.wait(self._who)
        self.begin()
