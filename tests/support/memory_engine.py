"""An engine of hubs in memory, which does what `engine` says and nothing more: it never fails, and takes no time."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from realtime_widgets.hub.brokers.dedup import MAX_AGE, KeyReused
from realtime_widgets.hub.brokers.engine import Found, LinkLost, Note, new_epoch, numbered
from realtime_widgets.streams.gaps import Position

NO_NOTE = Note(b"", b"")


class Publish(NamedTuple):
    channel: str
    id: bytes
    digest: bytes
    body: bytes
    seen: Position


class Look(NamedTuple):
    channel: str
    seen: Position
    after: int
    most: int


class Amend(NamedTuple):
    channel: str
    had: Note | None
    note: Note | None


class Chirp(NamedTuple):
    canary: bytes


class Known(NamedTuple):
    position: Position
    digest: bytes
    fresh: bool
    at: float


class MemoryCommands:
    """What `MemoryLink.run` takes."""

    def __init__(self) -> None:
        self._canaries = itertools.count()

    def publish(self, channel: str, id: bytes, digest: bytes, body: bytes, seen: Position) -> Publish:
        return Publish(channel, id, digest, body, seen)

    def placed(self, answer: Known, digest: bytes) -> tuple[Position, bool]:
        if answer.digest != digest:
            raise KeyReused
        return answer.position, answer.fresh

    def look(self, channel: str, seen: Position, after: int = 0, most: int = 0) -> Look:
        return Look(channel, seen, after, most)

    def found(self, answer: Found) -> Found:
        return answer

    def amend(self, channel: str, age: float, had: Note | None = None, note: Note | None = None) -> Amend:
        return Amend(channel, had, note)

    def noted(self, answer: tuple[Note, float]) -> tuple[Note, float]:
        return answer

    def wake(self, channel: str) -> bytes:
        return b"wake:" + channel.encode()

    def canary(self) -> bytes:
        return b"canary:%d" % next(self._canaries)

    def chirp(self, canary: bytes) -> Chirp:
        return Chirp(canary)


@dataclass
class Kept:
    """What it has of a channel."""

    epoch: str
    offset: int = 0
    base: int = 0
    log: deque[tuple[int, float, bytes]] = field(default_factory=deque)
    known: dict[bytes, Known] = field(default_factory=dict)


class MemoryEngine:
    """The engine.

    Args:
        history: messages of a channel that it keeps.
        age: seconds that it keeps them.
        clock: tells the time.
        published: is told each message that it has taken, its channel, position and envelope.
    """

    name = "Memory"
    place = "memory://engine"

    def __init__(
        self,
        history: int,
        age: float,
        clock: Callable[[], float],
        published: Callable[[str, Position, bytes], object],
    ) -> None:
        self.commands = MemoryCommands()
        self._history, self._age, self._clock, self._published = history, age, clock, published
        self._kept: dict[str, Kept] = {}
        self._order: list[str] = []  # the channels of the messages that were taken
        self._notes: dict[str, Note] = {}
        self._links: set[MemoryLink] = set()

    async def open(self) -> MemoryLink:
        link = MemoryLink(self)
        self._links.add(link)
        return link

    def position(self, channel: str) -> Position:
        """Where a channel stands."""
        kept = self._place(channel, Position("", 0))
        return Position(kept.epoch, kept.offset)

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
        self._order.clear()
        self._notes.clear()

    def lose(self, count: int) -> None:
        """Come to be as before the last messages that were taken, of all channels; an epoch that was begun stays."""
        while count > 0 and self._order:
            count -= 1
            kept = self._kept[self._order.pop()]
            if kept.offset == kept.base:
                continue
            if kept.log and kept.log[-1][0] == kept.offset:
                kept.log.pop()
            lost = Position(kept.epoch, kept.offset)
            kept.known = {id: known for id, known in kept.known.items() if known.position != lost}
            kept.offset -= 1

    def do(self, command: Any) -> Any:
        match command:
            case Publish():
                return self._publish(command)
            case Look():
                return self._look(command)
            case Amend(channel, had, note):
                before = self._notes.get(channel, NO_NOTE)
                if had is not None and note is not None and before == had:
                    self._notes[channel] = note
                return before, self._clock()
            case Chirp(canary):
                self._say(canary, b"")

    def _place(self, channel: str, seen: Position) -> Kept:
        kept = self._kept.get(channel)
        if kept is None:
            kept = self._kept[channel] = Kept(new_epoch())
        elif kept.epoch == seen.epoch and kept.offset < seen.offset:
            kept.epoch, kept.base = new_epoch(), kept.offset
        return kept

    def _publish(self, command: Publish) -> Known:
        channel, id, digest, body, seen = command
        now = self._clock()
        known = self._kept[channel].known.get(id) if channel in self._kept else None
        if known is not None and known.at > now - MAX_AGE:
            return known._replace(fresh=False)
        kept = self._place(channel, seen)
        kept.offset += 1
        kept.log.append((kept.offset, now, body))
        if len(kept.log) > self._history:
            kept.log.popleft()
        there = Position(kept.epoch, kept.offset)
        answer = kept.known[id] = Known(there, digest, True, now)
        self._order.append(channel)
        self._published(channel, there, body)
        self._say(self.commands.wake(channel), f"{there.epoch} {there.offset} ".encode() + body)
        return answer

    def _look(self, command: Look) -> Found:
        channel, seen, after, most = command
        kept = self._place(channel, seen)
        found = Found(Position(kept.epoch, kept.offset), kept.base, [])
        for offset, at, body in kept.log:
            if offset <= max(after, kept.base) or at <= self._clock() - self._age:
                continue
            most -= len(body)
            if most < 0 and (found.messages or most + len(body) <= 0):
                break
            message = numbered(body, Position(kept.epoch, offset))
            assert message is not None
            found.messages.append(message)
        return found

    def _say(self, topic: bytes, data: bytes) -> None:
        for link in self._links:
            if topic in link.topics:
                link.news.put_nowait((b"message", topic, data))

    def leave(self, link: MemoryLink) -> None:
        self._links.discard(link)


class MemoryLink:
    """A link to it."""

    def __init__(self, engine: MemoryEngine) -> None:
        self._engine = engine
        self.topics: set[bytes] = set()
        self.news: asyncio.Queue[tuple[bytes, bytes, Any] | None] = asyncio.Queue()
        self.heard = 0

    async def run(self, commands: Sequence[Any]) -> list[Any]:
        return [self._engine.do(command) for command in commands]

    async def follow(self, names: Sequence[bytes]) -> None:
        self.topics.update(names)
        for name in names:
            self.news.put_nowait((b"subscribe", name, None))

    async def leave(self, names: Sequence[bytes]) -> None:
        self.topics.difference_update(names)

    async def hear(self) -> tuple[bytes, bytes, Any]:
        news = await self.news.get()
        if news is None:
            raise LinkLost("it was closed")
        self.heard += 1
        return news

    async def check(self) -> str | None:
        return None

    async def close(self) -> None:
        self._engine.leave(self)
        self.topics.clear()
        self.news.put_nowait(None)
