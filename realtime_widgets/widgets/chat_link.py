"""ChatLink: what a chat needs of what is behind it, and the one without a server: whatever is said is there at once."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from ..chat.conversation import Conversation
from ..chat.message import ChatMessage, Said
from ..chat.room import RoomInfo
from ..errors import ClientError
from ..protocol.envelope import Message, new_id
from ..protocol.file_names import cleaned_name
from ..protocol.file_types import INLINE
from .chat_attachments import Attachment, judged
from .chat_files import ChatFiles

LOCAL: Final = "local"
"""The epoch of a conversation without a server."""

Arrived = Callable[[list[ChatMessage]], object]
"""Is told of messages that have come, in their order; must be quick."""


class ChatLink(Protocol):
    """What a chat is connected to. Any thread, and nothing waits."""

    @property
    def will_choose(self) -> bool:
        """Whether a room will be chosen, once it is known which there are."""

    @property
    def may_connect(self) -> bool:
        """Whether there is no connection, but may be one later, which what waits is waiting for."""

    @property
    def ended(self) -> bool:
        """Whether nothing will come or go any more: what it goes by was closed."""

    def say(self, room: str, key: str, said: Said, *, by_program: bool = False) -> ChatMessage:
        """Send a message.

        Args:
            room: to which room.
            key: the id that it is sent with, so that it is one if it is said again.
            said: what it says.
            by_program: whether nobody has typed it.
        """

    def attach(
        self, room: str, key: str, said: Said, attachment: Attachment, *, by_program: bool = False
    ) -> ChatMessage:
        """Send a message with a file, which is an image only if its bytes are one; see `say`."""

    def download(self, url: str) -> bytes:
        """Return the file of a message, whatever time that takes; for threads that may wait.

        Raises:
            RealtimeWidgetsError: it cannot be had.
        """

    def ask(self, room: str, type: str, data: Mapping[str, Any], *, volatile: bool = False) -> bool:
        """Send a request about a room, see `protocol.chat_requests`; returns whether it goes out.

        Args:
            room: its id.
            type: of the request.
            data: what it says besides the room.
            volatile: now or not at all.
        """

    def join(self, room: str) -> None:
        """Choose a room, which is made if there is none, and have the user in it."""

    def leave(self, room: str) -> None:
        """Have the user in a room no more."""

    def retry(self, room: str, key: str) -> None:
        """Send again what has failed."""

    def forget(self, key: str) -> bool:
        """Do not send what waits; returns whether it can be held back: it is not on its way."""

    def knows(self, room: str) -> bool:
        """Whether it is known what there is of a room, and older messages can be asked for now."""

    def older(self, room: str, before: float, done: Callable[[bool], object]) -> None:
        """Have older messages of a room taken in; calls `done(more)` when there are some, or none are left."""

    def close(self) -> None:
        """Follow nothing any more."""


class LocalLink:
    """A chat with nobody but the functions that are told of its messages.

    Args:
        conversation: what is said goes there.
        arrived: is told of it.
        room: the id of the first room.
        files: those that were sent go there.
    """

    def __init__(self, conversation: Conversation, arrived: Arrived, room: str, files: ChatFiles) -> None:
        self._conversation = conversation
        self._files = files
        self._arrived = arrived
        self._offsets: dict[str, itertools.count[int]] = {}
        self._rooms: dict[str, RoomInfo] = {}
        self.join(room)

    @property
    def will_choose(self) -> bool:
        """See `ChatLink.will_choose`: the first one is there at once."""
        return False

    @property
    def may_connect(self) -> bool:
        """See `ChatLink.may_connect`: nothing waits here for long."""
        return False

    @property
    def ended(self) -> bool:
        """See `ChatLink.ended`."""
        return False

    def say(self, room: str, key: str, said: Said, *, by_program: bool = False) -> ChatMessage:
        """See `ChatLink.say`."""
        conversation = self._conversation
        known = conversation.find(room, key)
        if known is not None and known.state == "sent":
            return known
        data = {
            "id": new_id() if known is None else known.id,
            "roomId": room,
            "userId": said.user,
            "username": said.name,
            "content": said.text,
            "type": said.type,
            "metadata": said.metadata,
        }
        conversation.say(room, key, said, "sending", by_program=by_program)
        found = self._publish(room, "message", data, key)
        self._arrived(found)
        return conversation.find(room, key) or found[0]

    def attach(
        self, room: str, key: str, said: Said, attachment: Attachment, *, by_program: bool = False
    ) -> ChatMessage:
        """See `ChatLink.attach`."""
        url = f"local:{new_id()}"
        self._files.put(url, attachment.body)
        about = {"url": url, **described(attachment)}
        return self.say(room, key, with_file(said, about), by_program=by_program)

    def download(self, url: str) -> bytes:
        """See `ChatLink.download`: all files that there are are here."""
        raise ClientError("this file is not kept any more")

    def ask(self, room: str, type: str, data: Mapping[str, Any], *, volatile: bool = False) -> bool:
        """See `ChatLink.ask`."""
        published = {
            "edit_message": "message_edited",
            "delete_message": "message_deleted",
            "react": "reaction",
            "grow_message": "message_growing",
            "typing_start": "typing_start",
            "typing_stop": "typing_stop",
        }.get(type)
        if published is not None:
            self._publish(room, published, dict(data))
        return True

    def _publish(
        self, room: str, type: str, data: dict[str, Any], id: str | None = None
    ) -> list[ChatMessage]:
        now = round(1000 * time.time())
        offset = next(self._offsets.setdefault(room, itertools.count(1)))
        message = Message(type, {"timestamp": now, **data}, now, id, None, LOCAL, offset)
        return self._conversation.take(room, [message])

    def join(self, room: str) -> None:
        """See `ChatLink.join`."""
        me = self._conversation.me
        self._rooms.setdefault(room, RoomInfo(id=room, name=room, members={me.id: me.name}))
        self._conversation.inform(self._rooms.values())
        self._conversation.choose(room)

    def leave(self, room: str) -> None:
        """See `ChatLink.leave`."""
        self._rooms.pop(room, None)
        if self._conversation.current == room:
            self._conversation.choose(next(iter(self._rooms), ""))
        self._conversation.inform(self._rooms.values())

    def retry(self, room: str, key: str) -> None:
        """See `ChatLink.retry`: nothing fails here."""

    def forget(self, key: str) -> bool:
        """See `ChatLink.forget`: nothing waits here."""
        return False

    def knows(self, room: str) -> bool:
        """See `ChatLink.knows`."""
        return True

    def older(self, room: str, before: float, done: Callable[[bool], object]) -> None:
        """See `ChatLink.older`: all that there is is here."""
        done(False)

    def close(self) -> None:
        """See `ChatLink.close`."""


def described(attachment: Attachment) -> dict[str, Any]:
    """Return what a message says of its file, but for where it is: its type is judged by its bytes."""
    kind = judged(attachment.body)
    about: dict[str, Any] = {
        "name": cleaned_name(attachment.name, kind.type),
        "type": kind.type,
        "size": len(attachment.body),
    }
    if kind.width and kind.height:
        about |= {"width": kind.width, "height": kind.height}
    return about


def with_file(said: Said, about: Mapping[str, Any]) -> Said:
    """Return what is said with its file; what is no image that pages show is a file."""
    kind = "image" if said.type == "image" and about.get("type") in INLINE else "file"
    return msgspec.structs.replace(said, type=kind, metadata={**said.metadata, **about})
