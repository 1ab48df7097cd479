"""What a chat shows, for programs: its rooms as values, its messages as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ..chat.conversation import Conversation
from ..chat.message import ChatMessage, Said
from ..chat.timeline import message_of
from ..streams.exports import library


class RoomState(msgspec.Struct, frozen=True, kw_only=True):
    """A room, as it is at this moment.

    Attributes:
        id: its id.
        name: that is shown.
        joined: whether the user is in it.
        unread: messages of others that the user has not read, up to 1,000.
        members: names of those who are in it, by their ids.
        last: what was said last, in short; empty: nothing.
    """

    id: str
    name: str
    joined: bool
    unread: int
    members: dict[str, str]
    last: str


def room_states(conversation: Conversation) -> list[RoomState]:
    """Return the rooms of a conversation, in their order."""
    me = conversation.me.id
    found = []
    with conversation.lock:
        for room in conversation.rooms.values():
            last = room.last
            text = (
                ""
                if last is None
                else last.text
                if isinstance(last, Said)
                else message_of(last, room.id, me).text
            )
            found.append(
                RoomState(
                    id=room.id,
                    name=room.name,
                    joined=room.joined,
                    unread=room.unread(me),
                    members=dict(room.members),
                    last=text[:200],
                )
            )
    return found


def messages_to_pandas(messages: Sequence[ChatMessage]) -> Any:
    """Return messages as a `pandas.DataFrame`, one row each.

    Raises:
        MissingDependency: pandas is not installed.
    """
    pd = library("pandas", "to_pandas()")
    names = ("room", "user", "name", "type", "text", "state", "edited", "deleted", "id")
    columns: dict[str, Any] = {"ts": _times(pd, [each.ts for each in messages])}
    columns |= {name: [getattr(each, name) for each in messages] for name in names}
    columns["edited"] = _times(pd, columns["edited"])
    # Said, or a table without rows would have other types, and could not be put together with one that has some.
    texts = dict.fromkeys(("room", "user", "name", "type", "text", "state", "id"), "str")
    return pd.DataFrame(columns).astype({**texts, "deleted": "bool"})


def _times(pd: Any, moments: Sequence[float | None]) -> Any:
    """Return moments as pandas has them, to the millisecond: messages know no better."""
    return pd.to_datetime(
        [None if each is None else round(1000 * each) for each in moments], unit="ms", utc=True
    ).as_unit("ms")
