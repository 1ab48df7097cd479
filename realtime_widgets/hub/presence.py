"""Presence: who follows which channels, told on channels of their own.

`presence:cpu` has a message for each change of who follows `cpu`, where its policy has `presence=True`:

    {"count": 2, "joined": ["anna"], "left": [], "members": ["anna", "client 3f2a91c0"], "version": 1764417600000000}

The newest message says all there is to know, so it is the one that is kept, and each follower gets it first. Of more
than `MAX_LISTED` members the message has no list, only their number. A member is whom a token names, wherever they are
connected, or else one client, however often it reconnects.

Whoever disconnects is given a while to be back. Many hubs with one engine agree by a note, see `members`; after a hub
has told what it knew, it looks whether there is newer, of which it may have told after another hub, and tells that.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, Final

import msgspec

from ..protocol.envelope import new_id
from ..sources.machine import next_due
from ..streams.text import well_formed
from .brokers.base import NotKept, OutOfReach
from .channels import Channels, encode_publication
from .members import REFRESH_INTERVAL, Meeting, meet
from .policies import presence_of

logger = logging.getLogger(__name__)

TYPE: Final = "presence"

MAX_LISTED: Final = 200
"""Members that a message lists."""

PAUSE: Final = 0.1
"""Seconds in which changes come together into one message."""

RETRY: Final = 1.0
"""Seconds after which a broker that was out of reach is asked again."""


class _Room:
    """What this hub knows of a channel's followers."""

    def __init__(self) -> None:
        self.here: Counter[str] = Counter()
        """Members, by how many connections they have; 0: they may be back in time."""
        self.leaving: dict[str, asyncio.TimerHandle] = {}
        self.gone: set[str] = set()
        """Members that have left, which the note does not say yet."""
        self.watchers = 0
        """How many follow the channel about this one."""
        self.tells = False
        """Whether somebody here waits to be told how it stands."""

    def __bool__(self) -> bool:
        return bool(self.here or self.gone or self.watchers)


class Presence:
    """The followers of all channels of one running hub; on the I/O thread.

    Args:
        channels: of the hub.
    """

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._hub = new_id()
        self._rooms: dict[str, _Room] = {}
        self._due: set[str] = set()
        self._changed = asyncio.Event()

    def enter(self, channel: str, member: str, leave_delay: float) -> Callable[[], None]:
        """Have a member there with one more connection; returns the undo, which may be called twice.

        Args:
            channel: that it follows.
            member: their name, see `member_of`.
            leave_delay: seconds after the undo in which they may be back without having left.
        """
        room = self._rooms.setdefault(channel, _Room())
        if (timer := room.leaving.pop(member, None)) is not None:
            timer.cancel()
        new = member not in room.here
        room.here[member] += 1
        room.gone.discard(member)
        if new:
            self._change(channel)
        left = False

        def leave() -> None:
            nonlocal left
            if left:
                return
            left = True
            room.here[member] -= 1
            if not room.here[member]:
                loop = asyncio.get_running_loop()
                room.leaving[member] = loop.call_later(leave_delay, self._leave, channel, member)

        return leave

    def _leave(self, channel: str, member: str) -> None:
        room = self._rooms[channel]
        del room.leaving[member], room.here[member]
        room.gone.add(member)
        self._change(channel)

    def watch(self, channel: str) -> Callable[[], None]:
        """Have one more here who wants to know of a channel's followers; returns the undo, to be called once."""
        room = self._rooms.setdefault(channel, _Room())
        room.watchers += 1
        if room.watchers == 1:
            room.tells = True
            self._change(channel)

        def leave() -> None:
            room.watchers -= 1

        return leave

    async def members(self, channel: str) -> dict[str, Any]:
        """Return who follows a channel, anywhere, as a record.

        Raises:
            OutOfReach: it cannot be known now.
        """
        meeting = await self._meet(channel)
        return {"count": len(meeting.members), "members": meeting.described(MAX_LISTED)["members"]}

    def _change(self, channel: str) -> None:
        self._due.add(channel)
        self._changed.set()

    async def run(self) -> None:
        """Say who is there, whenever that changes and once in a while, until cancelled."""
        due = time.monotonic()
        while True:
            due = next_due(due, time.monotonic(), REFRESH_INTERVAL)
            while await self._changed_before(due):
                await asyncio.sleep(PAUSE)
                await self._tell_due()
            self._due.update(self._rooms)
            await self._tell_due()

    async def _changed_before(self, due: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(due):  # the loop's clock is the monotonic one
                await self._changed.wait()
                return True
        return False

    async def _tell_due(self) -> None:
        self._changed.clear()
        due, self._due = self._due, set()
        told = await asyncio.gather(*map(self._tell, due), return_exceptions=True)
        failed = []
        for channel, error in zip(due, told, strict=True):
            if isinstance(error, Exception):
                failed.append(channel)
                if not isinstance(error, OutOfReach | NotKept):
                    logger.error("who follows a channel cannot be told", exc_info=error)
            elif not self._rooms.get(channel):
                self._rooms.pop(channel, None)
        if failed:
            self._due.update(failed)
            asyncio.get_running_loop().call_later(RETRY, self._changed.set)

    async def _tell(self, channel: str) -> None:
        room = self._rooms.get(channel)
        if room is None:  # all left, as was told already, after it had become due
            return
        gone, room.gone = room.gone, set()
        tells, room.tells = room.tells, False
        try:
            await self._say(channel, frozenset(room.here), gone, tells=tells)
        except BaseException:
            room.gone |= gone - room.here.keys()
            room.tells = True  # whatever was not told
            raise

    async def _say(self, channel: str, here: Collection[str], gone: Collection[str], *, tells: bool) -> None:
        meeting = await self._meet(channel, here=here, gone=gone)
        if tells and not (meeting.joined or meeting.left):
            tells = await self._told_version(channel) != meeting.version
        while tells or meeting.joined or meeting.left:
            data = meeting.described(MAX_LISTED)
            await self._channels.publish(encode_publication(presence_of(channel), data, TYPE))
            told, meeting = meeting, await self._meet(channel)
            tells = meeting.version != told.version

    async def _meet(self, channel: str, **said: Any) -> Meeting:
        found: list[Meeting] = []

        def change(note: bytes, now: float) -> bytes:
            changed, meeting = meet(note, now, hub=self._hub, **said)
            found[:] = [meeting]
            return changed

        await self._channels.amend(channel, change)
        return found[0]

    async def _told_version(self, channel: str) -> int | None:
        """Return the version of the newest message about a channel that is kept; None: there is none."""
        about = presence_of(channel)
        there = await self._channels.position(about)
        kept = await self._channels.read(about, max(0, there.offset - 1), 1)
        data = msgspec.json.decode(memoryview(kept[-1].data)) if kept else None
        return data.get("version") if isinstance(data, dict) else None


def member_of(name: str | None, client: str) -> str:
    """Return the name of a member: that of its token, or one that only tells it from others.

    Args:
        name: that the token gives; None: it gives none.
        client: what identifies its client over reconnects.
    """
    if name is not None:
        return str(well_formed(name))
    return f"client {hashlib.blake2b(client.encode('utf-8', 'surrogatepass'), digest_size=6).hexdigest()}"
