"""Chat: the rooms of a running hub, whose state is at its broker, so that it outlives the hub and is shared by several.

| what | where |
|---|---|
| messages, and what became of them | the history of `chat:<room>` |
| members, and up to where each has read | the note beside that channel, see `chat_notes` |
| the list of rooms | the note beside `rooms`, on which the hub says that it, or a room's members, have changed |
| who types, what grows | nowhere: `typing:chat:<room>` is heard by who is there |

What clients ask for comes from `chat_requests`. All of it runs on the I/O thread.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from ..protocol.chat import GENERAL, ROOMS, channel_of_room
from ..protocol.chat_publications import ChatMessage, User
from ..protocol.envelope import Message
from ..streams.gaps import Position
from .brokers.base import KEPT_NOTE_AGE, NotKept, OutOfReach
from .channels import Channels, encode_publication
from .chat_notes import (
    MAX_MEMBERS_EACH,
    MAX_ROOMS_EACH,
    Member,
    members_in,
    refreshed,
    rooms_in,
    with_marks,
    with_member,
    with_room,
    without_member,
    without_room,
)
from .chat_shares import Share
from .chat_tail import Tail

logger = logging.getLogger(__name__)

MARKS_PAUSE: Final = 0.2
"""Seconds in which marks of what was read come together into one change of a room's members."""

T = TypeVar("T")

_decode_message = msgspec.json.Decoder(ChatMessage).decode


class NoRoom(Exception):
    """Somebody cannot become a member: one sentence that says why."""


class _Mark(NamedTuple):
    there: Position
    kept: asyncio.Future[None]


class Chat:
    """The rooms of one hub.

    Args:
        channels: of the hub.
    """

    def __init__(self, channels: Channels) -> None:
        self.forgotten: Callable[[str, str, dict[str, Any]], object] = lambda room, who, metadata: None
        """Is called with the room of a message that was taken back, who did, as limits know them, and its metadata, so
        that what belongs to it can be removed; and again if its author takes it back again. It must neither raise nor
        block."""
        self.here: Counter[str] = Counter()
        """As whom how many clients of this hub are here, see `Share`."""
        self._channels = channels
        self._tails: dict[str, Tail] = {}
        self._watchers: set[Callable[[], object]] = set()
        self._undo: Callable[[], None] | None = None
        self._marks: dict[str, dict[str, _Mark]] = {}
        self._marked = asyncio.Event()

    # The list of rooms

    def watch(self, changed: Callable[[], object]) -> Callable[[], None]:
        """Call something whenever the list, or a room's members, have changed; returns the undo, to be called once."""
        self._watchers.add(changed)
        if self._undo is None:
            self._undo = self._channels.subscribe(ROOMS, self._hear)

        def undo() -> None:
            self._watchers.discard(changed)
            if not self._watchers and self._undo is not None:
                self._undo()
                self._undo = None

        return undo

    def _hear(self, _message: Message, _frame: str) -> None:
        for changed in list(self._watchers):
            changed()

    def _tell_changed(self) -> None:
        """Have all hubs know that the list, or a room's members, have changed."""
        told = self._channels.publish(encode_publication(ROOMS, {}))
        told.add_done_callback(lambda done: done.cancelled() or done.exception())  # the next change tells

    async def rooms(self) -> dict[str, str]:
        """Return the names of all rooms, by their ids.

        Raises:
            OutOfReach: they cannot be known now.
        """
        found: list[bytes] = []

        def change(note: bytes, now: float) -> bytes:
            found[:] = [note]
            return refreshed(note, now, "rooms")

        await self._channels.amend(ROOMS, change, KEPT_NOTE_AGE)
        rooms = rooms_in(found[0])
        if len(self._tails) > len(rooms) + 1:
            self._tails = {room: tail for room, tail in self._tails.items() if room in rooms}
        return rooms if GENERAL in rooms else {GENERAL: GENERAL} | rooms

    def tail(self, room: str) -> Tail:
        """Return the newest messages of a room of the list."""
        tail = self._tails.get(room)
        if tail is None:
            tail = self._tails[room] = Tail(room)
        return tail

    # Members

    async def members(self, room: str) -> dict[str, Member]:
        """Return the members of a room, by their ids. Raises OutOfReach."""
        found: list[bytes] = []

        def change(note: bytes, now: float) -> bytes:
            found[:] = [note]
            return refreshed(note, now, "members")

        await self._channels.amend(channel_of_room(room), change, KEPT_NOTE_AGE)
        return members_in(found[0])

    async def enter(
        self, room: str, user: User, name: str, *, make: bool, read: Position | None, by: Share | None = None
    ) -> bool:
        """Have somebody be a member, with the name that they now have; returns whether they were none.

        Args:
            room: its id.
            user: who.
            name: of the room, if it is made; "": its id.
            make: whether it is made if there is none.
            read: up to where they have read; None: as far as before.
            by: what the client has brought that asks for it; None: no client does, so that nobody gives way.

        Raises:
            NoRoom: they cannot be.
            OutOfReach: it is not known whether they are.
        """
        rooms = await self.rooms()
        if room not in rooms and not make:
            raise NoRoom(f"there is no room {room[:80]!r}, and this token may not make it")
        by = by or Share(None, None)
        by.keep_to_rooms(rooms)
        if room not in rooms and by.has_made_all:
            raise NoRoom(_many_rooms(by))
        if by.has_brought_many(room):
            by.keep_to_members(room, await self.members(room))
        counts, may_go = by.counts(room, user.id), by.may_go
        outcome = await self._amended(
            channel_of_room(room), lambda note, now: with_member(note, now, user, read, counts, may_go)
        )
        if outcome == "full":
            raise NoRoom(
                f"the room {room[:80]!r} has as many members as it may; have some leave it, or join another one"
            )
        if outcome == "many":
            raise NoRoom(
                f"this {by.whose} has brought as many members into the room {room[:80]!r} as it may, "
                f"{MAX_MEMBERS_EACH}; have some of them leave it"
            )
        maker = "" if room == GENERAL else by.name  # nobody makes the room that is always there
        listed = await self._amended(ROOMS, lambda note, now: with_room(note, now, room, name or room, maker))
        if (
            listed in ("full", "many") and room != GENERAL
        ):  # that is told of as one of the list without a place in it
            await self._amended(channel_of_room(room), lambda note, now: without_member(note, now, user.id))
            full = "the hub has as many rooms as it may; join one of them"
            raise NoRoom(_many_rooms(by) if listed == "many" else full)
        if outcome == "new":
            by.bring(room, user.id)
        if listed == "new" and room != GENERAL:
            by.make(room)
        if "new" in (outcome, listed):
            self._tell_changed()
        return outcome == "new"

    async def leave(self, room: str, user_id: str) -> Member | None:
        """Have somebody be a member no more; returns who that was, None: they were none. Raises OutOfReach.

        A room without any member is not in the list any more; its messages are there for whoever makes it again.
        """
        gone = await self._amended(
            channel_of_room(room), lambda note, now: without_member(note, now, user_id)
        )
        if gone is not None and not await self.members(room):
            name = (await self.rooms()).get(room, room)
            await self._channels.amend(ROOMS, lambda note, now: without_room(note, now, room), KEPT_NOTE_AGE)
            if await self.members(room):  # somebody has entered it meanwhile
                await self._amended(ROOMS, lambda note, now: with_room(note, now, room, name))
        if gone is not None:
            self._tell_changed()
        return gone

    async def _amended(self, channel: str, change: Callable[[bytes, float], tuple[bytes, T]]) -> T:
        found: list[T] = []

        def changed(note: bytes, now: float) -> bytes:
            after, outcome = change(note, now)
            found[:] = [outcome]
            return after

        await self._channels.amend(channel, changed, KEPT_NOTE_AGE)
        return found[0]

    # What was read

    def mark(self, room: str, user_id: str, there: Position) -> asyncio.Future[None]:
        """Note up to where a member has read; returns when that is kept.

        Raises, out of the future:
            NotKept: it could not be.
        """
        marks = self._marks.setdefault(room, {})
        before = marks.get(user_id)
        if before is None:
            before = _Mark(there, asyncio.get_running_loop().create_future())
        elif before.there.epoch == there.epoch and before.there.offset > there.offset:
            there = before.there
        marks[user_id] = _Mark(there, before.kept)
        self._marked.set()
        return before.kept

    async def run(self) -> None:
        """Keep what was read, until cancelled."""
        while True:
            await self._marked.wait()
            self._marked.clear()
            due, self._marks = self._marks, {}
            await asyncio.gather(*(self._keep(room, marks) for room, marks in due.items()))
            await asyncio.sleep(MARKS_PAUSE)

    async def _keep(self, room: str, marks: dict[str, _Mark]) -> None:
        read = {user_id: mark.there for user_id, mark in marks.items()}
        error: Exception | None = None
        try:
            await self._channels.amend(
                channel_of_room(room), lambda note, now: with_marks(note, now, read), KEPT_NOTE_AGE
            )
        except OutOfReach as why:
            error = NotKept(str(why))
        except Exception as why:  # nothing may end the task: others wait for it
            logger.exception("what was read in a room is not kept")
            error = why
        for mark in marks.values():
            if not mark.kept.done():
                mark.kept.set_result(None) if error is None else mark.kept.set_exception(error)

    # Messages

    async def message_at(self, room: str, offset: int, id: str) -> ChatMessage | None:
        """Return a message as it was said; None: it is not there, or not any more. Raises OutOfReach.

        Args:
            room: its id.
            offset: where in the channel it is.
            id: of the message.
        """
        if offset < 1:
            return None
        found = await self._channels.read(channel_of_room(room), offset - 1, 1)
        if not found or found[0].offset != offset or found[0].type != "message":
            return None
        try:
            message = _decode_message(found[0].data)
        except msgspec.MsgspecError:
            return None
        return message if message.id == id else None


def _many_rooms(by: Share) -> str:
    return (
        f"this {by.whose} has made as many rooms as it may, {MAX_ROOMS_EACH}; join one of them, or have all leave "
        "some, which are no more then"
    )


def now() -> int:
    """Return the time, in milliseconds since the epoch."""
    return round(time.time() * 1000)
