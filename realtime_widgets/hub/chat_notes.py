"""Chat notes: the rooms that there are, and the members of each, as all hubs with one engine share them. Pure.

The note beside the channel `rooms` has the list, in the order in which they were made; that beside `chat:general` the
members of the room, and up to where each has read:

    {"at": 1764417600.0, "rooms": {"general": "general", "lab": "The lab"}, "by": {"lab": "anna"}}
    {"at": 1764417600.0, "members": {"anna": {"name": "Anna", "read": 17, "epoch": "c4f1"}}}

Whoever has entered or read on last is the last of the members, so that the first were not seen for longest.

`at` is when it was last written: what is read from time to time is written again before the engine forgets it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeVar

import msgspec

from ..protocol.chat_publications import User
from ..streams.gaps import Position

MAX_ROOMS: Final = 500

MAX_MEMBERS: Final = 1000
"""Of a room."""

MAX_ROOMS_EACH: Final = 100
"""That one client may make."""

MAX_MEMBERS_EACH: Final = 100
"""Of a room, that one client may bring."""

MAX_NOTE_BYTES: Final = 256 * 1024
"""Of a note: an engine takes it whole at each change."""

REFRESH_AFTER: Final = 30 * 24 * 3600.0
"""Seconds after which a note is written again by who reads it."""

Outcome = Literal["new", "there", "full", "many"]
"""What came of adding something: it is new, was there already, there is no room for it, or the client has added as many
as it may."""


class Member(msgspec.Struct):
    """A member of a room.

    Attributes:
        name: by which others know them.
        read: the offset up to which they have read.
        epoch: of the channel's numbering when they did.
    """

    name: str
    read: int = 0
    epoch: str = ""

    def read_in(self, there: Position) -> int:
        """Return the offset up to which they have read a channel that stands at a position."""
        return self.read if self.epoch == there.epoch or self.read <= there.offset else 0


class _Members(msgspec.Struct):
    at: float = 0.0
    members: dict[str, Member] = {}


class _Rooms(msgspec.Struct):
    at: float = 0.0
    rooms: dict[str, str] = {}
    by: dict[str, str] = {}
    """Whom the token names that has made a room, where it names anybody."""


T = TypeVar("T", _Members, _Rooms)


def rooms_in(note: bytes) -> dict[str, str]:
    """Return the names of the rooms, by their ids."""
    return _read(note, _Rooms).rooms


def members_in(note: bytes) -> dict[str, Member]:
    """Return the members of a room, by their ids."""
    return _read(note, _Members).members


def refreshed(note: bytes, now: float, kind: Literal["rooms", "members"]) -> bytes:
    """Return a note as it is, or if it was not written for long, to be written again.

    Args:
        note: as it is.
        now: seconds since the epoch, by a clock that all hubs share.
        kind: of which it is.
    """
    if not note:
        return note
    found: _Rooms | _Members = _read(note, _Rooms) if kind == "rooms" else _read(note, _Members)
    return note if now - found.at < REFRESH_AFTER else _written(found, now)


def with_room(note: bytes, now: float, room: str, name: str, by: str = "") -> tuple[bytes, Outcome]:
    """Return the list with a room, and what came of it.

    Args:
        note, now: as for `refreshed`.
        room: its id.
        name: that it gets if it is new.
        by: whom the token names that makes it; "": nobody, and it does not count.
    """
    found = _read(note, _Rooms)
    if room in found.rooms:
        return note, "there"
    if len(found.rooms) >= MAX_ROOMS:
        return note, "full"
    if by:
        if list(found.by.values()).count(by) >= MAX_ROOMS_EACH:
            return note, "many"
        found.by[room] = by
    found.rooms[room] = name
    return _unless_full(note, _written(found, now))


def without_room(note: bytes, now: float, room: str) -> bytes:
    """Return the list without a room."""
    found = _read(note, _Rooms)
    if room not in found.rooms:
        return note
    del found.rooms[room]
    found.by.pop(room, None)
    return _written(found, now)


def _nobody(_: str) -> bool:
    return False


def with_member(
    note: bytes,
    now: float,
    user: User,
    read: Position | None,
    counts: Callable[[str], bool] = _nobody,
    may_go: Callable[[str], bool] = _nobody,
) -> tuple[bytes, Outcome]:
    """Return the members with one, who is called as they now say, and what came of it.

    Args:
        note, now: as for `refreshed`.
        user: who.
        read: up to where they have read now; None: that does not change, and a new one has read nothing.
        counts: whether a member was brought by the client that brings this one.
        may_go: whether a member gives way to a new one, where there would be too many; those who were not seen for
            longest do.
    """
    found = _read(note, _Members)
    before = found.members.pop(user.id, None)
    if before is None:
        brought = [id for id in found.members if counts(id)]
        if len(brought) >= MAX_MEMBERS_EACH and not _one_goes(found, brought, may_go):
            return note, "many"
        if len(found.members) >= MAX_MEMBERS and not _one_goes(found, list(found.members), may_go):
            return note, "full"
    member = Member(user.username) if before is None else Member(user.username, before.read, before.epoch)
    if read is not None:
        member.epoch, member.read = read
    if member == before:
        return note, "there"
    others = list(found.members)
    found.members[user.id] = member
    after = _written(found, now)
    if len(after) > MAX_NOTE_BYTES and _some_go(found, others, may_go, len(after) - MAX_NOTE_BYTES):
        after = _written(found, now)
    after, outcome = _unless_full(note, after)
    return after, outcome if before is None or outcome == "full" else "there"


def _one_goes(found: _Members, some: list[str], may_go: Callable[[str], bool]) -> bool:
    """Have the first of some go who may; returns whether there was one."""
    for id in filter(may_go, some):
        del found.members[id]
        return True
    return False


def _some_go(found: _Members, some: list[str], may_go: Callable[[str], bool], size: int) -> bool:
    """Have the first of some go who may, until their bytes are enough; returns whether they are."""
    for id in filter(may_go, some):
        size -= len(msgspec.json.encode({id: found.members.pop(id)})) - 1  # two brackets are one comma more
        if size <= 0:
            return True
    return False


def without_member(note: bytes, now: float, user_id: str) -> tuple[bytes, Member | None]:
    """Return the members without one, and who that was; None: they were none. Without any there is no note."""
    found = _read(note, _Members)
    gone = found.members.pop(user_id, None)
    if gone is None:
        return note, None
    return (_written(found, now) if found.members else b""), gone


def with_marks(note: bytes, now: float, marks: Mapping[str, Position]) -> bytes:
    """Return the members after some have read on; who is none, or has read that far, is as before.

    Args:
        note, now: as for `refreshed`.
        marks: up to where, by their ids.
    """
    found = _read(note, _Members)
    changed = False
    for user_id, there in marks.items():
        member = found.members.get(user_id)
        if member is not None and (there.epoch != member.epoch or there.offset > member.read):
            member.epoch, member.read = there
            found.members[user_id] = found.members.pop(user_id)
            changed = True
    return _written(found, now) if changed else note


def _unless_full(before: bytes, after: bytes) -> tuple[bytes, Outcome]:
    return (before, "full") if len(after) > MAX_NOTE_BYTES else (after, "new")


def _read(note: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(note, type=kind) if note else kind()
    except msgspec.MsgspecError:
        return kind()  # somebody else has written it


def _written(found: _Members | _Rooms, now: float) -> bytes:
    found.at = now
    return msgspec.json.encode(found)
