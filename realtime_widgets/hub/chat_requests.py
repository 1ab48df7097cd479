"""Chat requests of one client: its rights, who speaks, and what is published for it; see `protocol.chat`.

They are handled in their order. A client without a hello follows the rooms of which it is a member without having to
say so; others subscribe to what they want. All of it runs on the I/O thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from asyncio import Future
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from ..errors import RealtimeWidgetsError, shown
from ..protocol.chat import GENERAL, BadChat, channel_of_room, typing_of_room
from ..protocol.chat_publications import User
from ..protocol.chat_requests import (
    DeleteMessage,
    EditMessage,
    GrowMessage,
    JoinRoom,
    JoinRooms,
    LeaveRoom,
    LoadMessages,
    MarkRead,
    OfRoom,
    React,
    SendMessage,
    TypingStart,
    TypingStop,
    read_request,
)
from ..protocol.envelope import new_id
from ..protocol.limits import MAX_NAME_LENGTH
from ..streams.gaps import Position
from .brokers.base import NotKept, OutOfReach
from .brokers.dedup import Key
from .channels import Channels, encode_publication
from .chat import Chat, NoRoom, now
from .chat_list import rooms_list
from .chat_shares import Share
from .chat_speaker import speaker
from .history import Query, page_of
from .requests import Complaint, Request
from .rights import Access, Action
from .turns import Turn

logger = logging.getLogger(__name__)

LIST_PAUSE: Final = (0.1, 1.0)
"""Seconds in which changes of the list of rooms come together, and between two lists that a client is sent."""

MAX_USERS: Final = 20
"""Requests for the list of rooms, of one connection, that are answered again when it changes: the latest of them."""

MAX_REMEMBERED: Final = 10_000
"""Users and rooms that are remembered of one client."""

_NOTHING: Final = msgspec.Raw(b"{}")

Placed = Future[Position] | Future[None]
"""Done when a request is met: with the position of what was published, if that has one that matters."""


class Asker(Protocol):
    """The session of the client."""

    @property
    def said_hello(self) -> bool:
        """Whether the client knows more than the convention of existing ones."""

    def key_for(self, message: Request, channel: str, asked: bytes) -> Key | None:
        """Return the key by which a request is recognized when it comes again; None: it never does."""

    def say(self, type: str, data: Any, id: str | int | None = None) -> None:
        """Send something."""

    def follow_by_itself(self, rooms: Sequence[str]) -> Awaitable[None]:
        """Follow rooms, if the client does not say itself what it follows."""

    def unfollow_by_itself(self, room: str) -> None:
        """Follow a room no more, likewise."""


class ChatRequests:
    """Those of one client.

    Args:
        chat: the rooms.
        channels: of the hub.
        access: what the client may do.
        turn: of the client, with what it asks.
        asker: its session.
        who: it is, as limits know it.
    """

    def __init__(
        self, chat: Chat, channels: Channels, access: Access, turn: Turn, asker: Asker, who: str = ""
    ) -> None:
        self._who = who
        self._chat = chat
        self._channels = channels
        self._access = access
        self._turn = turn
        self._asker = asker
        self._share = Share(access.name, chat.here)
        self._own_ids: set[str] = set()  # of who has said that they are there; a token's name goes before
        self._names: dict[str, str] = {}  # that were said, by ids
        self._inside: set[tuple[str, str, str]] = (
            set()
        )  # rooms, with who was found to be a member, and their names
        self._open: dict[str, tuple[str, int]] = {}
        """Which room users of the convention chose last, and up to where it was noted that they have read it."""
        self._typing: dict[tuple[str, str], User] = {}
        # Who is sent the list of rooms again, by the request that it answers: several may share a connection.
        self._lists_for: dict[str | int | None, User] = {}
        self._listed_at = 0.0
        self._list_timer: asyncio.TimerHandle | None = None
        self._listing: asyncio.Task[None] | None = None
        self._stop_watching: Callable[[], None] | None = None

    async def handle(self, message: Request) -> Placed | None:
        """Meet a request; returns what its answer waits for, None: nothing.

        Raises:
            Complaint: it is not met.
            OutOfReach: it cannot be met now.
        """
        try:
            asked = read_request(message.type, message.data)
        except BadChat as error:
            raise Complaint("bad_request", str(error)) from None
        if len(str(message.id)) > MAX_NAME_LENGTH:
            text = f"the id is too long; send one of up to {MAX_NAME_LENGTH} characters"
            raise Complaint("bad_request", text)
        if isinstance(asked, JoinRooms) and len(self._own_ids) < MAX_USERS:
            self._own_ids.add(asked.user_id)
        user = self._user(asked.user_id, asked.username)
        self._share.speak(user.id)
        if self._stop_watching is None:
            self._stop_watching = self._chat.watch(self._changed)
            await self._channels.position("rooms")
        if isinstance(asked, JoinRooms):
            return await self._join_rooms(message, user)
        return await self._of_room(message, asked, user)

    async def _of_room(self, message: Request, asked: OfRoom, user: User) -> Placed | None:
        room = asked.room_id
        reads = isinstance(asked, JoinRoom | LeaveRoom | MarkRead | LoadMessages)
        self._check("subscribe" if reads else "publish", room)
        about = {"roomId": room, "userId": user.id, "username": user.username, "timestamp": now()}
        match asked:
            case JoinRoom():
                return await self._join(message, asked, user)
            case LeaveRoom():
                return await self._leave(message, room, user)
            case MarkRead():
                return await self._mark(asked, user)
            case LoadMessages():
                return await self._load(message, asked)
            case SendMessage():
                return await self._send(message, asked, user)
            case EditMessage() | DeleteMessage():
                return await self._change(message, asked, user)
            case React():
                more = {"messageId": asked.message_id, "reaction": asked.reaction, "on": asked.on}
                return self._publish(message, "reaction", about | more)
            case TypingStart():
                if len(self._typing) < MAX_REMEMBERED:
                    self._typing[room, user.id] = user
                return self._publish(message, message.type, about, typing=True)
            case TypingStop():
                self._typing.pop((room, user.id), None)
                return self._publish(message, message.type, about, typing=True)
            case GrowMessage():
                more = {"id": asked.id, "content": asked.content}
                return self._publish(message, "message_growing", about | more, typing=True)

    def end(self) -> None:
        """Type no more, and hear of rooms no more; once the client has gone."""
        for (room, _), user in self._typing.items():
            about = {"roomId": room, "userId": user.id, "username": user.username, "timestamp": now()}
            stopped = self._channels.publish(encode_publication(typing_of_room(room), about, "typing_stop"))
            stopped.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._typing.clear()
        self._share.end()
        if self._stop_watching is not None:
            self._stop_watching()
        if self._list_timer is not None:
            self._list_timer.cancel()
        if self._listing is not None:
            self._listing.cancel()

    # Who, and whether they may

    def _user(self, user_id: str, username: str) -> User:
        if username and len(self._names) < MAX_REMEMBERED:
            self._names[user_id] = username
        asked = "" if self._access.name is not None and user_id in self._own_ids else user_id
        user = speaker(self._access.name, asked, username or self._names.get(user_id, ""))
        if user is None:
            raise Complaint("bad_request", 'who asks is not said, and the token names nobody; send "userId"')
        return user

    def _check(self, action: Action, room: str) -> None:
        channel = channel_of_room(room)
        if (wrong := self._access.complaint_about(action, channel)) is not None:
            raise Complaint("forbidden", wrong)
        if action == "publish" and self._channels.policies.of(channel).publish == "hub":
            text = f"in the room {shown(room, 100)} nobody may say anything, as its policy says"
            raise Complaint("forbidden", text)

    def _may_make(self, room: str) -> bool:
        return room == GENERAL or self._access.complaint_about("publish", channel_of_room(room)) is None

    # The list of rooms

    async def _join_rooms(self, message: Request, user: User) -> Placed:
        which = message.id if self._asker.said_hello else None
        self._lists_for.pop(which, None)
        self._lists_for[which] = user
        while len(self._lists_for) > MAX_USERS:
            del self._lists_for[next(iter(self._lists_for))]
        data, inside = await self._list(user)
        try:
            await self._asker.follow_by_itself(inside)
        finally:  # also where these are more rooms than one may follow
            self._asker.say("rooms_list", data, message.id)
            if self._asker.said_hello:
                self._asker.say("identity", {"userId": user.id, "username": user.username}, message.id)
        return _met()

    async def _list(self, user: User) -> tuple[msgspec.Raw, list[str]]:
        self._listed_at = time.monotonic()
        await self._read_open(user)

        def may_follow(channel: str) -> bool:
            return self._access.complaint_about("subscribe", channel) is None

        return await rooms_list(self._chat, self._channels, user.id, may_follow, self._turn)

    async def _read_open(self, user: User) -> None:
        """Note what a user of the convention has read, who never says so: what came into the room that they chose."""
        room, before = self._open.get(user.id, ("", 0))
        if not room:
            return
        there = await self._channels.position(channel_of_room(room))
        if there.offset == before:
            return
        self._say_read(room, user, there.offset)
        with contextlib.suppress(NotKept):  # the next list notes it
            await self._chat.mark(room, user.id, there)
            if self._open.get(user.id) == (room, before):
                self._open[user.id] = room, there.offset

    def _changed(self) -> None:
        self._inside.clear()
        if self._lists_for and self._list_timer is None:
            least, most = LIST_PAUSE
            wait = max(least, self._listed_at + most - time.monotonic())
            self._list_timer = asyncio.get_running_loop().call_later(wait, self._list_again)

    def _list_again(self) -> None:
        if self._listing is not None:  # it goes on; what it says may be old
            self._list_timer = asyncio.get_running_loop().call_later(LIST_PAUSE[0], self._list_again)
            return
        self._list_timer = None
        self._listing = asyncio.create_task(self._say_list())

    async def _say_list(self) -> None:
        try:
            lists: dict[str, msgspec.Raw] = {}
            for id, user in list(self._lists_for.items()):
                if user.id not in lists:
                    lists[user.id], _ = await self._list(user)
                self._asker.say("rooms_list", lists[user.id], id)
        except OutOfReach:
            pass  # the next change tells
        except Exception:
            logger.exception("a client is not told which rooms there are")
        finally:
            self._listing = None

    # Members

    async def _join(self, message: Request, asked: JoinRoom, user: User) -> Placed:
        room = asked.room_id
        await self._read_open(user)  # before they look at another
        there = await self._channels.position(channel_of_room(room))
        new = await self._enter(room, user, asked.name, there)
        if not self._asker.said_hello and (user.id in self._open or len(self._open) < MAX_REMEMBERED):
            self._open[user.id] = room, there.offset
        placed: Placed = _met()
        try:
            await self._asker.follow_by_itself([room])
        finally:
            if there.offset:
                self._say_read(room, user, there.offset)
            if new:
                placed = self._come_or_go(message, "user_joined", room, user)
        return placed

    async def _enter(self, room: str, user: User, name: str = "", read: Position | None = None) -> bool:
        try:
            new = await self._chat.enter(
                room, user, name, make=self._may_make(room), read=read, by=self._share
            )
        except NoRoom as error:
            raise Complaint("no_room", str(error)) from None
        if len(self._inside) < MAX_REMEMBERED:
            self._inside.add((room, user.id, user.username))
        return new

    async def _leave(self, message: Request, room: str, user: User) -> Placed:
        gone = await self._chat.leave(room, user.id)
        if self._open.get(user.id, ("", 0))[0] == room:
            del self._open[user.id]
        self._inside.clear()
        if gone is None:
            return _met()
        placed = self._come_or_go(message, "user_left", room, User(id=user.id, username=gone.name))
        await asyncio.wait({placed})
        self._asker.unfollow_by_itself(room)
        return placed

    def _come_or_go(self, message: Request, type: str, room: str, user: User) -> Future[Position]:
        about = {"roomId": room, "user": {"id": user.id, "username": user.username}, "timestamp": now()}
        return self._publish(message, type, about)

    async def _mark(self, asked: MarkRead, user: User) -> Placed:
        room = asked.room_id
        if user.id not in await self._chat.members(room):
            raise Complaint(
                "no_room", f"who is no member of {shown(room, 100)} has read nothing there; join it first"
            )
        there = await self._channels.position(channel_of_room(room))
        offset = min(asked.offset, there.offset)
        self._say_read(room, user, offset)
        return self._chat.mark(room, user.id, Position(there.epoch, offset))

    def _say_read(self, room: str, user: User, offset: int) -> None:
        data = {"roomId": room, "userId": user.id, "offset": offset}
        told = self._channels.publish(encode_publication(typing_of_room(room), data, "read"))
        told.add_done_callback(lambda done: done.cancelled() or done.exception())

    # Messages

    async def _load(self, message: Request, asked: LoadMessages) -> Placed:
        channel = channel_of_room(asked.room_id)
        there = await self._channels.position(channel)
        query = Query(Position(there.epoch, min(asked.before, there.offset + 1)), asked.limit, reverse=True)
        page = await page_of(self._channels, channel, query, self._turn)
        self._asker.say("older_messages", msgspec.Raw(b"".join(page)), message.id)
        return _met()

    async def _send(self, message: Request, asked: SendMessage, user: User) -> Placed:
        room = asked.room_id
        inside = (room, user.id, user.username) in self._inside
        if not inside and await self._enter(room, user):
            self._come_or_go(Request("join_room"), "user_joined", room, user)
        metadata = bytes(memoryview(asked.metadata))
        data = {
            "id": new_id(),
            "roomId": room,
            "userId": user.id,
            "username": user.username,
            "content": asked.content,
            "timestamp": now(),
            "type": asked.type,
            "metadata": _NOTHING if metadata == b"null" else asked.metadata,
        }
        return self._publish(message, "message", data)

    async def _change(self, message: Request, asked: EditMessage | DeleteMessage, user: User) -> Placed:
        room = asked.room_id
        original = await self._chat.message_at(room, asked.offset, asked.message_id)
        if original is None:
            text = (
                f"there is no message {shown(asked.message_id, 80)} at {asked.offset} of {shown(room, 100)}"
            )
            raise Complaint("not_found", f"{text}, or not any more")
        if original.user_id != user.id:
            raise Complaint("forbidden", "only who has said something may change it")
        about = {"roomId": room, "messageId": original.id, "userId": user.id, "timestamp": now()}
        if isinstance(asked, EditMessage):
            return self._publish(message, "message_edited", about | {"content": asked.content})
        placed = self._publish(message, "message_deleted", about)
        if placed.done():
            self._forget(room, placed, original.metadata or {})
        else:
            placed.add_done_callback(lambda done: self._forget(room, done, original.metadata or {}))
        return placed

    def _forget(self, room: str, placed: Future[Position], metadata: dict[str, Any]) -> None:
        if not placed.cancelled() and placed.exception() is None:
            self._chat.forgotten(room, self._who, metadata)

    def _publish(
        self, message: Request, type: str, data: dict[str, Any], *, typing: bool = False
    ) -> Future[Position]:
        """Publish what a request asks for, under the id of its envelope."""
        room = data["roomId"]
        channel = typing_of_room(room) if typing else channel_of_room(room)
        try:
            publication = encode_publication(channel, data, type)
        except RealtimeWidgetsError as error:
            raise Complaint("bad_data", str(error)) from error
        key = None
        if message.id is not None:
            publication.id = message.id  # so that its sender recognizes it
            if not typing:
                key = self._asker.key_for(message, channel, f"{message.type} ".encode() + bytes(message.data))
        message.data = _NOTHING  # or all of its frame would be kept for as long as it is on its way
        return self._channels.publish(publication, key)


def _met() -> Future[None]:
    """Return what is done already."""
    done: Future[None] = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done
