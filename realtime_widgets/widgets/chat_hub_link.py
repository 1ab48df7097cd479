"""HubLink: a chat's way to a server: it says on every connection who is there, follows rooms, and takes in what comes.

What is said goes through its outbox. Servers that know only the convention of existing ones are served, too: what they
send has no numbers, and no word of ours is acknowledged.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from ..chat.conversation import Conversation, Me
from ..chat.message import ChatMessage, MessageState, Said, id_of
from ..chat.room import RoomInfo, rooms_in
from ..chat.timeline import PENDING_STATES
from ..client import Client
from ..errors import RuntimeStopped
from ..protocol.chat import CHAT, TYPING, channel_of_room, room_of, typing_of_room
from ..protocol.envelope import Message, new_id
from ..runtime import get_runtime
from ..runtime.forksafe import renew_after_fork
from ..streams import Stream
from ..streams.gaps import Gap, Position
from .chat_attachments import Attachment
from .chat_exit import finish_at_exit
from .chat_files import ChatFiles
from .chat_link import Arrived
from .chat_outbox import LIST, MESSAGE, PAST, ChatOutbox
from .chat_past import RECENT, ChatPast
from .chat_uploads import ChatUploads

ANSWERS: Final = ("rooms_list", "identity", "older_messages")
"""Types of messages that answer: what others were answered before is of no interest."""

ASKS_FOR_ROOMS: Final = "rooms-"
"""How the ids begin with which chats ask for the list of rooms, which is another for each user."""

PLAIN: Final = ("message", "typing_start", "typing_stop", "user_joined", "user_left")
"""Types of messages that servers send which know no channels."""

NO_ROOMS_THERE: Final = (
    "the server shows no rooms to this token: ask for one that may follow chat:*, or say room=…"
)
"""What is the matter where no room was chosen, and there is none."""

WHAT: Final = {
    "edit_message": "The edit was not taken",
    "delete_message": "The message was not deleted",
    "react": "The reaction was not taken",
    "join_room": "The room was not joined",
    "leave_room": "The room was not left",
}
"""What a request that was turned down has left undone, by its type."""

MAX_GAPS: Final = 100
"""Gaps that are remembered, or they would be said again."""

UNNUMBERED: Final = "-"
"""The epoch of messages of servers that do not number them."""


class HubLink:
    """A chat's way to a server of rooms.

    Args:
        client: the connection.
        conversation: what comes goes there.
        arrived: is told of messages that have come, but for those of the past.
        room: the id of a room to be in; empty: the first that there is.
        files: those that were sent from here go there.
    """

    def __init__(
        self, client: Client, conversation: Conversation, arrived: Arrived, room: str, files: ChatFiles
    ) -> None:
        self._client = client
        self._conversation = conversation
        self._outbox = ChatOutbox(client, conversation, self._tell, self._end_if_done)
        self._past = ChatPast(self._ask_for_past, conversation, arrived)
        self._uploads = ChatUploads(client, conversation, files, self.say, self._end_if_done)
        self._wanted = {room} if room else set[str]()  # rooms that the user is to be in
        self._left = set[str]()  # those that they have left, of which some servers say nothing
        self._leaving = set[str]()  # among them, those in which a file has not arrived yet
        self._has_chosen = bool(room)
        self._is_empty = False  # whether the server says that there are no rooms, and none was chosen
        self._listed = False  # whether the list of rooms has ever come
        self._begins = False  # whether the list of rooms has not come on this connection
        self._keeps_members = False  # whether the server knows after a cut who is where
        self._lock = threading.Lock()  # of whether the connection is followed
        renew_after_fork(self, HubLink._renew_lock)
        self._streams: dict[str, tuple[Stream, int]] = {}  # by channel, with how far each was read
        self._offsets: dict[str, Iterator[int]] = {}
        self._gaps: deque[Gap] = deque(maxlen=MAX_GAPS)  # that were said
        self._question = ""  # the id with which the list of rooms was asked for on this connection
        self._connected = False
        self._closed = False
        self._stream = client.message_stream("rooms_list", asks=False, passing=True)
        self._undo: dict[str, Callable[[], None]] = {}  # by channel
        if room:
            conversation.add(RoomInfo(id=room, name=room, joined=False))
            conversation.choose(room)
        self._undo_state: Callable[[], None] | None = None

    def begin(self) -> None:
        """Follow the connection, and be where the user is to be: until then nobody knows of them."""
        for type in (*ANSWERS, *PLAIN):
            self._follow(type, asks=False)
        self._follow_state()
        finish_at_exit(self)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    @property
    def stream(self) -> Stream:
        """One that says where the connection stands."""
        return self._stream

    @property
    def will_choose(self) -> bool:
        """See `ChatLink.will_choose`."""
        return not self._has_chosen

    @property
    def may_connect(self) -> bool:
        """See `ChatLink.may_connect`."""
        return not self._connected and not self._client.closed

    @property
    def ended(self) -> bool:
        """See `ChatLink.ended`."""
        return self._client.closed

    @property
    def waits(self) -> bool:
        """Whether something that was said here has not arrived, and may still arrive."""
        hopes = not self._client.closed and self._client.state not in ("error", "disconnected")
        held = self.will_choose and self._conversation.holds
        return hopes and (held or bool(self._leaving) or self._outbox.waits or self._uploads.waits)

    # What is said

    def say(self, room: str, key: str, said: Said, *, by_program: bool = False) -> ChatMessage:
        """See `ChatLink.say`."""
        up = self._client.state == "connected"
        state: MessageState = "sending" if up else "queued"
        found = self._conversation.say(room, key, said, state, by_program=by_program)
        data = {
            "roomId": room,
            "userId": said.user,
            "username": said.name,
            "content": said.text,
            "type": said.type,
            "metadata": said.metadata,
        }
        if found.state in ("sending", "queued", "growing", "stopped"):
            self._outbox.put(key, room, MESSAGE, data)
            self._follow_state()
        return found

    def attach(
        self, room: str, key: str, said: Said, attachment: Attachment, *, by_program: bool = False
    ) -> ChatMessage:
        """See `ChatLink.attach`."""
        return self._uploads.add(room, key, said, attachment, by_program=by_program)

    def download(self, url: str) -> bytes:
        """See `ChatLink.download`."""
        return self._client.download_file(url)

    def ask(self, room: str, type: str, data: Mapping[str, Any], *, volatile: bool = False) -> bool:
        """See `ChatLink.ask`."""
        if volatile:
            return (
                self._client.state == "connected"
                and self._client.send(type, {"roomId": room, **data}, volatile=True).state != "failed"
            )
        return self._ask(room, type, {"roomId": room, **data}, tells=type != "mark_read")

    def _ask(self, room: str, type: str, data: Mapping[str, Any], *, tells: bool = True) -> bool:
        taken = self._outbox.put(new_id(), room, type, data, tells=tells)
        self._follow_state()
        return taken

    def _ask_for_past(self, id: str, room: str, data: dict[str, Any]) -> None:
        self._outbox.put(id, room, PAST, data, tells=False)

    def _tell(self, room: str, type: str, why: str) -> None:
        """Have the chat say what the server has turned down."""
        if self._conversation.has_room(room):
            text = f"{WHAT[type]}: {why}" if type in WHAT else why
            said = Said(f"!{new_id()}", "", type, text, "system", time.time(), {})
            self._conversation.note(room, said.id, said, kind="error")

    def join(self, room: str) -> None:
        """See `ChatLink.join`."""
        self._wanted.add(room)
        self._left.discard(room)
        self._leaving.discard(room)
        self._conversation.add(RoomInfo(id=room, name=room, joined=False))
        self._conversation.choose(room)
        self._has_chosen = True  # and not before: who sends something at this moment has a room
        self._is_empty = False
        self._join(room, tells=True)
        get_runtime().call_soon(self._follow_wanted, room)

    def _join(self, room: str, *, tells: bool) -> None:
        self._ask(room, "join_room", self._who(room), tells=tells)

    def _who(self, room: str) -> dict[str, Any]:
        me = self._conversation.me
        return {"roomId": room, "userId": me.id, "username": me.name}

    def leave(self, room: str) -> None:
        """See `ChatLink.leave`."""
        self._has_chosen = True
        self._wanted.discard(room)
        self._left.add(room)
        if self._uploads.waits_in(room):  # who says something is there again
            self._leaving.add(room)
        else:
            self._ask(room, "leave_room", self._who(room))
        self._conversation.leave(room)
        get_runtime().call_soon(self._unfollow, room)

    def _unfollow(self, room: str) -> None:
        if room in self._wanted:
            return  # joined again since
        self._past.forget(room)
        for channel in (channel_of_room(room), typing_of_room(room)):
            self._streams.pop(channel, None)
            if (undo := self._undo.pop(channel, None)) is not None:
                undo()

    def retry(self, room: str, key: str) -> None:
        """See `ChatLink.retry`."""
        if not self._outbox.retry(key):
            self._uploads.retry(key)

    def forget(self, key: str) -> bool:
        """See `ChatLink.forget`."""
        return self._outbox.forget(key) or self._uploads.forget(key)

    def knows(self, room: str) -> bool:
        """See `ChatLink.knows`."""
        with self._conversation.lock:
            there = self._conversation.rooms.get(room)
            shown = there is not None and (there.timeline.first is not None or not there.has_older)
        return shown and self._connected and self._listed and not self._begins

    def older(self, room: str, before: float, done: Callable[[bool], object]) -> None:
        """See `ChatLink.older`."""
        self._past.older(room, done)

    def close(self) -> None:
        """See `ChatLink.close`; what waits goes out on the next connection."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(RuntimeStopped):  # at exit
            get_runtime().call_soon(self._end)

    def _end(self) -> None:
        while self._undo:
            self._undo.popitem()[1]()
        self._streams.clear()
        self._end_if_done()

    def _end_if_done(self) -> None:
        """Leave where the last file has arrived; follow the connection no more, once a closed chat has nothing more."""
        for room in [each for each in list(self._leaving) if not self._uploads.waits_in(each)]:
            self._leaving.discard(room)
            if not self._client.closed:
                self._ask(room, "leave_room", self._who(room))
        with self._lock:
            waits = self._outbox.waits or self._uploads.waits
            if self._closed and not waits and self._undo_state is not None:
                self._undo_state()
                self._undo_state = None

    # The connection

    def _follow_state(self) -> None:
        with self._lock:
            if self._undo_state is None:
                self._undo_state = self._client.listen(self._look_at_state)
                get_runtime().call_soon(self._look_at_state)

    def _look_at_state(self) -> None:
        """Say who is there on every new connection, and have what waits sent."""
        status = self._client.status
        up = status.state == "connected"
        before, self._connected = self._connected, up
        self._say_trouble()
        if up != before or self._client.closed:
            self._past.look(up=up)
            self._uploads.look(up=up)
            if up and not self._closed:
                self._begin()
            self._outbox.look(up=up)
        self._end_if_done()

    def _say_trouble(self) -> None:
        """Say in the chat why nothing comes or goes, if that is for good."""
        status = self._client.status
        if self._client.closed:
            why = f"the client of {self._client.label} was closed: make another chat, with rw.connect(…)"
        elif status.state == "error":
            why = str(status.error or "")
        else:
            why = NO_ROOMS_THERE if self._is_empty else ""
        self._conversation.set_trouble(why, over=self._client.closed)

    def _begin(self) -> None:
        """Say who is there, on every new connection, before all that waits."""
        me = self._conversation.me
        self._question = f"{ASKS_FOR_ROOMS}{new_id()}"
        self._begins = True
        requests = [(self._question, "", LIST, {"userId": me.id, "username": me.name}, False)]
        for room in list(self._wanted):
            # To join where one is already is to have read all; a join that waits goes out in its turn.
            if not self._keeps_members and not self._outbox.holds("join_room", room):
                tells = channel_of_room(room) not in self._streams
                requests.append((new_id(), room, "join_room", self._who(room), tells))
            self._follow_room(room)
        if (
            not self._keeps_members
        ):  # what was said before one left goes first, and some servers ask for a member
            for room in self._outbox.rooms - self._wanted:
                requests.append((new_id(), room, "join_room", self._who(room), False))
        self._outbox.begin(requests)

    # What comes

    def _follow(self, channel: str, *, recent: int = 0, asks: bool = True) -> None:
        if channel in self._streams or self._closed or self._client.closed:
            return
        passing = channel in ANSWERS or channel.startswith(TYPING)
        stream = self._client.message_stream(channel, recent=recent, asks=asks, passing=passing)
        # What was said of typing is over, and of messages that grew, too.
        self._streams[channel] = stream, stream.last_seq if passing else 0
        self._undo[channel] = stream.listen(lambda: self._read(channel))
        get_runtime().call_soon(self._read, channel)

    def _follow_wanted(self, room: str) -> None:
        if room in self._wanted:
            self._follow_room(room)

    def _follow_room(self, room: str) -> None:
        self._past.follow(room)
        self._follow(channel_of_room(room), recent=RECENT)
        self._follow(typing_of_room(room))

    def _read(self, channel: str) -> None:
        """Take in what a stream has that was not read yet; on the I/O thread."""
        stream, cursor = self._streams.get(channel, (None, 0))
        if stream is None:
            return
        batch = stream.read(after=cursor)
        self._streams[channel] = stream, batch.last_seq
        missing = [
            gap for gap in batch.gaps if gap not in self._gaps and room_of(channel) == channel[len(CHAT) :]
        ]
        for seq, message in enumerate(batch["message"] if len(batch) else (), batch.first_seq):
            while missing and (missing[0].seq or 0) < seq:
                self._miss(channel, missing.pop(0))
            self._take(channel, message)
        for gap in missing:
            self._miss(channel, gap)

    def _miss(self, channel: str, gap: Gap) -> None:
        """Say where messages of a room are missing."""
        self._gaps.append(gap)
        room = room_of(channel)
        if room is not None and self._conversation.has_room(room):
            said = Said(f"?{new_id()}", "", "", "", "system", gap.ts, {})
            self._conversation.note(room, said.id, said, kind="gap")

    def _take(self, channel: str, message: Message) -> None:
        data = message.data
        if (
            channel in ANSWERS[:2]
            and str(message.id).startswith(ASKS_FOR_ROOMS)
            and message.id != self._question
        ):
            return  # to another chat of this connection, whose user is another
        match channel:
            case "rooms_list":
                self._take_rooms(data, answers=message.id == self._question)
            case "identity" if isinstance(data, dict):
                if (id := id_of(data.get("userId"))) is not None:
                    self._conversation.rename(Me(id, str(data.get("username") or id)))
            case "older_messages":
                self._past.take(message)
            case _:
                self._take_message(message)

    def _take_rooms(self, data: Any, *, answers: bool) -> None:
        if self._client.closed:
            return
        infos = list(rooms_in(data))
        conversation = self._conversation
        named = {info.id for info in infos}
        infos = [
            msgspec.structs.replace(info, joined=info.joined and not self._leaves(info)) for info in infos
        ]
        infos[:0] = [RoomInfo(id=id, name=id, joined=False) for id in list(self._wanted) if id not in named]
        conversation.inform(infos)
        self._past.begin(infos)
        if self._begins and answers and self._keeps_members:  # it may have begun anew
            for info in infos:
                if info.id in self._wanted and not info.joined:
                    self._join(info.id, tells=False)
        self._begins = self._begins and not answers
        self._listed = True
        self._keeps_members = self._keeps_members or any(info.position is not None for info in infos)
        if not self._has_chosen and infos:
            first = next((info for info in infos if info.joined), infos[0])
            self._wanted.add(first.id)
            conversation.choose(first.id)
            self._has_chosen = True
            if not first.joined:
                self.join(first.id)
        self._is_empty = answers and not self._has_chosen
        self._say_trouble()
        for info in infos:
            if info.joined or info.id == conversation.current:
                self._follow_room(info.id)
                if info.position is not None:
                    self._past.fill(info.id, info.position)

    def _leaves(self, info: RoomInfo) -> bool:
        """Whether the user has left a room, which its server does not know yet, or never says."""
        return info.id in self._left and (
            info.position is None or info.id in self._leaving or self._outbox.waits_for("leave_room", info.id)
        )

    def _take_message(self, message: Message) -> None:
        data = message.data
        room = id_of(data.get("roomId")) if isinstance(data, dict) else None
        if room is None:
            return
        if message.offset is None or message.epoch is None:
            offsets = self._offsets.setdefault(room, itertools.count(1))
            id = message.id
            if message.type == "message":
                id = self._outbox.echoed(room, data.get("userId"), data.get("content")) or id
            message = msgspec.structs.replace(message, id=id, epoch=UNNUMBERED, offset=next(offsets))
        if message.type in ("user_joined", "user_left"):
            self._note_move(room, message)
        new = self._conversation.take(room, [message])
        if message.type == "message" and isinstance(message.id, str):
            arrived = self._conversation.of_key(message.id)
            if arrived is not None and arrived.state not in PENDING_STATES:
                self._outbox.arrived(message.id)
        if new:
            self._past.tell(room, Position(str(message.epoch), message.offset or 0), new)

    def _note_move(self, room: str, message: Message) -> None:
        """Want to be where the user is: another chat of theirs may have joined a room, or left it."""
        who = message.data.get("user")
        if isinstance(who, dict) and who.get("id") == self._conversation.me.id:
            if message.type == "user_joined":
                self._wanted.add(room)
                self._left.discard(room)
            else:
                self._wanted.discard(room)
