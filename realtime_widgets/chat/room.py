"""Room: one room of a chat: its timeline, who is in it, who types, how far each has read, what is not read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from ..streams.gaps import Position
from ..streams.keyed import Keyed
from .events import Changed, Event, Grown, Moved, Posted, Reacted, Seen, Typed
from .message import Said, id_of, name_of, said_of
from .timeline import PENDING, Timeline, is_message, is_own
from .typists import Typists

MAX_UNREAD: Final = 1000
"""Unread messages that are counted."""


class RoomInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a server says of a room.

    Attributes:
        id: its id.
        name: that is shown.
        joined: whether the user is in it.
        members: names of those who are, by their ids.
        reads: offsets up to which they have read, by their ids.
        unread: messages that the user has not read, as the server counts them.
        position: of its channel; None: not said.
        last: its newest message; None: there is none, or it was not said.
    """

    id: str
    name: str
    joined: bool = True
    members: dict[str, str] = {}
    reads: dict[str, int] = {}
    unread: int = 0
    position: Position | None = None
    last: Said | None = None


class Room:
    """One room.

    Args:
        info: what is known of it first.
        keep: most messages kept.
    """

    def __init__(self, info: RoomInfo, keep: int) -> None:
        self.id = info.id
        self.name = info.name
        self.joined = info.joined
        self.members: dict[str, str] = {}
        self.timeline = Timeline(info.id, keep)
        self.typists = Typists()
        self.has_older = False
        """Whether its server may have messages older than those here."""
        self._reads: dict[str, float] = {}  # places up to which users have read
        self._server_unread = 0  # of what is not here
        self._counted_to = 0.0  # the place up to which its server has counted
        self._last: Said | None = None  # where there are no messages here

    def inform(self, info: RoomInfo, me: str) -> None:
        """Take in what the server says of it."""
        self.name, self.joined = info.name, info.joined
        self.members = dict(info.members)
        self._last = info.last
        if info.position is None:
            self._server_unread = max(0, info.unread - self._counted(me))
            return
        for user, offset in info.reads.items():
            self.see(user, self.timeline.place_of(Position(info.position.epoch, offset)))
        there = self.timeline.place_of(info.position)
        known = self._counted(me, up_to=there)
        self._server_unread = max(0, info.unread - known)
        self._counted_to = there
        first = self.timeline.first
        self.has_older = self.has_older or (info.position.offset > 0 and (first is None or first.place > 1))

    def take(
        self,
        event: Event,
        position: Position | None,
        now: float,
        me: str,
        *,
        past: bool = False,
        quiet: bool = False,
    ) -> Keyed | None:
        """Take in an event; returns the item of a message, or of a line, that is new.

        Args:
            event: what happened.
            position: in the room's channel; None: it is of the channel of which nothing is kept.
            now: seconds of a monotonic clock.
            me: the id of the user.
            past: whether it was asked for.
            quiet: whether it is older than all that is shown.
        """
        match event:
            case Typed():
                (
                    self.typists.start(event.user, event.name, now)
                    if event.on
                    else self.typists.stop(event.user)
                )
            case Grown():
                self.typists.stop(event.user)
                self.timeline.grow(event, now)
            case Seen() if event.offset >= 0:
                self.see(
                    event.user, self.timeline.top - self.timeline.offset_of(self.timeline.top) + event.offset
                )
            case _ if position is None:
                pass
            case Posted():
                if not past:
                    self.typists.stop(event.said.user)
                item = self.timeline.post(event, position, me=me, quiet=quiet)
                if item is not None:
                    self._server_unread -= self._was_counted(item, me)  # it is counted here from now on
                    self.see(event.said.user, item.place)
                return item
            case Moved():
                item = self.timeline.move(event, position, quiet=quiet)
                if item is not None and not past:
                    self._move(event, me)
                return item
            case Changed() | Reacted():
                if self.timeline.amend(event, position) and isinstance(event, Changed) and event.text is None:
                    self._note_deletion(event, self.timeline.place_of(position), me)
        return None

    def _note_deletion(self, event: Changed, place: float, me: str) -> None:
        """Take back that a message was counted here in place of its server, which knew that it was deleted."""
        item = self.timeline.find(event.id)
        if item is not None and item.fields["said"].user == event.user and place <= self._counted_to:
            self._server_unread += self.read_by(me) < item.place and would_count(item, me)

    def _was_counted(self, item: Keyed, me: str) -> bool:
        """Whether a message that was not here is among those that its server has counted as unread."""
        said: Said = item.fields["said"]
        deleted = item.fields["amended"].deletions.get(said.user)
        return (
            self.read_by(me) < item.place <= self._counted_to
            and would_count(item, me)
            and (deleted is None or deleted > self._counted_to)
        )

    def _move(self, event: Moved, me: str) -> None:
        if event.user == me:
            self.joined = event.joined
        if event.joined:
            self.members[event.user] = event.name
        else:
            self.members.pop(event.user, None)
            self.typists.stop(event.user)

    # What is read

    def see(self, user: str, place: float) -> bool:
        """Note that a user has read all up to a place; returns whether that is news."""
        place = min(place, PENDING - 1)
        if place <= self._reads.get(user, 0.0):
            return False
        self._reads[user] = place
        return True

    def read_by(self, user: str) -> float:
        """Return the place up to which a user has read; 0: nothing."""
        return self._reads.get(user, 0.0)

    def reads(self, besides: str) -> list[tuple[str, float]]:
        """Return names of the others, and the places up to which they have read."""
        return [
            (self.members.get(user, user), place) for user, place in self._reads.items() if user != besides
        ]

    def unread(self, me: str) -> int:
        """How many messages of others the user has not read, up to `MAX_UNREAD`."""
        first = self.timeline.first
        older = self._server_unread if first is None or self.read_by(me) < first.place else 0
        return min(MAX_UNREAD, max(0, self._counted(me) + older))

    def _counted(self, me: str, up_to: float = PENDING) -> int:
        read, count = self.read_by(me), 0
        for item in reversed(self.timeline):
            if item.place <= read or count >= MAX_UNREAD:
                break
            count += item.place <= up_to and counts_as_unread(item, me)
        return count

    # What is there

    @property
    def last(self) -> Keyed | Said | None:
        """The newest message: the item, or as the server told of it; None: there is none."""
        for item in reversed(self.timeline):
            if is_message(item):
                return item
        return self._last

    def expire(self, now: float) -> bool:
        """Forget what is over; returns whether anything was."""
        typing, growing = self.typists.expire(now), self.timeline.expire(now)
        return typing or growing

    def due(self, now: float) -> float | None:
        """Return in how many seconds something will be over; None: nothing will."""
        ends = (self.typists.due(now), self.timeline.due(now))
        return min((end for end in ends if end is not None), default=None)


def counts_as_unread(item: Keyed, me: str) -> bool:
    """Whether a message is one that the user would want to read."""
    said: Said = item.fields["said"]
    return would_count(item, me) and not item.fields["amended"].is_deleted_by(said.user)


def would_count(item: Keyed, me: str) -> bool:
    """Whether it is one unless it is deleted: neither their own, nor a line about the room."""
    said: Said = item.fields["said"]
    return is_message(item) and item.place < PENDING and said.type != "system" and not is_own(item, me)


def rooms_in(data: Any) -> Iterable[RoomInfo]:
    """Return the rooms of a `rooms_list`; what says nothing that is known is left out."""
    for each in data if isinstance(data, list) else []:
        if not isinstance(each, Mapping) or (id := id_of(each.get("id"))) is None:
            continue
        members, reads = {}, {}
        those = each.get("participants")
        for one in those if isinstance(those, list) else []:
            user = id_of(one.get("id")) if isinstance(one, Mapping) else id_of(one)
            if user is None:
                continue
            members[user] = name_of(one.get("username"), user) if isinstance(one, Mapping) else user
            if isinstance(one, Mapping) and isinstance(offset := one.get("read"), int):
                reads[user] = offset
        position = None
        epoch, offset = each.get("epoch"), each.get("offset")
        if isinstance(epoch, str) and isinstance(offset, int) and offset >= 0:
            position = Position(epoch, offset)
        unread = each.get("unreadCount")
        yield RoomInfo(
            id=id,
            name=name_of(each.get("name"), id),
            joined=each.get("member") is not False,
            members=members,
            reads=reads,
            unread=unread if isinstance(unread, int) and not isinstance(unread, bool) and unread > 0 else 0,
            position=position,
            last=said_of(each.get("lastMessage"), 0.0),
        )
