"""Chat publications: what the hub, or another server of the same convention, says of rooms. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from .chat import BadChat, Part


class User(Part):
    """Somebody."""

    id: str
    username: str = ""


class ChatMessage(Part):
    """A message; `timestamp` is in milliseconds since the epoch, `type` one of `Kind` where our hub has sent it."""

    id: str
    room_id: str
    user_id: str
    username: str = ""
    content: str = ""
    timestamp: float | None = None
    type: str = "text"
    metadata: dict[str, Any] | None = None


class Coming(Part):
    """`user_joined`, `user_left`."""

    room_id: str
    user: User
    timestamp: float | None = None


class Edited(Part):
    """`message_edited`."""

    room_id: str
    message_id: str
    user_id: str
    content: str
    timestamp: float | None = None


class Deleted(Part):
    """`message_deleted`."""

    room_id: str
    message_id: str
    user_id: str
    timestamp: float | None = None


class Reaction(Part):
    """`reaction`."""

    room_id: str
    message_id: str
    user_id: str
    reaction: str
    username: str = ""
    on: bool = True
    timestamp: float | None = None


class Typing(Part):
    """`typing_start`, `typing_stop`."""

    room_id: str
    user_id: str
    username: str = ""
    timestamp: float | None = None


class Growing(Part):
    """`message_growing`; `id` is that of the envelope of the message that comes at its end."""

    room_id: str
    id: str
    user_id: str
    content: str
    username: str = ""
    timestamp: float | None = None


class Read(Part):
    """`read`: up to which offset somebody has read."""

    room_id: str
    user_id: str
    offset: int


class Participant(User):
    """A member of a room, and up to which offset they have read."""

    read: int = 0


class Room(Part):
    """A room, as `rooms_list` has it.

    Attributes:
        participants: members; of many not all.
        last_message: with its edits; one that was deleted has no content, and `deleted` in its metadata.
        unread_count: messages of others, up to 1,000.
        members: how many members there are; None: the server does not say.
        member: whether who has asked is one; None: the server does not say.
        epoch, offset: the newest position of its channel; offset None: the server does not number.
        read: up to where who has asked has read.
    """

    id: str
    name: str = ""
    participants: tuple[Participant, ...] = ()
    last_message: ChatMessage | None = None
    unread_count: int = 0
    members: int | None = None
    member: bool | None = None
    epoch: str = ""
    offset: int | None = None
    read: int = 0


Publication = ChatMessage | Coming | Edited | Deleted | Reaction | Typing | Growing | Read

PUBLICATIONS: Final[Mapping[str, type[Publication]]] = {
    "message": ChatMessage,
    "user_joined": Coming,
    "user_left": Coming,
    "message_edited": Edited,
    "message_deleted": Deleted,
    "reaction": Reaction,
    "typing_start": Typing,
    "typing_stop": Typing,
    "message_growing": Growing,
    "read": Read,
}
"""What is published in rooms, by its types."""


def read_publication(type: str, data: Any) -> Publication:
    """Return what was published in a room.

    Args:
        type: one of `PUBLICATIONS`.
        data: of its envelope, decoded.

    Raises:
        BadChat: it is none.
    """
    found: Publication = _converted(type, data, PUBLICATIONS[type])
    return found


def read_rooms(data: Any) -> list[Room]:
    """Return the list of rooms.

    Args:
        data: of a `rooms_list`, decoded.

    Raises:
        BadChat: it is none.
    """
    found: list[Room] = _converted("rooms_list", data, list[Room])
    return found


def _converted(type: str, data: Any, into: Any) -> Any:
    try:
        return msgspec.convert(data, into)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadChat(f"this {type} cannot be read: {error}") from None
