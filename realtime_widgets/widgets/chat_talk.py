"""Talk: what a user, or a program of theirs, does in a conversation, over the link that it has."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..chat.conversation import Conversation
from ..chat.events import Grown
from ..chat.message import MAX_ID, MAX_TEXT, ChatMessage, MessageType, Said, id_of, name_of
from ..errors import RuntimeStopped, UsageError, shown
from ..protocol.chat import MAX_REACTION, MAX_ROOM_LENGTH
from ..protocol.envelope import new_id
from ..runtime import get_runtime
from ..streams.text import well_formed
from .chat_attachments import Attachment
from .chat_link import ChatLink
from .chat_streaming import StreamedMessage

BOT: Final = "bot"
"""Who answers, where a function returns an answer and says no name."""


class Talk:
    """The deeds of one user in a conversation; any thread, and nothing waits.

    Args:
        conversation: where it is.
        link: that carries it.
    """

    def __init__(self, conversation: Conversation, link: ChatLink) -> None:
        self._conversation = conversation
        self._link = link
        self._streamed: dict[str, StreamedMessage] = {}

    # Saying something

    def say(
        self,
        text: str,
        *,
        room: str,
        type: MessageType = "text",
        user: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> ChatMessage:
        """Send a message; `key`: the id that it is sent with, of a page's own where somebody typed it."""
        id = key or new_id()
        said = self._said(id, text, type, user, metadata)
        return self._link.say(room, id, said, by_program=key is None)

    def attach(
        self,
        attachment: Attachment,
        *,
        room: str,
        image: bool,
        text: str = "",
        alt: str = "",
        user: str | None = None,
        key: str | None = None,
    ) -> ChatMessage:
        """Send a file; `image`: whether it is to be looked at, if it is an image."""
        id = key or new_id()
        said = self._said(id, text, "image" if image else "file", user, {"alt": alt} if alt else None)
        return self._link.attach(room, id, said, attachment, by_program=key is None)

    def _said(
        self,
        id: str,
        text: str,
        type: MessageType,
        user: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Said:
        me = self._conversation.me
        more = dict(metadata or {})
        who, name = me.id, me.name
        if user is not None and user != me.id:
            who = name = user
            more = {"bot": True, **more}
        return Said(id, who, name, well_formed(text), type, time.time(), more)

    def streaming(self, room: str, user: str) -> StreamedMessage:
        """Begin a message that grows."""
        id = new_id()

        def grow(text: str) -> None:
            if text:
                self._conversation.grow(room, Grown(id, user, user, text, time.time()))

        def share(text: str) -> bool:
            data = {"id": id, "userId": user, "username": user, "content": text}
            return self._link.ask(room, "grow_message", data, volatile=True)

        def finish(text: str, stopped: bool) -> None:
            self._streamed.pop(id, None)
            if text.strip():
                said = self._said(id, text, "text", user, {"stopped": True} if stopped else None)
                self._link.say(room, id, said, by_program=True)
            else:
                self._conversation.discard(room, id)
                share("")

        def later(delay: float, fn: Callable[[], object]) -> None:
            with contextlib.suppress(RuntimeStopped):  # at exit
                get_runtime().call_later(delay, fn)

        streamed = self._streamed[id] = StreamedMessage(id, grow, share, finish, later)
        return streamed

    def stop(self, id: str) -> None:
        """Stop a message that grows here."""
        if (streamed := self._streamed.get(id)) is not None:
            streamed.stop()

    # What becomes of messages

    def find(self, message: ChatMessage | str) -> ChatMessage:
        """Return a message as it is now, by itself, its id, or the id that it was sent with.

        Raises:
            UsageError: there is none.
        """
        conversation = self._conversation
        id = message.id if isinstance(message, ChatMessage) else str(message)
        with conversation.lock:
            rooms = [message.room] if isinstance(message, ChatMessage) else list(conversation.rooms)
        for room in rooms:
            if (found := conversation.find(room, id)) is not None:
                return found
        raise UsageError(f"there is no message {shown(id)} here; pass one of chat.messages, or its id")

    def edit(self, message: ChatMessage, text: str) -> None:
        """Have it say something else.

        Raises:
            UsageError: it is on its way.
        """
        self._ask_of(message, "edit_message", content=text)

    def delete(self, message: ChatMessage, key: str = "") -> None:
        """Delete it for all; one that is on its way, or failed, is only discarded.

        Raises:
            UsageError: it is on its way, and can be held back no more.
        """
        if not self.discard(message.room, key or message.id):
            self._ask_of(message, "delete_message")

    def react(self, message: ChatMessage, reaction: str, *, on: bool) -> None:
        """React to it, or take that back.

        Raises:
            UsageError: it is on its way.
        """
        me = self._conversation.me
        self._ask_of(message, "react", userId=me.id, username=me.name, reaction=reaction, on=on)

    def _ask_of(self, message: ChatMessage, type: str, **more: Any) -> None:
        offset = self._conversation.position_of(message.room, message.id)
        if offset is None:
            raise UsageError("a message that is on its way cannot be changed; wait until its state is 'sent'")
        who = {"userId": message.user, "username": message.name}
        self._link.ask(message.room, type, {"messageId": message.id, "offset": offset, **who, **more})

    def retry(self, room: str, key: str) -> None:
        """Send again what has failed."""
        self._link.retry(room, key)

    def discard(self, room: str, key: str) -> bool:
        """Remove what has failed, or is on its way; returns whether there was anything."""
        self._link.forget(key)
        return self._conversation.discard(room, key)

    # Rooms

    def set_typing(self, room: str, on: bool, user: str | None = None) -> None:
        """Say that somebody types, or not any more."""
        me = self._conversation.me
        who = {"userId": me.id, "username": me.name} if user is None else {"userId": user, "username": user}
        self._link.ask(room, "typing_start" if on else "typing_stop", who, volatile=True)

    def join(self, room: str) -> None:
        """Choose a room and be in it."""
        self._link.join(room)
        self._conversation.choose(room)

    def leave(self, room: str) -> None:
        """Be in a room no more."""
        self._link.leave(room)

    def read(self, room: str, place: float | None = None) -> None:
        """Have read a room, up to a place; None: all of it."""
        offset = self._conversation.read(room, place)
        if offset:
            me = self._conversation.me
            self._link.ask(room, "mark_read", {"offset": offset, "userId": me.id})


# What can be said


def checked_user(user: Any) -> str:
    """Return who writes.

    Raises:
        UsageError: it is no name.
    """
    if not isinstance(user, str) or not user.strip() or id_of(user) is None:
        raise UsageError(f"user={shown(user)} cannot write: pass a name of 1 to {MAX_ID} characters")
    return name_of(user, "")


def checked_room(room: Any) -> str:
    """Return the id of a room.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(room, str) or not 1 <= len(room.strip()) <= MAX_ROOM_LENGTH:
        raise UsageError(f"room={shown(room)} is no room: pass an id of 1 to {MAX_ROOM_LENGTH} characters")
    return well_formed(room.strip())


def checked_text(text: Any) -> str:
    """Return what is said, without blanks around it.

    Raises:
        UsageError: there is nothing, or too much.
    """
    said = (text if isinstance(text, str) else str(text)).strip()
    if not said:
        raise UsageError("a blank message is not sent: pass a text")
    if len(said) > MAX_TEXT:
        raise UsageError(
            f"a message of {len(said):,} characters is not sent: {MAX_TEXT:,} are the most; send several, or a file"
        )
    return said


def checked_reaction(reaction: Any) -> str:
    """Return a reaction.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(reaction, str) or not 1 <= len(reaction.strip()) <= MAX_REACTION:
        raise UsageError(
            f"{shown(reaction)} is no reaction: pass an emoji, or up to {MAX_REACTION} characters"
        )
    return well_formed(reaction.strip())
