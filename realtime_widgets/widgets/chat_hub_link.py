"""HubLink: a chat's way to a server: it says on every connection who is there, follows rooms, and sends each word once.

What is said waits here until the server has it: over cuts of any length, in its order, and with one id, by which the
server knows it when it comes again. Servers that know only the convention of existing ones are served, too: what they
send has no numbers, and no word of ours is acknowledged.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ..chat.conversation import Conversation, Me
from ..chat.message import ChatMessage, MessageState, Said, id_of
from ..chat.room import RoomInfo, rooms_in
from ..chat.timeline import PENDING
from ..client import Client
from ..client.sansio.delivery import Delivery
from ..errors import ConnectionLost, RealtimeWidgetsError
from ..protocol.chat import CHAT, TYPING, channel_of_room, room_of, typing_of_room
from ..protocol.envelope import Message, new_id
from ..runtime import get_runtime
from ..runtime.forksafe import renew_after_fork
from ..streams import Stream
from ..streams.gaps import Gap, Position
from .chat_attachments import Attachment
from .chat_files import ChatFiles
from .chat_link import Arrived, described, with_file

RECENT: Final = 50
"""Messages of each room to begin with."""

PAGE: Final = 60
"""Messages that are asked for at a time."""

ANSWER_TIMEOUT: Final = 10.0
"""Seconds after which a question for messages of the past is given up."""

ANSWERS: Final = ("rooms_list", "identity", "older_messages")
"""Types of messages that answer: what others were answered before is of no interest."""

ASKS_FOR_ROOMS: Final = "rooms-"
"""How the ids begin with which chats ask for the list of rooms, which is another for each user."""

PLAIN: Final = ("message", "typing_start", "typing_stop", "user_joined", "user_left")
"""Types of messages that servers send which know no channels."""

MAX_GAPS: Final = 100
"""Gaps that are remembered, or they would be said again."""

MAX_EARLY: Final = 1000
"""Messages that wait for it to be known whether they are news."""

UNNUMBERED: Final = "-"
"""The epoch of messages of servers that do not number them."""


@dataclass(slots=True)
class _Waiting:
    """A message until the server has it."""

    room: str
    data: dict[str, Any]
    delivery: Delivery | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class _Question:
    """A question for messages of the past; `fills`: they are the first that are shown of a room."""

    room: str
    done: Callable[[bool], object]
    fills: bool = False


@dataclass(slots=True)
class _Upload:
    """A file until the hub has it; its state: `waits`, `goes`, `failed`."""

    room: str
    said: Said
    attachment: Attachment
    state: str = "waits"


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
        self._files = files
        self._uploads: OrderedDict[str, _Upload] = OrderedDict()
        self._client = client
        self._conversation = conversation
        self._arrived = arrived
        self._wanted = room
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._lock = threading.Lock()  # of what waits
        renew_after_fork(self, HubLink._renew_lock)
        self._streams: dict[str, tuple[Stream, int]] = {}  # by channel, with how far each was read
        self._begun: dict[str, int] | None = None  # rooms, and offsets from which on what comes is new
        self._early: list[tuple[int, list[ChatMessage]]] = []  # what came before that was known
        self._offsets: dict[str, Iterator[int]] = {}
        self._unanswered: dict[
            str, dict[str, str]
        ] = {}  # texts by room and id, of servers that acknowledge nothing
        self._asked: dict[str, _Question] = {}  # by their ids
        self._filled: set[str] = set()  # rooms whose newest messages were asked for
        self._filling: set[str] = set()  # rooms of which some were asked for, and have not come yet
        self._gaps: deque[Gap] = deque(maxlen=MAX_GAPS)  # that were said
        self._question = ""  # the id with which the list of rooms was asked for on this connection
        self._connected = False
        self._closed = False
        self._undo: list[Callable[[], None]] = []
        if room:
            conversation.inform([RoomInfo(id=room, name=room)])
            conversation.choose(room)
        for type in (*ANSWERS, *PLAIN):
            self._follow(type, asks=False)
        self._undo.append(client.listen(self._look_at_state))
        get_runtime().call_soon(self._look_at_state)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    @property
    def stream(self) -> Stream:
        """One that says where the connection stands."""
        return self._streams["rooms_list"][0]

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
        with self._lock:
            if key in self._waiting or found.state not in ("sending", "queued", "growing", "stopped"):
                return found
            self._waiting[key] = _Waiting(room, data)
        get_runtime().call_soon(self._send, key)
        return found

    def attach(
        self, room: str, key: str, said: Said, attachment: Attachment, *, by_program: bool = False
    ) -> ChatMessage:
        """See `ChatLink.attach`."""
        said = with_file(said, described(attachment))
        state: MessageState = "sending" if self._client.state == "connected" else "queued"
        found = self._conversation.say(room, key, said, state, by_program=by_program)
        with self._lock:
            if key in self._uploads or key in self._waiting:
                return found
            self._uploads[key] = _Upload(room, said, attachment)
        get_runtime().call_soon(self._start_upload, key)
        return found

    def _start_upload(self, key: str) -> None:
        with self._lock:
            upload = self._uploads.get(key)
            if upload is None or upload.state != "waits" or not self._connected:
                return
            upload.state = "goes"
        get_runtime().call_apart(self._upload, key, upload)

    def _upload(self, key: str, upload: _Upload) -> None:
        """Have the hub keep a file, and then send its message; on a thread of its own."""
        try:
            about = self._client.upload_file(upload.room, upload.attachment.name, upload.attachment.body)
        except ConnectionLost:
            upload.state = "waits"  # until there is a connection
            get_runtime().call_later(1.0, self._start_upload, key)
        except RealtimeWidgetsError as error:
            upload.state = "failed"
            self._conversation.settle(upload.room, key, "failed", str(error))
        else:
            with self._lock:
                if self._uploads.pop(key, None) is None:
                    return  # it was discarded
            self._files.put(str(about.get("url")), upload.attachment.body)
            self.say(upload.room, key, with_file(upload.said, about))

    def download(self, url: str) -> bytes:
        """See `ChatLink.download`."""
        return self._client.download_file(url)

    def ask(self, room: str, type: str, data: Mapping[str, Any], *, volatile: bool = False) -> bool:
        """See `ChatLink.ask`."""
        if self._closed or (volatile and self._client.state != "connected"):
            return False
        return self._client.send(type, {"roomId": room, **data}, volatile=volatile).state != "failed"

    def join(self, room: str) -> None:
        """See `ChatLink.join`."""
        me = self._conversation.me
        if not self._conversation.has_room(room):
            with self._conversation.lock:
                known = [_info_of(each) for each in self._conversation.rooms.values()]
            self._conversation.inform([*known, RoomInfo(id=room, name=room)])
        self._client.send("join_room", {"roomId": room, "userId": me.id, "username": me.name})
        get_runtime().call_soon(self._follow_room, room)

    def leave(self, room: str) -> None:
        """See `ChatLink.leave`."""
        me = self._conversation.me
        self._client.send("leave_room", {"roomId": room, "userId": me.id, "username": me.name})
        self._filled.discard(room)
        for channel in (channel_of_room(room), typing_of_room(room)):
            self._streams.pop(channel, None)

    def retry(self, room: str, key: str) -> None:
        """See `ChatLink.retry`."""
        with self._lock:
            waiting, upload = self._waiting.get(key), self._uploads.get(key)
            if upload is not None and upload.state == "failed":
                upload.state = "waits"
            elif waiting is not None and waiting.failed:
                waiting.failed, waiting.delivery = False, None
            else:
                return
        self._conversation.settle(room, key, "sending" if self._connected else "queued")
        get_runtime().call_soon(self._send, key)
        get_runtime().call_soon(self._start_upload, key)

    def forget(self, key: str) -> None:
        """See `ChatLink.forget`."""
        with self._lock:
            self._waiting.pop(key, None)
            self._uploads.pop(key, None)

    def older(self, room: str, before: float, done: Callable[[bool], object]) -> None:
        """See `ChatLink.older`."""
        with self._conversation.lock:
            there = self._conversation.rooms.get(room)
            first = None if there is None else next(iter(there.timeline), None)
            offset = 0 if there is None or first is None else there.timeline.offset_of(first.place)
        if offset <= 1 or not self._connected:
            done(offset > 1)
            return
        self._load(room, offset, PAGE, _Question(room, done))

    def _load(self, room: str, before: int, limit: int, question: _Question) -> None:
        """Ask for messages before an offset."""
        id = new_id()
        self._asked[id] = question
        data = {"roomId": room, "before": before, "limit": limit, "userId": self._conversation.me.id}
        asked = self._client.send("load_messages", data, id=id)
        asked.on_done(lambda: get_runtime().call_later(ANSWER_TIMEOUT, self._give_up, id))

    def _give_up(self, id: str) -> None:
        question = self._asked.pop(id, None)
        if question is not None:
            question.done(True)

    def close(self) -> None:
        """See `ChatLink.close`."""
        self._closed = True
        for undo in self._undo:
            undo()
        self._undo.clear()
        self._streams.clear()

    # The connection

    def _look_at_state(self) -> None:
        """Say who is there on every new connection, and send what waits."""
        up = self._client.state == "connected"
        before, self._connected = self._connected, up
        if self._closed or up == before:
            return
        with self._lock:
            waiting = list(self._waiting.items())
            uploads = list(self._uploads.items())
        pending = [(key, each.room) for key, each in waiting if not each.failed]
        pending += [(key, each.room) for key, each in uploads if each.state != "failed"]
        for key, room in pending:
            self._conversation.settle(room, key, "sending" if up else "queued")
        if not up:
            return
        for id in list(self._asked):  # on the link before, which was cut
            self._give_up(id)
        me = self._conversation.me
        who = {"userId": me.id, "username": me.name}
        self._question = f"{ASKS_FOR_ROOMS}{new_id()}"
        self._client.send("join_rooms", who, id=self._question)
        if self._wanted:
            self._client.send("join_room", {"roomId": self._wanted, **who})
            self._follow_room(self._wanted)
        for key, each in waiting:
            if each.delivery is None:
                self._send(key)
        for key, _ in uploads:
            self._start_upload(key)

    def _send(self, key: str) -> None:
        with self._lock:
            waiting = self._waiting.get(key)
            if waiting is None or waiting.delivery is not None or waiting.failed or not self._connected:
                return
            delivery = self._client.send("send_message", waiting.data, id=key)
            waiting.delivery = delivery
        delivery.on_done(lambda: get_runtime().call_soon(self._done, key, delivery))

    def _done(self, key: str, delivery: Delivery) -> None:
        """Note what became of a message."""
        with self._lock:
            waiting = self._waiting.get(key)
            if waiting is None or delivery is not waiting.delivery:
                return
            if delivery.state == "failed" and delivery.refused:
                waiting.failed = True
            elif delivery.state == "failed":
                waiting.delivery = None  # it goes out again on the next connection, or on this one
            else:
                del self._waiting[key]
                if delivery.state == "sent":  # the server acknowledges nothing, and may not know the id again
                    self._unanswered.setdefault(waiting.room, {})[key] = str(waiting.data["content"])
        if delivery.refused:
            self._conversation.settle(waiting.room, key, "failed", _why(delivery))
        elif delivery.state == "failed" and self._connected:
            get_runtime().call_later(1.0, self._send, key)

    # What comes

    def _follow(self, channel: str, *, recent: int = 0, asks: bool = True) -> None:
        if channel in self._streams or self._closed:
            return
        passing = channel in ANSWERS or channel.startswith(TYPING)
        stream = self._client.message_stream(channel, recent=recent, asks=asks, passing=passing)
        self._streams[channel] = stream, stream.last_seq if channel in ANSWERS else 0
        self._undo.append(stream.listen(lambda: self._read(channel)))
        get_runtime().call_soon(self._read, channel)

    def _follow_room(self, room: str) -> None:
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
                self._take_rooms(data)
            case "identity" if isinstance(data, dict):
                if (id := id_of(data.get("userId"))) is not None:
                    self._conversation.rename(Me(id, str(data.get("username") or id)))
            case "older_messages":
                self._take_older(message)
            case _:
                self._take_message(message)

    def _take_rooms(self, data: Any) -> None:
        infos = list(rooms_in(data))
        conversation = self._conversation
        if self._wanted and all(info.id != self._wanted for info in infos):
            infos.insert(0, RoomInfo(id=self._wanted, name=self._wanted))
        begun = {info.id: info.position.offset for info in infos if info.position is not None}
        self._begun = begun | (self._begun or {})
        conversation.inform(infos)
        if not conversation.current and infos:
            first = next((info for info in infos if info.joined), infos[0])
            conversation.choose(first.id)
            if not first.joined:
                self.join(first.id)
        for info in infos:
            if info.joined or info.id == conversation.current:
                self._follow_room(info.id)
                if info.position is not None:
                    self._fill(info.id, info.position)
        early, self._early = self._early, []
        for offset, messages in early:
            self._tell(messages[0].room, offset, messages)

    def _fill(self, room: str, there: Position) -> None:
        """Ask for what is missing of a room: its newest messages, and all since it was first heard of.

        Only who asks for a channel first is sent its past, and no more than the newest, for as long as nothing of it
        has arrived: links may be cut before that.

        Args:
            room: its id.
            there: the position of its channel, as the server has it.
        """
        if room in self._filling:
            return
        with self._conversation.lock:
            timeline = self._conversation.rooms[room].timeline
            first = next((item for item in timeline if item.place < PENDING), None)
            before = there.offset + 1 if first is None else timeline.offset_of(first.place)
            newest = RECENT - len(timeline)
        since = before - 1 - (self._begun or {}).get(room, 0)
        missing = max(since, newest if room not in self._filled else 0)
        self._filled.add(room)
        if missing > 0 and before > 1:
            self._filling.add(room)

            def done(_: bool) -> None:
                self._filling.discard(room)
                if since > PAGE and self._connected:
                    self._fill(room, there)

            self._load(room, before, min(missing, PAGE), _Question(room, done, fills=True))

    def _take_message(self, message: Message) -> None:
        data = message.data
        room = id_of(data.get("roomId")) if isinstance(data, dict) else None
        if room is None:
            return
        if message.offset is None or message.epoch is None:
            offsets = self._offsets.setdefault(room, itertools.count(1))
            message = msgspec.structs.replace(
                message, id=self._echoed(room, message), epoch=UNNUMBERED, offset=next(offsets)
            )
        if message.type == "message" and isinstance(message.id, str):
            with self._lock:
                self._waiting.pop(message.id, None)  # it is there, whatever becomes of its acknowledgement
        new = self._conversation.take(room, [message])
        if new:
            self._tell(room, message.offset or 0, new)

    def _echoed(self, room: str, message: Message) -> str | int | None:
        """Return the id with which a message was sent from here, where the server gave it one of its own."""
        if message.type == "message" and message.data.get("userId") == self._conversation.me.id:
            for key, text in self._unanswered.get(room, {}).items():
                if text == message.data.get("content"):
                    del self._unanswered[room][key]
                    return key
        return message.id

    def _tell(self, room: str, offset: int, messages: list[ChatMessage]) -> None:
        """Tell of messages, but for those of the past: the list of rooms says where each began."""
        if self._begun is None and len(self._early) < MAX_EARLY:
            self._early.append((offset, messages))
        elif self._begun is None or offset > self._begun.get(room, 0):
            self._arrived(messages)

    def _take_older(self, message: Message) -> None:
        question = self._asked.pop(str(message.id), None)
        data = message.data
        if question is None or not isinstance(data, dict):
            return
        room = question.room
        older = []
        for each in data.get("messages") or ():
            try:
                older.append(msgspec.convert(each, Message))
            except msgspec.ValidationError:
                continue
        older.reverse()  # the newest came first
        new = self._conversation.take(room, older, quiet=not question.fills)
        if question.fills:
            begun = (self._begun or {}).get(room, 0)
            offsets = {(m.data or {}).get("id"): m.offset or 0 for m in older if m.type == "message"}
            self._arrived([each for each in new if offsets.get(each.id, 0) > begun])
        more = data.get("more") is True
        self._conversation.set_older(room, more)
        question.done(more)


def _info_of(room: Any) -> RoomInfo:
    return RoomInfo(id=room.id, name=room.name, joined=room.joined, members=room.members)


def _why(delivery: Delivery) -> str:
    return str(delivery.error or "").rpartition("the server turned it down: ")[2]
