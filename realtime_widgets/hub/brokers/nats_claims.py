"""Claims: which hub makes the stream of the notes, where several find at once that it is missing. No I/O.

NATS before 2.9.16 makes a stream twice when it is told so twice at once, and one of the two loses what it keeps; later
ones have had faults of that kind in clusters. Who makes the stream of a channel is noted, but there are no notes
without their stream: of that a hub says first that it is about to make it, and waits whether another objects, one that
is making it, or that has said so and has the smaller number.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

WAIT: Final = 0.1
"""Seconds within which another objects."""

SUBJECT: Final = "rw-claims"
"""Where hubs say so, and where they hear it."""


class _Claim:
    def __init__(self) -> None:
        self.id = secrets.token_hex(8)
        self.making = False
        self.lost = False


class Claims:
    """Those of one link.

    Args:
        say: tells all hubs, this one too.
    """

    def __init__(self, say: Callable[[bytes], Awaitable[object]]) -> None:
        self._say = say
        self._claims: dict[str, _Claim] = {}

    async def make(self, name: str, work: Callable[[], Awaitable[object]]) -> bool:
        """Make something, unless another hub does; returns whether it was made here.

        Args:
            name: of the stream.
            work: sees once more that it is missing, and makes it.
        """
        if name in self._claims:
            await asyncio.sleep(WAIT)
            return False
        mine = self._claims[name] = _Claim()
        try:
            await self._say(f"claim {name} {mine.id}".encode())
            await asyncio.sleep(WAIT)
            if mine.lost:
                return False
            mine.making = True
            await work()
            return True
        finally:
            del self._claims[name]

    async def hear(self, said: bytes) -> None:
        """Take what a hub has said."""
        try:
            verb, name, id = said.decode().split(" ")
        except ValueError:
            return  # no hub has said that
        mine = self._claims.get(name)
        if mine is None:
            return
        if verb == "object":
            mine.lost = mine.lost or mine.id == id
        elif verb == "claim" and mine.id != id:
            if mine.making or (mine.id < id and not mine.lost):
                await self._say(f"object {name} {id}".encode())
            else:
                mine.lost = True
