"""Chat: what clients and the hub say about rooms and their messages. Pure; both ends use it.

A room `general` is two channels: `chat:general`, which is kept, and `typing:chat:general`, of which nothing is. Only
the hub publishes on them, for the requests of `chat_requests`; what it publishes is in `chat_publications`. On the wire
all names are in camelCase.

| request | published as | on |
|---|---|---|
| `join_rooms` | answered by `rooms_list`, an array of rooms, and for who said hello by `identity`: who they are | |
| `load_messages` | answered by `older_messages`: a page of history, see `hub/history` | |
| `join_room`, `leave_room` | `user_joined`, `user_left` | chat |
| `send_message` | `message` | chat |
| `edit_message`, `delete_message`, `react` | `message_edited`, `message_deleted`, `reaction` | chat |
| `mark_read` | `read` | typing |
| `typing_start`, `typing_stop` | the same | typing |
| `grow_message` | `message_growing` | typing |
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

CHAT: Final = "chat:"
"""How the channels begin that have the messages of rooms."""

TYPING: Final = "typing:"
"""How the channels begin that say who types, what grows, and who has read how much; the room's channel follows."""

ROOMS: Final = "rooms"
"""The hub's own channel on which it says that the list of rooms has changed."""

GENERAL: Final = "general"
"""The room that is always there."""

MAX_CONTENT: Final = 20_000
"""Characters of a message."""

MAX_ROOM_LENGTH: Final = 150
"""Characters of the id of a room, and of its name."""

NO_ROOMS: Final = frozenset([".", ".."])
"""What no room can be called: browsers and proxies take these out of a path, such as that of a room's files."""

MAX_REACTION: Final = 32
"""Characters of a reaction: the longest emoji have some ten."""

MAX_LOADED: Final = 300
"""Publications of the past that are sent at a time."""

MAX_METADATA_BYTES: Final = 16 * 1024
"""Bytes of the metadata of a message, as JSON."""

MAX_REQUEST_BYTES: Final = 12 * MAX_CONTENT + 2 * MAX_METADATA_BYTES + 16 * 1024
"""Bytes of a request: all of its characters may be escaped, and those of emoji are two escapes each."""

MAX_OFFSET: Final = 2**53 - 1
"""The highest number that every reader of JSON knows exactly."""

Kind = Literal["text", "image", "file", "system"]


class BadChat(ValueError):
    """Why something is no request, or no publication, of the chat: one sentence."""


class Part(msgspec.Struct, rename="camel"):
    """Something with names in camelCase on the wire."""


def channel_of_room(room: str) -> str:
    """Return the channel of a room's messages."""
    return CHAT + room


def typing_of_room(room: str) -> str:
    """Return the channel that says who types in a room."""
    return TYPING + CHAT + room


def room_of(channel: str) -> str | None:
    """Return the room that a channel is of, either of its two; None: it is of none."""
    channel = channel.removeprefix(TYPING)
    return channel.removeprefix(CHAT) if channel.startswith(CHAT) else None
