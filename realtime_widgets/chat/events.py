"""Events: what the messages of a room's channels say, read with care; what says nothing that is known is None.

| type of the message | event |
|---|---|
| `message` | `Posted` |
| `user_joined`, `user_left` | `Moved` |
| `message_edited`, `message_deleted` | `Changed` |
| `reaction` | `Reacted` |
| `typing_start`, `typing_stop` | `Typed` |
| `message_growing` | `Grown` |
| `read` | `Seen` |

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..protocol.envelope import Message
from ..streams.text import well_formed
from .message import MAX_REACTION, MAX_TEXT, Said, id_of, moment_of, name_of, said_of


class Posted(msgspec.Struct, frozen=True):
    """A message was sent; `client`: the id that its author's program gave it."""

    said: Said
    client: str | None


class Moved(msgspec.Struct, frozen=True):
    """A user joined, or left."""

    user: str
    name: str
    joined: bool
    ts: float


class Changed(msgspec.Struct, frozen=True):
    """A message has another text; None: it was deleted."""

    id: str
    user: str
    text: str | None
    ts: float


class Reacted(msgspec.Struct, frozen=True):
    """A user reacted to a message, or took that back."""

    id: str
    user: str
    name: str
    reaction: str
    on: bool


class Typed(msgspec.Struct, frozen=True):
    """A user types, or does not any more."""

    user: str
    name: str
    on: bool


class Grown(msgspec.Struct, frozen=True):
    """A message that is still being written, as far as it is; its end is a `Posted` with this id as `client`."""

    client: str
    user: str
    name: str
    text: str
    ts: float


class Seen(msgspec.Struct, frozen=True):
    """A user has read all up to an offset of the channel."""

    user: str
    offset: int


Event = Posted | Moved | Changed | Reacted | Typed | Grown | Seen


def event_of(message: Message) -> Event | None:
    """Return what a message of a room's channels says; None: nothing that is known."""
    data = message.data
    if not isinstance(data, Mapping):
        return None
    ts = moment_of(data.get("timestamp"), moment_of(message.timestamp, 0.0))
    match message.type:
        case "message":
            said = said_of(data, ts)
            return None if said is None else Posted(said, None if message.id is None else id_of(message.id))
        case "user_joined" | "user_left":
            who = data.get("user")
            user = id_of(who.get("id")) if isinstance(who, Mapping) else None
            if user is None:
                return None
            return Moved(user, name_of(who.get("username"), user), message.type == "user_joined", ts)  # type: ignore[union-attr]
        case _:
            return _event_of_user(message.type, data, ts)


def _event_of_user(type: str, data: Mapping[str, Any], ts: float) -> Event | None:
    user = id_of(data.get("userId"))
    if user is None:
        return None
    name, id = name_of(data.get("username"), user), id_of(data.get("messageId"))
    text, reaction, offset = data.get("content"), data.get("reaction"), data.get("offset")
    match type:
        case "typing_start" | "typing_stop":
            return Typed(user, name, type == "typing_start")
        case "message_edited" if id is not None and isinstance(text, str):
            return Changed(id, user, well_formed(text[:MAX_TEXT]), ts)
        case "message_deleted" if id is not None:
            return Changed(id, user, None, ts)
        case "reaction" if id is not None and isinstance(reaction, str) and 0 < len(reaction) <= MAX_REACTION:
            return Reacted(id, user, name, well_formed(reaction), data.get("on") is not False)
        case "message_growing" if (client := id_of(data.get("id"))) is not None and isinstance(text, str):
            return Grown(client, user, name, well_formed(text[:MAX_TEXT]), ts)
        case "read" if isinstance(offset, int) and not isinstance(offset, bool):
            return Seen(user, offset)
    return None
