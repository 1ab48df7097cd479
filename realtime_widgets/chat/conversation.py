"""Conversation: all rooms of one user's chat. Any thread; what happens in it is told to its listeners.

Servers and this program's own words go in (`take`, `say`); messages, rooms, and what has changed since a version come
out. It does no I/O, and its time is passed in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from ..protocol.envelope import Message
from ..runtime.forksafe import renew_after_fork
from ..runtime.listeners import Listeners
from ..streams.gaps import Position
from ..streams.keyed import Keyed
from .events import Grown, event_of
from .message import ChatMessage, MessageState, Said
from .room import Room, RoomInfo
from .timeline import has_place, is_message, message_of

KEEP: Final = 10_000
"""Messages of each room that are kept, besides those that were asked for."""

MAX_ROOMS: Final = 500


class Me(msgspec.Struct, frozen=True):
    """Whose chat it is."""

    id: str
    name: str


class Conversation:
    """The rooms of one user.

    Args:
        me: the user, until the server says who they are.
        clock: gives the time by which typing ends, seconds of a monotonic clock.
        wall: gives the time of what is said here, in seconds since 1970.
        keep: most messages of each room.
    """

    def __init__(
        self, me: Me, clock: Callable[[], float], wall: Callable[[], float], keep: int = KEEP
    ) -> None:
        self.me = me
        self.trouble = ""
        """Why nothing comes or goes; empty: it does."""
        self.over = False
        """Whether nothing ever will again."""
        self.version = 0
        """Of the last change."""
        self._clock = clock
        self._wall = wall
        self._keep = keep
        self._rooms: dict[str, Room] = {}
        self._held: dict[str, ChatMessage] = {}  # what waits for a room
        self._current = ""
        self._listeners = Listeners("a conversation")
        self._lock = threading.RLock()
        renew_after_fork(self, Conversation._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()

    def listen(self, fn: Callable[[], object], /) -> Callable[[], None]:
        """Call `fn()` after every change, on the thread that made it; returns the undo."""
        return self._listeners.add(fn)

    def now(self) -> float:
        """Return the time by which typing ends, in seconds."""
        return self._clock()

    def wall(self) -> float:
        """Return the time that messages have, in seconds since 1970."""
        return self._wall()

    # What comes

    def inform(self, infos: Iterable[RoomInfo]) -> list[str]:
        """Take in the rooms that there are, in their order; returns the ids of those that are new.

        A room that is not named any more goes, unless somebody has it before them.
        """
        with self._lock:
            named: dict[str, Room] = {}
            new = []
            for info in list(infos)[:MAX_ROOMS]:
                room = self._rooms.get(info.id)
                if room is None:
                    room = Room(info, self._keep)
                    new.append(info.id)
                room.inform(info, self.me.id)
                named[info.id] = room
            if self._current and self._current not in named and self._current in self._rooms:
                named[self._current] = self._rooms[self._current]
            self._rooms = named
            self.version += 1
        self._listeners.tell()
        return new

    def add(self, info: RoomInfo) -> None:
        """Take in one room more; one that is there is left as it is."""
        with self._lock:
            if info.id in self._rooms or len(self._rooms) >= MAX_ROOMS:
                return
            self._rooms[info.id] = Room(info, self._keep)
            self.version += 1
        self._listeners.tell()

    def leave(self, room: str) -> None:
        """Note that the user is in a room no more; if it was the chosen one, another that they are in is."""
        with self._lock:
            if (there := self._rooms.get(room)) is None:
                return
            there.joined = False
            there.members.pop(self.me.id, None)
            if self._current == room:
                self._current = next((id for id, each in self._rooms.items() if each.joined), "")
            self.version += 1
        self._listeners.tell()

    def take(
        self, room: str, messages: Iterable[Message], *, past: bool = False, quiet: bool = False
    ) -> list[ChatMessage]:
        """Take in messages of the channels of a room; returns those of people that are new, in their order.

        Args:
            room: its id.
            messages: as they came.
            past: whether they were asked for: who came and went then says nothing of who is there.
            quiet: whether they are older than all that is shown.
        """
        new: list[ChatMessage] = []
        with self._lock:
            there = self._rooms.get(room)
            if there is None:
                return []
            now = self._clock()
            for message in messages:
                event = event_of(message)
                if event is None:
                    continue
                position = None
                if message.epoch is not None and message.offset is not None:
                    position = Position(message.epoch, message.offset)
                item = there.take(event, position, now, self.me.id, past=past, quiet=quiet)
                if item is not None and is_message(item):
                    new.append(message_of(item, room, self.me.id))
            if not quiet:
                self.version += 1
        if not quiet:
            self._listeners.tell()
        return new

    def rename(self, me: Me) -> None:
        """Take in who the user is, as the server says."""
        with self._lock:
            if me == self.me:
                return
            self.me = me
            self.version += 1
        self._listeners.tell()

    def set_trouble(self, why: str, *, over: bool = False) -> None:
        """Say why nothing comes or goes; empty: it does. `over`: nothing ever will again."""
        with self._lock:
            if (why, over) == (self.trouble, self.over):
                return
            self.trouble, self.over = why, over
            self.version += 1
        self._listeners.tell()

    def set_older(self, room: str, there: bool) -> None:
        """Say whether its server has messages older than those here."""
        with self._lock:
            if room in self._rooms:
                self._rooms[room].has_older = there

    # What is said here

    def say(
        self, room: str, key: str, said: Said, state: MessageState, *, by_program: bool = False
    ) -> ChatMessage:
        """Have a message that is on its way, see `Timeline.say`."""
        return self._change(room, lambda there: there.timeline.say(key, said, state, by_program=by_program))

    def hold(self, message: ChatMessage) -> None:
        """Have a message that waits for a room, or for others that do."""
        with self._lock:
            self._held[message.id] = message
            self.version += 1
        self._listeners.tell()

    @property
    def holds(self) -> bool:
        """Whether there is something that waits for a room."""
        return any(each.state != "failed" for each in self._held.values())

    def held(self, id: str) -> ChatMessage | None:
        """Return a message that waits for a room; None: it does not."""
        return self._held.get(id)

    def fail_held(self, why: str) -> None:
        """Note of all that waits for a room that there will be none."""
        with self._lock:
            if all(each.state == "failed" for each in self._held.values()):
                return
            for id, each in self._held.items():
                self._held[id] = msgspec.structs.replace(each, state="failed", error=why)
            self.version += 1
        self._listeners.tell()

    def let_go(self, id: str) -> bool:
        """Have a message wait for a room no more; returns whether it did."""
        with self._lock:
            if self._held.pop(id, None) is None:
                return False
            self.version += 1
        self._listeners.tell()
        return True

    def note(self, room: str, key: str, said: Said, **more: Any) -> ChatMessage:
        """Have a line that only this side sees, such as an error."""
        return self._change(room, lambda there: there.timeline.note(key, said, **more))

    def _change(self, room: str, change: Callable[[Room], Keyed]) -> ChatMessage:
        with self._lock:
            there = self._rooms.get(room)
            if there is None:  # it has gone meanwhile: what is said there is not lost
                there = self._rooms[room] = Room(RoomInfo(id=room, name=room, joined=False), self._keep)
            found = message_of(change(there), room, self.me.id)
            self.version += 1
        self._listeners.tell()
        return found

    def touch(self, room: str, id: str) -> bool:
        """Have a message told of again, for whoever does not know yet that it is here; returns whether it is."""
        with self._lock:
            there = self._rooms.get(room)
            if there is None or not there.timeline.touch(id):
                return False
            self.version += 1
        self._listeners.tell()
        return True

    def settle(self, room: str, key: str, state: MessageState, error: str = "") -> None:
        """Note what becomes of a message that is on its way."""
        with self._lock:
            there = self._rooms.get(room)
            if there is None or not there.timeline.settle(key, state, error):
                return
            self.version += 1
        self._listeners.tell()

    def discard(self, room: str, key: str) -> bool:
        """Remove a message that is on its way, or failed; returns whether there was one."""
        with self._lock:
            there = self._rooms.get(room)
            if there is None or there.timeline.discard(key) is None:
                return False
            self.version += 1
        self._listeners.tell()
        return True

    def grow(self, room: str, event: Grown) -> None:
        """Note how far a message is that is being written here; not seen, where its room has gone."""
        with self._lock:
            if (there := self._rooms.get(room)) is None:
                return
            there.timeline.grow(event, self._clock(), here=True)
            self.version += 1
        self._listeners.tell()

    def choose(self, room: str) -> None:
        """Have a room before one's eyes; empty: none."""
        with self._lock:
            if room == self._current or (room and room not in self._rooms):
                return
            self._current = room
            self.version += 1
        self._listeners.tell()

    def read(self, room: str, place: float | None = None) -> int | None:
        """Note that the user has read a room up to a place; returns the offset of that, None: it is no news.

        Args:
            room: its id.
            place: the newest that was read; None: the newest that there is.
        """
        with self._lock:
            there = self._rooms.get(room)
            if there is None:
                return None
            top = there.timeline.top
            place = top if place is None else min(place, top)
            if not there.see(self.me.id, place):
                return None
            self.version += 1
            offset = there.timeline.offset_of(place)
        self._listeners.tell()
        return offset

    def expire(self) -> None:
        """Forget who has stopped typing without a word."""
        now = self._clock()
        with self._lock:
            if any([room.expire(now) for room in self._rooms.values()]):
                self.version += 1

    def due(self) -> float | None:
        """Return in how many seconds `expire` will have something to do; None: not at all."""
        now = self._clock()
        with self._lock:
            ends = [room.due(now) for room in self._rooms.values()]
        return min((end for end in ends if end is not None), default=None)

    # What there is

    @property
    def current(self) -> str:
        """The id of the room that is chosen; empty: none is."""
        return self._current

    @property
    def lock(self) -> threading.RLock:
        """Held while `rooms` are read."""
        return self._lock

    @property
    def rooms(self) -> dict[str, Room]:
        """The rooms by id, in their order; to be read with the lock held."""
        return self._rooms

    def has_room(self, room: str) -> bool:
        """Whether there is a room."""
        return room in self._rooms

    def messages(self, room: str) -> list[ChatMessage]:
        """Return the messages of a room that are here, the oldest first, and behind them what waits for a room.

        Lines about the room are none.
        """
        with self._lock:
            there = self._rooms.get(room)
            items = [] if there is None else [item for item in there.timeline if is_message(item)]
            held = [message for message in self._held.values() if message.room in ("", room)]
            return [*(message_of(item, room, self.me.id) for item in items), *held]

    def find(self, room: str, id: str) -> ChatMessage | None:
        """Return a message by its id; None: it is not here."""
        with self._lock:
            there = self._rooms.get(room)
            item = None if there is None else there.timeline.find(id)
            return None if item is None or not is_message(item) else message_of(item, room, self.me.id)

    def key_of(self, room: str, id: str) -> str | None:
        """Return by which pages name a message, from its id, or the one that it was sent with; None: it is not here."""
        with self._lock:
            item = self._rooms[room].timeline.find(id) if room in self._rooms else None
            return None if item is None else item.key

    def of_key(self, key: str) -> ChatMessage | None:
        """Return a message as pages name it; None: it is not here."""
        with self._lock:
            for id, room in self._rooms.items():
                item = room.timeline.get(key)
                if item is not None and is_message(item):
                    return message_of(item, id, self.me.id)
        return None

    def position_of(self, room: str, id: str) -> int | None:
        """Return the offset of a message in its channel; None: it has none yet."""
        with self._lock:
            item = self._rooms[room].timeline.find(id) if room in self._rooms else None
            if item is None or not is_message(item) or not has_place(item):
                return None
            return self._rooms[room].timeline.offset_of(item.place) or None

    def unread(self, room: str) -> int:
        """How many messages of a room the user has not read."""
        with self._lock:
            there = self._rooms.get(room)
            return 0 if there is None else there.unread(self.me.id)

    @property
    def total_unread(self) -> int:
        """How many messages of all rooms the user has not read."""
        with self._lock:
            return sum(room.unread(self.me.id) for room in self._rooms.values() if room.joined)

    def typing(self, room: str) -> list[str]:
        """Return the names of the others who type in a room."""
        with self._lock:
            there = self._rooms.get(room)
            return [] if there is None else there.typists.names(self._clock(), besides=self.me.id)
