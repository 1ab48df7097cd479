"""The list of chat rooms that one user is told: all that they may follow, with what is new for them in each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from ..protocol.chat import channel_of_room
from ..protocol.envelope import encode_data
from .chat import Chat
from .chat_notes import Member
from .chat_tail import Tail, as_record
from .turns import Turn

SIZES: Final = ((200, 500), (50, 200), (10, 120), (2, 40), (0, 0))
"""How many participants each room has in the list, and how many characters its last message; of many rooms fewer, so
that the list fits into a frame."""

MAX_LIST_BYTES: Final = 768 * 1024

AT_ONCE: Final = 16
"""Rooms whose members are asked for at once."""


async def rooms_list(
    chat: Chat, channels: Any, user_id: str, may_follow: Callable[[str], bool], turn: Turn
) -> tuple[msgspec.Raw, list[str]]:
    """Return the list as JSON, and the rooms of which the user is a member.

    Args:
        chat: the rooms.
        channels: of the hub.
        user_id: for whom.
        may_follow: whether they may follow a channel.
        turn: of who asks.

    Raises:
        OutOfReach: it cannot be known now.
    """
    names = {room: name for room, name in (await chat.rooms()).items() if may_follow(channel_of_room(room))}
    rooms = list(names)
    members: dict[str, Mapping[str, Member]] = {}
    for begin in range(0, len(rooms), AT_ONCE):
        some = rooms[begin : begin + AT_ONCE]
        members |= zip(some, await asyncio.gather(*map(chat.members, some)), strict=True)
        for room in some:
            await chat.tail(room).read_on(channels, turn)
    listed = b"[]"
    for participants, characters in SIZES:
        parts = []
        for room in rooms:
            if turn.over:
                await turn.give()
            record = _record(
                room, names[room], members[room], chat.tail(room), user_id, participants, characters
            )
            parts.append(encode_data(record))
        listed = b"[" + b",".join(parts) + b"]"
        if len(listed) <= MAX_LIST_BYTES:
            break
    return msgspec.Raw(listed), [room for room in rooms if user_id in members[room]]


def _record(
    room: str,
    name: str,
    members: Mapping[str, Member],
    tail: Tail,
    user_id: str,
    participants: int,
    characters: int,
) -> dict[str, Any]:
    there, spoken = tail.there, tail.spoken()

    def read(id: str) -> int:
        return max(members[id].read_in(there) if id in members else 0, spoken.get(id, 0))

    first = sorted(members, key=lambda id: (id != user_id, -read(id), id))[:participants]
    return {
        "id": room,
        "name": name,
        "participants": [{"id": id, "username": members[id].name, "read": read(id)} for id in first],
        "lastMessage": as_record(room, tail.last, characters) if tail.last and characters else None,
        "unreadCount": tail.unread(user_id, read(user_id)) if user_id in members else 0,
        "members": len(members),
        "member": user_id in members,
        "epoch": there.epoch,
        "offset": there.offset,
        "read": read(user_id),
    }
