"""Chat requests: what clients ask of the hub's rooms, read and checked. Pure.

In all of them `user_id` is who asks, or as whom; without one it is whom the token names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ..errors import shown
from .chat import (
    MAX_CONTENT,
    MAX_LOADED,
    MAX_METADATA_BYTES,
    MAX_OFFSET,
    MAX_REACTION,
    MAX_REQUEST_BYTES,
    MAX_ROOM_LENGTH,
    NO_ROOMS,
    BadChat,
    Kind,
    Part,
)
from .limits import MAX_NAME_LENGTH


class JoinRooms(Part):
    """Say who is there, and ask for the list of rooms."""

    user_id: str = ""
    username: str = ""


class JoinRoom(Part):
    """Become a member, of a room that is made if there is none, and have read all; `name`: of a room that is made."""

    room_id: str
    user_id: str = ""
    username: str = ""
    name: str = ""


class LeaveRoom(Part):
    """Be a member no more."""

    room_id: str
    user_id: str = ""
    username: str = ""


class SendMessage(Part):
    """Say something; `metadata` is an object, as JSON."""

    room_id: str
    content: str
    user_id: str = ""
    username: str = ""
    type: Kind = "text"
    metadata: msgspec.Raw = msgspec.Raw(b"null")


class EditMessage(Part):
    """Say something else instead; `offset` is where the message is in the channel."""

    room_id: str
    message_id: str
    offset: int
    content: str
    user_id: str = ""
    username: str = ""


class DeleteMessage(Part):
    """Take a message back; `offset` as for `EditMessage`."""

    room_id: str
    message_id: str
    offset: int
    user_id: str = ""
    username: str = ""


class React(Part):
    """React to a message, or (`on` false) not any more."""

    room_id: str
    message_id: str
    reaction: str
    on: bool = True
    user_id: str = ""
    username: str = ""


class MarkRead(Part):
    """Have read all up to the message at an offset."""

    room_id: str
    offset: int
    user_id: str = ""
    username: str = ""


class TypingStart(Part):
    """Begin to type; also again, while one types."""

    room_id: str
    user_id: str = ""
    username: str = ""


class TypingStop(Part):
    """Type no more."""

    room_id: str
    user_id: str = ""
    username: str = ""


class GrowMessage(Part):
    """Show a message so far; `id` is that of the envelope of the `send_message` that will come at its end."""

    room_id: str
    id: str
    content: str
    user_id: str = ""
    username: str = ""


class LoadMessages(Part):
    """Be sent the messages before an offset, and what became of them, the newest first; up to so many publications."""

    room_id: str
    before: int
    limit: int = 60
    user_id: str = ""
    username: str = ""


OfRoom = (
    JoinRoom
    | LeaveRoom
    | SendMessage
    | EditMessage
    | DeleteMessage
    | React
    | MarkRead
    | TypingStart
    | TypingStop
    | GrowMessage
    | LoadMessages
)
"""A request about one room."""

Request = JoinRooms | OfRoom

REQUESTS: Final[Mapping[str, type[Request]]] = {
    "join_rooms": JoinRooms,
    "join_room": JoinRoom,
    "leave_room": LeaveRoom,
    "send_message": SendMessage,
    "edit_message": EditMessage,
    "delete_message": DeleteMessage,
    "react": React,
    "mark_read": MarkRead,
    "typing_start": TypingStart,
    "typing_stop": TypingStop,
    "grow_message": GrowMessage,
    "load_messages": LoadMessages,
}
"""The requests, by their types."""


_DECODERS: Final = {kind: msgspec.json.Decoder(each) for kind, each in REQUESTS.items()}

_LENGTHS: Final = {
    "room_id": (1, MAX_ROOM_LENGTH),
    "name": (0, MAX_ROOM_LENGTH),
    "user_id": (0, MAX_NAME_LENGTH),
    "username": (0, MAX_NAME_LENGTH),
    "message_id": (1, MAX_NAME_LENGTH),
    "id": (1, MAX_NAME_LENGTH),
    "reaction": (1, MAX_REACTION),
    "content": (0, MAX_CONTENT),
}
"""Field → how few and how many characters it may have."""


def read_request(type: str, data: bytes | msgspec.Raw) -> Request:
    """Return the request of a client.

    Args:
        type: one of `REQUESTS`.
        data: of its envelope, as JSON.

    Raises:
        BadChat: it cannot be met by anybody, for what it says.
    """
    if len(memoryview(data)) > MAX_REQUEST_BYTES:
        raise BadChat(f"a {type} of more than {MAX_REQUEST_BYTES:,} bytes is too large; send less at once")
    try:
        request: Request = _DECODERS[type].decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadChat(f"this {type} cannot be read: {error}; send {_shape(type)}") from None
    if (wrong := _wrong_with(type, request)) is not None:
        raise BadChat(wrong)
    return request


def _wrong_with(type: str, request: Request) -> str | None:
    """Return what is wrong with a request that has the right fields; None: nothing."""
    for field in request.__struct_fields__:
        least, most = _LENGTHS.get(field, (0, MAX_CONTENT))
        value = getattr(request, field)
        if isinstance(value, str) and not least <= len(value) <= most:
            name = _WIRE_NAMES.get(field, field)
            what = f"has {len(value):,} characters" if value else "is empty"
            return f"the {name} of a {type} {what}: it may have {least:,} to {most:,}"
    if not isinstance(request, JoinRooms) and request.room_id in NO_ROOMS:
        return f"no room can be called {request.room_id!r}, which has a meaning in paths; choose another name"
    if isinstance(request, EditMessage | DeleteMessage | MarkRead) and not 0 <= request.offset <= MAX_OFFSET:
        return f"the offset of a {type} cannot be {request.offset}: send that of a message, 1 or more"
    if isinstance(request, LoadMessages) and not (
        1 <= request.before <= MAX_OFFSET and 1 <= request.limit <= MAX_LOADED
    ):
        return f"{type} cannot send {request.limit} before {request.before}: send 1 to {MAX_LOADED} before an offset"
    if isinstance(request, SendMessage):
        return _wrong_with_message(request)
    if isinstance(request, EditMessage) and not request.content.strip():
        return "a message cannot become blank; send delete_message instead"
    if isinstance(request, React) and not request.reaction.strip():
        return "a blank reaction says nothing; send an emoji"
    return None


def _wrong_with_message(request: SendMessage) -> str | None:
    if request.type in ("text", "system") and not request.content.strip():
        return "a blank message says nothing; send some content"
    metadata = bytes(memoryview(request.metadata))
    if len(metadata) > MAX_METADATA_BYTES:
        return (
            f"the metadata of a message have {len(metadata):,} bytes: they may have {MAX_METADATA_BYTES:,}; "
            "put large things elsewhere, and their address there"
        )
    if metadata != b"null" and not metadata.lstrip().startswith(b"{"):
        return f"the metadata of a message cannot be {shown(metadata.decode('utf-8', 'replace'), 40)}; send an object"
    return None


_WIRE_NAMES: Final = {
    "room_id": "roomId",
    "user_id": "userId",
    "message_id": "messageId",
}


def _shape(type: str) -> str:
    """Return how a request looks."""
    fields = msgspec.structs.fields(REQUESTS[type])
    return "{" + ", ".join(f'"{field.encode_name}": …' for field in fields) + "}"
