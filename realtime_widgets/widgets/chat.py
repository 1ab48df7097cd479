"""Chat: people, and programs, who talk to each other in a cell."""

from __future__ import annotations

import datetime as dt
import itertools
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any, Final, Literal, overload

import msgspec
import traitlets
from ipywidgets import Layout

from ..chat.conversation import Conversation, Me
from ..chat.message import ChatMessage, Said
from ..client import Client
from ..errors import UsageError, WrongType, shown
from ..feeds.chat import ChatFeed
from ..feeds.freshness import Facts
from ..protocol.chat import GENERAL
from ..protocol.envelope import new_id
from ..runtime import get_runtime
from ..runtime.environment import user_name
from .base import LiveWidget, named_keywords
from .chat_attachments import MAX_BYTES, Attachment, file_of, image_of
from .chat_callbacks import ChatCallbacks, Told
from .chat_files import ChatFiles
from .chat_hub_link import HubLink
from .chat_link import Arrived, ChatLink, LocalLink
from .chat_reader import ChatReader
from .chat_streaming import StreamedMessage
from .chat_tables import messages_to_pandas, room_states
from .chat_talk import (
    BOT,
    Talk,
    checked_metadata,
    checked_reaction,
    checked_room,
    checked_text,
    checked_user,
    pieces,
)
from .derived import Derived, DerivedChanges
from .notification_sources import Link
from .remote_images import remote_images_of
from .settings import Setting, choice_of, pixels, text

DERIVED: Final = ("messages", "unread", "rooms", "typing")


class Chat(LiveWidget):
    """A chat in a cell: rooms, messages, who types, and what is not read yet.

    With a client it talks to everybody at its hub, in any notebook, page or program; without one to the functions that
    are told of its messages (`on_message`), such as a bot. What is typed while there is no connection, or while a cell
    keeps Python busy, waits, is shown as waiting, and arrives once.

    Text is shown as a subset of Markdown: bold, italic, code, lists, tables, links. Nothing that others write can do
    anything but show.

    Args:
        source: a client (`rw.connect(…)`); None: no server.
        user: who writes here, an id and a name at once; None: the user of this notebook server or computer. A hub
            whose token has a name says who it is; where it has none, anybody may write as anybody.
        room: the id of a room to be in; None: `general` without a server, else the first that the hub has, which
            makes `general` where it has none.
        title: heading; None for none.
        height: of the whole, CSS pixels, 80 to 2000.
        placeholder: what the empty input says; None: "Message", in the reader's language.
        show_rooms: whether the list of rooms is shown; "auto": when there are several.
        remote_images: whether pages load images from other hosts, which then know who reads, and when: False (there
            are links instead), hosts (`["img.example.org", "*.example.com"]`), or True: of any host but the page's own
            and those of a local network (`localhost`, `*.local`, names without a dot, private addresses), which have
            to be named.
        theme: `auto` (the host's), `light` or `dark`.
        locale: language of words and times, such as `ja`; None: the browser's.
        tz: time zone that times are shown in, an IANA name such as "Asia/Tokyo" or "UTC"; None: the reader's.
        layout: an `ipywidgets.Layout`, as for every ipywidget.

    Attributes:
        messages: of the chosen room, the oldest first: a list of `ChatMessage`.
        unread: how many messages of all rooms that the user is in are not read.
        rooms: all that the user may see: a list of `RoomState`, with `id`, `name`, `unread`, `joined`, `members` and
            `last`.
        typing: the names of the others who type in the chosen room.
            None of these four can be set. `chat.observe(fn, "messages")` calls `fn` on the callback thread, at most
            ten times a second.
        room: the id of the chosen room; empty: none is.
        user: who writes here.

    Raises:
        WrongType: for a source that is none.
        UsageError: when a setting is out of its range; TypeError names the nearest keyword. Methods raise it for a chat
            that is closed.

    Example:
        hub = rw.Hub(tokens={"a-long-secret": rw.Rights(subscribe=["chat:*"], publish=["chat:*"], name="anna")}).start()
        chat = rw.Chat(rw.connect(hub.url, auth="a-long-secret"))
        chat.send("Hello")

        @chat.on_message
        def answer(message):
            return message.text.upper()
    """

    height = Setting(420, pixels("height")).tag(sync=True)
    """Height of the whole, CSS pixels."""

    placeholder = Setting("", text("placeholder")).tag(sync=True)
    """What the empty input says; empty: "Message", in the reader's language."""

    show_rooms = Setting("auto", choice_of("show_rooms", "auto", True, False)).tag(sync=True)
    """Whether the list of rooms is shown; "auto": when there are several."""

    remote_images = Setting(False, remote_images_of).tag(sync=True)
    """Whether pages load images from other hosts: False, True, or a list of hosts."""

    max_file_bytes = traitlets.Int(MAX_BYTES, read_only=True).tag(sync=True)
    """Bytes of the largest file that pages take from their readers; a hub may take less."""

    messages = Derived([], lambda chat: chat._conversation.messages(chat._conversation.current))
    """The messages of the chosen room, the oldest first: a list of `ChatMessage`. Nobody sets it;
    `chat.observe(fn, "messages")` calls `fn` on the callback thread, at most ten times a second."""

    unread = Derived(0, lambda chat: chat._conversation.total_unread)
    """How many messages of all rooms are not read; observed likewise."""

    rooms = Derived([], lambda chat: room_states(chat._conversation))
    """The rooms: a list of `RoomState`, with `id`, `name`, `unread`, `joined`, `members`, `last`; observed likewise."""

    typing = Derived([], lambda chat: chat._conversation.typing(chat._conversation.current))
    """The names of those who type in the chosen room; observed likewise."""

    _changes: DerivedChanges | None = None

    @named_keywords
    def __init__(
        self,
        source: Client | None = None,
        *,
        user: str | None = None,
        room: str | None = None,
        title: str | None = None,
        height: int = 420,
        placeholder: str | None = None,
        show_rooms: Literal["auto", True, False] = "auto",
        remote_images: bool | Iterable[str] = False,
        theme: Literal["auto", "light", "dark"] = "auto",
        locale: str | None = None,
        tz: str | dt.tzinfo | None = None,
        layout: Layout | dict[str, Any] | None = None,
    ) -> None:
        if source is not None and not isinstance(source, Client):
            raise WrongType(
                f"a chat cannot talk to {shown(source)}: pass a client, such as rw.connect('ws://host:8000/ws/chat') "
                "or rw.connect(hub), or nothing for a chat with your own functions"
            )
        if source is not None and source.closed:
            raise UsageError(
                f"the client of {source.label} cannot be used: it was closed; call rw.connect() again"
            )
        if source is not None and source.one_way:
            raise UsageError(
                f"a chat cannot talk to {source.label}: Server-Sent Events go one way; connect to a WebSocket "
                "(ws:// or wss://)"
            )
        me = checked_user(user if user is not None else user_name())
        self._conversation = Conversation(Me(me, me), time.monotonic, time.time)
        self._feed = ChatFeed(self._conversation)
        self._callbacks = ChatCallbacks(self._answer, self._callback_failed)
        files = ChatFiles()
        wanted = "" if room is None else checked_room(room)
        self._link: ChatLink
        feeds: dict[str, Any] = {"0": self._feed}
        if source is None:
            self._link = LocalLink(self._conversation, self._arrived_here(), wanted or GENERAL, files)
        else:
            link = self._link = HubLink(source, self._conversation, self._arrived_here(), wanted, files)
            feeds["link"] = Link(link.stream)
        self._talk = Talk(self._conversation, self._link)
        self._reader = ChatReader(self._conversation, self._talk, self._link, self._feed, files, self._wake)
        super().__init__(
            "chat",
            [self._conversation],
            feeds,
            title=title,
            height=height,
            placeholder=placeholder,
            show_rooms=show_rooms,
            remote_images=remote_images,
            theme=theme,
            locale=locale,
            tz=tz,
            layout=layout,
        )
        if isinstance(self._link, HubLink):
            self._link.begin()  # and not before: of a chat that cannot be made nobody hears

    # Saying something

    @named_keywords
    def send(
        self,
        text: Any,
        *,
        room: str | None = None,
        user: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        typed: bool = False,
    ) -> ChatMessage:
        """Send a message. Any thread, never waits: what there is no connection for waits, and arrives once.

        Args:
            text: up to 20,000 characters; what is no text is sent as `str()` has it.
            room: the id of a room; None: the chosen one, or the one that will be when the hub has said which there are.
            user: as whom, such as the name of a bot; None: as the user of this chat.
            metadata: what else to say of it, as JSON, up to 16 kB; other clients get it, too.
            typed: as if a reader of this chat had typed it: functions of `on_message` are told of it. To try a bot.

        Returns:
            The message, as it is at this moment: `chat.messages` has it as it is later, and with the id that the hub
            has given it. It can be edited, deleted and reacted to at once.

        Raises:
            UsageError: it is blank or too long, or no room is chosen.
            WrongType: it is an image, or `metadata` are no JSON.
        """
        who = None if user is None else checked_user(user)
        if typed and who not in (None, self.user):
            raise UsageError(
                f"typed=True is what {shown(self.user)} types here: leave out user={shown(user)}"
            )
        said, more, where = checked_text(text), checked_metadata(metadata), self._room(room, later=True)
        return self._talk.say(said, room=where, user=who, metadata=more, by_program=not typed)

    def system(self, text: Any, *, room: str | None = None) -> ChatMessage:
        """Send a line that is about the room, such as "The training is over"; it is nobody's unread message."""
        return self._talk.say(checked_text(text), room=self._room(room, later=True), type="system")

    @named_keywords
    def send_image(
        self,
        image: Any,
        *,
        text: str = "",
        alt: str = "",
        name: str | None = None,
        room: str | None = None,
        user: str | None = None,
    ) -> ChatMessage:
        """Send an image: a path, bytes, a figure of matplotlib or plotly, a picture of PIL. Any thread, never waits.

        Args:
            image: PNG, JPEG, GIF, WebP or AVIF, up to 10 MB; what is drawn becomes PNG. Bytes that are none of these
                are sent as a file.
            text: what is said with it.
            alt: what it shows, for those who cannot see it.
            name: of the file; None: that of the path, or "image.png".
            room, user: as for `send`.

        Raises:
            WrongType: it is nothing of the kind.
            UsageError: there is no such file, or it is too large.
            MissingDependency: plotly needs kaleido for it.
        """
        return self._attach(image_of(image, name), True, text, alt, room, user)

    @named_keywords
    def send_file(
        self,
        file: Any,
        *,
        name: str | None = None,
        text: str = "",
        room: str | None = None,
        user: str | None = None,
    ) -> ChatMessage:
        """Send a file: a path, or bytes or an open file with a name; up to 10 MB. Any thread, never waits.

        Files arrive in the order they are sent in; what is said after them may arrive before.

        Raises:
            WrongType: it is neither.
            UsageError: there is no such file, it is too large, or bytes come without a name.
        """
        return self._attach(file_of(file, name), False, text, "", room, user)

    def _attach(
        self, attachment: Attachment, image: bool, text: Any, alt: Any, room: str | None, user: str | None
    ) -> ChatMessage:
        who = None if user is None else checked_user(user)
        words = ("" if each is None else str(each).strip() for each in (text, alt))
        said, shows = (checked_text(each) if each else "" for each in words)
        where = self._room(room, later=True)
        return self._talk.attach(attachment, room=where, image=image, text=said, alt=shows[:500], user=who)

    def read_file(self, message: ChatMessage | str) -> bytes:
        """Return the bytes of the image or file of a message; waits until they are here.

        Args:
            message: the message, or its id.

        Raises:
            UsageError: there is no such message, or it has no file.
            ClientError: the file cannot be had, such as when it is not kept any more.
            WouldDeadlock: in a callback of a stream or client; functions of `on_message` may call it.
        """
        self._check_open()
        return self._reader.read_file(self._talk.find(message))

    @named_keywords
    def streaming(self, *, user: str = BOT, room: str | None = None) -> StreamedMessage:
        """Begin a message that grows: `with chat.streaming(user="bot") as m: m.append("…")`.

        It is shown while it grows, with a button that stops it, and sent when it ends. `m.text` is what there is of it,
        `m.stopped` whether a reader has stopped it: then the next `m.append()` ends the `with`.

        Args:
            user: whose it is.
            room: the id of a room; None: the chosen one.

        Raises:
            UsageError: no room is chosen.
        """
        return self._talk.streaming(self._room(room), checked_user(user))

    # What becomes of messages

    def edit(self, message: ChatMessage | str, text: Any) -> None:
        """Have a message of one's own say something else; all see that it was edited.

        Args:
            message: the message, or its id.
            text: what it says now.

        Raises:
            UsageError: there is no such message, it is somebody else's, or the text is blank or too long. What the hub
                does not allow is told in the chat.
        """
        self._check_open()
        self._talk.edit(self._talk.find(message), checked_text(text))

    def delete(self, message: ChatMessage | str) -> None:
        """Delete a message of one's own: all see that there was one. One that has failed is only discarded.

        Raises:
            UsageError: there is no such message, or it is somebody else's.
        """
        self._check_open()
        self._talk.delete(self._talk.find(message))

    @named_keywords
    def react(self, message: ChatMessage | str, reaction: str, *, on: bool = True) -> None:
        """React to a message, with an emoji or a few characters; `on=False` takes it back."""
        self._check_open()
        self._talk.react(self._talk.find(message), checked_reaction(reaction), on=on)

    @named_keywords
    def set_typing(self, on: bool = True, *, user: str | None = None, room: str | None = None) -> None:
        """Say that somebody types, for the next three seconds; or (False) not any more."""
        if not isinstance(on, bool):
            raise WrongType(f"on={shown(on)} is neither True nor False: say who types by user=")
        self._talk.set_typing(self._room(room), on, None if user is None else checked_user(user))

    # Rooms

    @property
    def user(self) -> str:
        """Who writes here."""
        return self._conversation.me.id

    @property
    def room(self) -> str:
        """The id of the chosen room; empty: none is. To set it is to choose one, which `join` does."""
        return self._conversation.current

    @room.setter
    def room(self, room: str) -> None:
        self.join(room)

    def join(self, room: str) -> None:
        """Choose a room and be in it; it is made if there is none."""
        self._check_open()
        self._check_link()
        where = checked_room(room)
        self._talk.join(where)
        self._talk.read(where)

    def leave(self, room: str | None = None) -> None:
        """Be in a room no more; None: the chosen one. Without a client it goes, with its messages."""
        self._talk.leave(self._room(room))

    def mark_read(self, room: str | None = None) -> None:
        """Have read all that a room has; None: the chosen one."""
        self._talk.read(self._room(room))

    @named_keywords
    def load_older(self, room: str | None = None, *, timeout: float | None = 10.0) -> int:
        """Have older messages of a room than those that are here, as scrolling up does; returns how many came.

        Args:
            room: its id; None: the chosen one.
            timeout: seconds to wait for them; None: for ever.

        Raises:
            TimedOut: they have not come by then.
            WouldDeadlock: in a callback of a stream or client.
        """
        where = self._room(room)
        self._check_link()
        keys = self._keys(where)
        first = keys[0] if keys else None
        done: Future[bool] = Future()

        def end(more: bool) -> None:
            if done.set_running_or_notify_cancel():
                done.set_result(more)

        def ask() -> bool:
            if not done.done():  # or nobody waits any more
                if not self._link.knows(where):
                    return False
                self._link.older(where, 0.0, end)
            return True

        self._talk.until(("older", where), ask)
        get_runtime().wait(done, timeout, apart=True)  # functions of `on_message` may ask, too
        keys = self._keys(where)
        return keys.index(first) if first in keys else len(keys)

    def _keys(self, room: str) -> list[str]:
        """Return what names the messages of a room, whatever ids they get; the oldest first."""
        conversation = self._conversation
        return [conversation.key_of(room, each.id) or each.id for each in conversation.messages(room)]

    def _room(self, room: str | None, *, later: bool = False) -> str:
        """Return a room that is there; `later`: empty where the hub has not said yet which there are."""
        self._check_open()
        where = self._conversation.current if room is None else checked_room(room)
        begins = self._link.will_choose
        if not where:
            self._check_link()
            if later and (begins or (where := self._conversation.current)):  # or has been chosen by now
                return where
            why = "the hub has not said yet which there are" if begins else "this chat is in none"
            raise UsageError(f"no room is chosen, for {why}: pass room=…, or call chat.join('general')")
        if not self._conversation.has_room(where):
            rooms = ", ".join(shown(each.id) for each in self.rooms[:10])
            which = f"there are {rooms}" if rooms else "the hub has not said yet which there are"
            raise UsageError(
                f"there is no room {shown(where)} here: {which}; chat.join({shown(where)}) joins one, or makes it"
            )
        return where

    # Being told

    def _check_open(self) -> None:
        if self.comm is None:
            raise UsageError("this chat is closed: make another with rw.Chat(…)")

    def _check_link(self) -> None:
        if self._link.ended:
            raise UsageError("the client of this chat was closed: make another with rw.Chat(rw.connect(…))")

    @overload
    def on_message(
        self, fn: None = None, /, *, bots: bool = False
    ) -> Callable[[Told], Callable[[], None]]: ...
    @overload
    def on_message(self, fn: Told, /, *, bots: bool = False) -> Callable[[], None]: ...
    def on_message(self, fn: Told | None = None, /, *, bots: bool = False) -> Any:
        """Have `fn(message)` called for every message that people write; also a decorator.

        Functions are called in order, one at a time, on a thread of this chat's own; they may take long, and may be
        coroutine functions (`async def`). What one returns is the answer, sent as "bot": a text, or an iterator of
        texts, such as a generator, which is shown while it grows. What one raises is shown in this chat. A notebook
        cell that is run again removes what its last run has added.

        Args:
            fn: the function.
            bots: whether it is told of what other programs write, too (`message.bot`): bots that answer each other
                never end. Of what this program has sent itself it is never told.

        Returns:
            The undo.
        """
        self._check_open()
        if fn is None:
            return lambda fn: self._callbacks.add(fn, bots=bots)
        return self._callbacks.add(fn, bots=bots)

    def _arrived_here(self) -> Arrived:
        """Return `_arrived` in a way that does not hold the chat: what follows a connection is held by that."""
        here = weakref.WeakMethod(self._arrived)

        def arrived(messages: list[ChatMessage]) -> None:
            if (tell := here()) is not None:
                tell(messages)

        return arrived

    def _arrived(self, messages: list[ChatMessage]) -> None:
        self._callbacks.tell([each for each in messages if not each.by_program and each.type != "system"])

    def _answer(self, message: ChatMessage, said: Any) -> None:
        if isinstance(said, Iterator):
            self._grow(message.room, said)
        elif not isinstance(said, ChatMessage):
            for piece in pieces(str(said)):
                self._talk.say(piece, room=message.room, user=BOT)

    def _grow(self, room: str, texts: Iterator[Any]) -> None:
        """Answer bit by bit; what is too long for one message goes on in the next."""
        left = ""
        while True:
            with self._talk.streaming(room, BOT) as streamed:
                for each in itertools.chain([left], texts):
                    text = "" if each is None else str(each)
                    streamed_now, left = text[: streamed.space], text[streamed.space :]
                    streamed.append(streamed_now)
                    if left:
                        break
            if not left or streamed.stopped:
                return

    def _callback_failed(self, message: ChatMessage, error: BaseException, details: str) -> None:
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        said = Said(new_id(), "", "on_message", what[:1000], "system", time.time(), {})
        if self._conversation.has_room(message.room):
            self._conversation.note(message.room, f"!{said.id}", said, kind="error", details=details[-8000:])

    def observe(self, handler: Any, names: Any = traitlets.All, type: Any = "change") -> None:
        """Have a function called when a trait changes, as for every ipywidget."""
        super().observe(handler, names, type)
        wanted = [names] if isinstance(names, str) else names
        if self._changes is None and (names is traitlets.All or any(name in DERIVED for name in wanted)):
            self._changes = DerivedChanges(self, DERIVED, [self._conversation.listen])

    # Looking at it

    def to_pandas(self, room: str | None = None) -> Any:
        """Return the messages of a room as a `pandas.DataFrame`; None: of the chosen one.

        Columns: `ts` (UTC), `room`, `user`, `name`, `type`, `text`, `state`, `edited`, `deleted`, `id`.
        """
        return messages_to_pandas(self._conversation.messages(self._room(room)))

    def _facts(self) -> Facts:
        """What is known: that nobody says anything is no fault."""
        facts = super()._facts()
        disconnected = facts.disconnected or self._link.ended
        return msgspec.structs.replace(
            facts, empty=False, missing=False, age=None, pace="usual", disconnected=disconnected
        )

    def _asked(self, what: str, about: Any) -> None:
        if not self._reader.asked(what, about):
            super()._asked(what, about)

    def close(self) -> None:
        """Take the chat off the pages, and follow nothing any more; what is on its way arrives."""
        if (talk := getattr(self, "_talk", None)) is not None:
            talk.close(self._link.close)
            self._callbacks.clear()
        if self._changes is not None:
            self._changes.close()
        super().close()

    def __repr__(self) -> str:
        messages = len(self.messages)
        state = "closed" if self.comm is None else self.data_state
        return f"Chat(room={self.room!r}, {messages} messages, {self.unread} unread, {state})"
