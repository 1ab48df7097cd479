"""Talk: what a user, or a program of theirs, does in a conversation, over the link that it has."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Final

import msgspec

from ..chat.conversation import Conversation
from ..chat.events import Grown
from ..chat.message import MAX_ID, MAX_TEXT, ChatMessage, MessageType, Said, file_of, id_of, name_of
from ..errors import RuntimeStopped, UsageError, WrongType, shown
from ..feeds.text import as_unicode
from ..protocol.chat import MAX_METADATA_BYTES, MAX_REACTION, MAX_ROOM_LENGTH, NO_ROOMS
from ..protocol.envelope import new_id
from ..runtime import get_runtime
from ..streams.text import well_formed
from .chat_attachments import Attachment
from .chat_link import ChatLink, described, with_file
from .chat_streaming import StreamedMessage
from .chat_waits import ChatWaits

NO_ROOM: Final = ("no room",)
"""What waits for a room is about this; all else about the key of a message."""

NO_MORE: Final = "its chat, or the client of that, was closed before there was a room"
"""Why what waited for a room has failed, when none will be chosen any more."""

CLOSING: Final = 10.0
"""Seconds that a closed chat waits for what is on its way, with a connection."""

ABANDONED: Final = 60.0
"""Seconds without a word after which what grows in a closed chat is broken off: nobody may be there to end it."""

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
        self._waits = ChatWaits(conversation)
        self._ending: Callable[[], object] | None = None
        self._deleted: set[str] = set()  # keys of what was to be deleted before it had arrived

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
        by_program: bool | None = None,
    ) -> ChatMessage:
        """Send a message; without a room it waits for the one that will be chosen.

        Args:
            text, room, type, user, metadata: see `Chat.send`.
            key: the id that it is sent with, of a page's own where somebody typed it.
            by_program: whether nobody has typed it; None: if it has no such key.
        """
        id = key or new_id()
        told = key is None if by_program is None else by_program
        said = self._said(id, text, type, user, metadata)
        return self._where(room, said, lambda room: self._link.say(room, id, said, by_program=told), told)

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
        """Send a file; `image`: whether it is to be looked at, if it is an image. See `say`."""
        id = key or new_id()
        said = self._said(id, text, "image" if image else "file", user, {"alt": alt} if alt else None)
        told = key is None

        def send(room: str) -> ChatMessage:
            return self._link.attach(room, id, said, attachment, by_program=told)

        return self._where(room, with_file(said, described(attachment)), send, told)

    def _where(
        self, room: str, said: Said, send: Callable[[str], ChatMessage], by_program: bool
    ) -> ChatMessage:
        """Send something to a room; empty: to the one that is chosen, once one is. What was said before goes first."""
        if room and not self._waits.waits(NO_ROOM):
            return send(room)
        id, conversation = said.id, self._conversation
        waiting = ChatMessage(
            id=id,
            room=room,
            user=said.user,
            name=said.name,
            text=said.text,
            type=said.type,
            ts=said.ts,
            own=said.user == conversation.me.id,
            state="queued",
            by_program=by_program,
            file=file_of(said),
            metadata=said.metadata,
        )

        def attempt() -> bool:
            where = room or conversation.current
            if where and conversation.let_go(id):
                send(where)
            elif self._link.ended:
                conversation.fail_held(NO_MORE)
                return True
            return conversation.held(id) is None

        conversation.hold(waiting)
        try:
            self.until(NO_ROOM, attempt)
        except UsageError:
            conversation.let_go(id)
            raise
        return waiting

    def until(self, about: Hashable, attempt: Callable[[], bool]) -> None:
        """Do something once it can be, see `ChatWaits.until`."""

        def and_end() -> bool:
            done = True
            try:
                done = attempt()
            finally:
                if done:
                    get_runtime().call_soon(self._end)
            return done

        self._waits.until(about, and_end)

    def close(self, ending: Callable[[], object]) -> None:
        """Call `ending()` once nothing waits and nothing grows any more, or waits in vain; perhaps at once."""
        self._ending = ending
        with contextlib.suppress(RuntimeStopped):  # at exit
            get_runtime().call_soon(self._end)
            get_runtime().call_later(CLOSING, self._give_up)

    def _give_up(self) -> None:
        """Wait no more for what would have come by now, had there been a connection."""
        if self._ending is None:
            return
        get_runtime().call_later(CLOSING, self._give_up)  # whatever happens here
        for streamed in list(self._streamed.values()):
            if streamed.silence >= ABANDONED:
                streamed.stop()
                streamed.close()
        if not self._link.may_connect:
            self._waits.give_up()
            self._conversation.fail_held(NO_MORE)
        self._end()

    def _end(self) -> None:
        if self._ending is not None and not self._waits and not self._streamed:
            ending, self._ending = self._ending, None
            ending()

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
            else:
                self._conversation.discard(room, id)

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
            with contextlib.suppress(RuntimeStopped):  # at exit
                get_runtime().call_soon(self._end)

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
        if not isinstance(message, ChatMessage | str):
            raise WrongType(f"{shown(message)} is no message: pass one of chat.messages, or its id")
        id = message.id if isinstance(message, ChatMessage) else message
        if (waiting := conversation.held(id)) is not None:
            return waiting
        with conversation.lock:
            named = isinstance(message, ChatMessage) and message.room
            rooms = [message.room] if isinstance(message, ChatMessage) and named else list(conversation.rooms)
        for room in rooms:
            if (found := conversation.find(room, id)) is not None:
                return found
        raise UsageError(f"there is no message {shown(id)} here; pass one of chat.messages, or its id")

    def edit(self, message: ChatMessage, text: str) -> None:
        """Have it say something else.

        Raises:
            UsageError: it is somebody else's, deleted, still being written, or has failed.
        """
        self._check_own(message)
        self._ask_of(message, "edit_message", content=text)

    def delete(self, message: ChatMessage, key: str = "") -> None:
        """Delete it for all; one that waits, or has failed, is only discarded.

        Raises:
            UsageError: it is somebody else's, or still being written.
        """
        self._check_own(message)
        if self._conversation.let_go(message.id) or message.deleted:
            return
        if not self.discard(message.room, key or message.id):
            self._deleted.add(self._conversation.key_of(message.room, message.id) or message.id)
            self._ask_of(message, "delete_message")

    def react(self, message: ChatMessage, reaction: str, *, on: bool) -> None:
        """React to it, or take that back.

        Raises:
            UsageError: it is deleted, still being written, or has failed.
        """
        me = self._conversation.me
        self._ask_of(message, "react", userId=me.id, username=me.name, reaction=reaction, on=on)

    def _check_own(self, message: ChatMessage) -> None:
        if not (message.own or message.by_program or message.bot):
            raise UsageError(
                f"this message is of {shown(message.name)}, and only who has said something may change it; here "
                f"writes {shown(self._conversation.me.name)}"
            )

    def _ask_of(self, message: ChatMessage, type: str, **more: Any) -> None:
        """Ask for something about a message, once it has arrived."""
        if message.deleted:
            raise UsageError("a message that was deleted cannot be changed any more")
        if message.state == "failed":
            raise UsageError(f"a message that was not sent cannot be changed ({message.error}); send another")
        if message.state == "growing":
            raise UsageError("a message that is being written cannot be changed: end it first")
        key = self._conversation.key_of(message.room, message.id) or message.id
        arrived = message.state in ("sent", "stopped")
        if arrived and self._conversation.position_of(message.room, message.id) is None:
            raise UsageError(
                "the hub does not show this message: it has begun anew, never had the end of it, or this token may "
                "not follow the room"
            )

        def attempt() -> bool:
            if self._conversation.held(key) is not None:
                return False
            found = self._conversation.of_key(key)
            if found is not None and found.state == "failed" and key in self._deleted:
                self.discard(found.room, key)
                found = None
            if found is None:
                self._deleted.discard(key)
                return True
            offset = self._conversation.position_of(found.room, found.id)
            if offset is None:
                return found.state in ("sent", "stopped")  # the hub has it no more
            who = {"userId": found.user, "username": found.name}
            asked = {"messageId": found.id, "offset": offset, **who, **more}
            if not self._link.ask(found.room, type, asked):
                raise UsageError(
                    "too many changes wait for a connection already: see whether the hub is there"
                )
            if type == "delete_message":
                self._deleted.discard(key)
            return True

        if self._waits.waits(key) or not attempt():
            self.until(key, attempt)

    def retry(self, room: str, key: str) -> None:
        """Send again what has failed."""
        self._link.retry(room, key)

    def discard(self, room: str, key: str) -> bool:
        """Remove what has failed, or waits to go out; returns whether there was anything."""
        found = self._conversation.find(room, key)
        held_back = self._link.forget(key) or (found is not None and found.state == "failed")
        return held_back and self._conversation.discard(room, key)

    # Rooms

    def set_typing(self, room: str, on: bool, user: str | None = None) -> None:
        """Say that somebody types, or not any more."""
        me = self._conversation.me
        who = {"userId": me.id, "username": me.name} if user is None else {"userId": user, "username": user}
        self._link.ask(room, "typing_start" if on else "typing_stop", who, volatile=True)

    def join(self, room: str) -> None:
        """Choose a room and be in it."""
        self._link.join(room)

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
        raise UsageError(f"user={shown(user)} is no name: pass one of 1 to {MAX_ID} characters")
    return name_of(user, "")


def checked_room(room: Any) -> str:
    """Return the id of a room.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(room, str) or not 1 <= len(room.strip()) <= MAX_ROOM_LENGTH:
        raise UsageError(f"room={shown(room)} is no room: pass an id of 1 to {MAX_ROOM_LENGTH} characters")
    if room.strip() in NO_ROOMS:
        raise UsageError(
            f"room={shown(room)} is no room: '.' and '..' have a meaning in paths; pass another id"
        )
    return well_formed(room.strip())


def checked_text(text: Any) -> str:
    """Return what is said, without blanks around it.

    Raises:
        UsageError: there is nothing, or too much.
        WrongType: it is to be looked at, and not to be read.
    """
    if text is None:
        raise WrongType("None is no message: pass a text")
    if any(callable(getattr(text, name, None)) for name in ("savefig", "to_image", "getbands")):
        raise WrongType(f"{shown(text)} is no text: pass it to chat.send_image()")
    if isinstance(text, bytes | bytearray | memoryview):
        raise WrongType(
            f"{shown(text)} are no text: decode them, or pass them to chat.send_image() or send_file()"
        )
    said = (text if isinstance(text, str) else str(text)).strip()
    if not said:
        raise UsageError("a blank message is not sent: pass a text")
    if len(said) > MAX_TEXT:
        raise UsageError(
            f"a message of {len(said):,} characters is not sent: {MAX_TEXT:,} are the most; send several, or a file"
        )
    return said


def pieces(text: str) -> Iterator[str]:
    """Return a text in pieces that are messages, broken at the end of a line or word; none, where it is blank."""
    left = text.strip()
    while len(left) > MAX_TEXT:
        ends = (left.rfind(end, MAX_TEXT // 2, MAX_TEXT + 1) for end in ("\n", " "))
        at = next((end for end in ends if end > 0), MAX_TEXT)
        if left[:at].strip():
            yield left[:at]
        left = left[at + (left[at] in "\n ") :]  # the rest begins as its line does, in code for example
    if left.strip():
        yield left


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


def checked_metadata(metadata: Any) -> dict[str, Any]:
    """Return what else is said of a message, as JSON would have it.

    Raises:
        WrongType: it cannot be JSON.
        UsageError: it is too large.
    """
    if metadata is None:
        return {}
    if not isinstance(metadata, Mapping):
        raise WrongType(f"metadata={shown(metadata)} cannot be sent: pass a dict")
    try:
        said = msgspec.json.encode(as_unicode(dict(metadata)))
    except (TypeError, ValueError, RecursionError) as error:
        raise WrongType(
            f"metadata= cannot be sent as JSON: {error}; pass dicts, lists, texts and numbers"
        ) from None
    if len(said) > MAX_METADATA_BYTES:
        raise UsageError(
            f"metadata= of {len(said):,} bytes cannot be sent: {MAX_METADATA_BYTES:,} are the most; send a file"
        )
    found: dict[str, Any] = msgspec.json.decode(said)
    return found
