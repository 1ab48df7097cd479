"""Timeline: the messages of one room in the order of its channel, with what became of them since.

Each has a *place*: its offset in the channel, behind all that had another epoch before. What was said here and has not
come back yet, and what is still being written, has a place behind all of these; when it comes it takes its own, and
keeps its key, so that whoever shows it sees it stay. Keys are one of a kind in all rooms: what was said here goes by
the id that it was sent with, which nobody else has chosen, and what others say by their id and the room.

    said here ── its echo ──> at its place
       │  └── refused ──> failed ── said again ──> …      grown ── its end ──> at its place
       └── discarded ──> gone                               └── nothing more of it ──> stopped

Whatever order events come in, and however often, the timeline is the same in the end: a message is known by its id, one
that grows ends once, and see `amendments`. Pure.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final

from ..streams.gaps import Position
from ..streams.keyed import Changes, Keyed, KeyedRecords
from .amendments import Amendments, Waiting
from .events import Changed, Grown, Moved, Posted, Reacted
from .message import ChatMessage, MessageState, Said, file_of

PENDING: Final = 1e12
"""The place of the first message that has none yet."""

MAX_KEPT: Final = 50_000
"""Messages of a room, with all that were asked for besides the newest."""

GROWING_TIMEOUT: Final = 30.0
"""Seconds without news after which nobody goes on writing a message."""

MAX_GROWING: Final = 50
"""Messages of others that grow at a time, and"""
MAX_GROWING_OF_ONE: Final = 5
"""of one of them: of more the oldest is forgotten, which comes with its end."""

MAX_ENDED: Final = 1_000
"""Ends that are remembered, so that what is told late of a message does not make it grow again."""

PENDING_STATES: Final = frozenset({"queued", "sending", "failed", "growing"})


class Timeline:
    """The messages of a room.

    Args:
        room: its id.
        keep: most messages kept, besides those that were asked for; what is on its way is kept longer.
    """

    def __init__(self, room: str, keep: int) -> None:
        self.room = room
        self._records = KeyedRecords(keep, spare=_waits_here)
        self._bases: dict[str, float] = {}  # of each epoch, what its offsets are added to
        self.trimmed = False
        """Whether older ones were here, and were forgotten for newer ones."""
        self._top = 0.0
        self._keys: dict[str, str] = {}  # of messages, by id
        self._ended: OrderedDict[tuple[str, str], None] = (
            OrderedDict()
        )  # ids of others that grew, with their authors
        self._waiting = Waiting()
        self._pending = 0
        self._latest = 0.0  # place of the newest that has none in the channel

    @property
    def first(self) -> Keyed | None:
        """The oldest item that has a place in the channel; None: there is none."""
        return next((item for item in self if has_place(item)), None)

    @property
    def version(self) -> int:
        """Of the last change."""
        return self._records.version

    @property
    def top(self) -> float:
        """The place of the newest event of the channel; 0: there is none."""
        return self._top

    @property
    def position(self) -> Position | None:
        """The newest position of the channel that is known; None: there is none."""
        epoch = next(reversed(self._bases), None)
        return None if epoch is None else Position(epoch, self.offset_of(self._top))

    def place_of(self, position: Position) -> float:
        """Return the place of a position in the channel."""
        base = self._bases.get(position.epoch)
        if base is None:
            base = self._bases[position.epoch] = self._top if self._bases else 0.0
        return base + position.offset

    def offset_of(self, place: float) -> int:
        """Return the offset that a place has under the newest epoch; 0: it is older."""
        base = next(reversed(self._bases.values()), 0.0)
        return max(0, int(place - base))

    # What comes

    def post(self, event: Posted, position: Position, *, me: str = "", quiet: bool = False) -> Keyed | None:
        """Take in a message; returns its item, None: it is known.

        Args:
            event: the message.
            position: in the channel.
            me: the id of the user.
            quiet: whether it is one of those that were asked for: then it is no change.
        """
        place = self._reach(position)
        said = event.said
        if said.id in self._keys:
            return None
        pending = None if event.client is None else self._pending_of(event.client, said, me)
        if event.client is not None:
            self._end(event.client, said.user)
        key = self._key(said.id) if pending is None else pending.key
        self._keys[said.id] = key
        fields = {"said": said, "amended": self._waiting.pop(said.id), "kind": "message"}
        item = self._records.put(
            key, fields, said.ts, state={"state": "sent", "error": ""}, place=place, quiet=quiet
        )
        self._trim(loaded=quiet)
        return item

    def _pending_of(self, client: str, said: Said, me: str) -> Keyed | None:
        """Return what is on its way, grows, or was acknowledged, and has arrived with a message."""
        for key in (client, self._grown_key(client)):
            item = self._records.get(key)
            if item is not None and not has_place(item) and _may_end(item, said, me):
                return item
        return None

    def _end(self, client: str, user: str) -> None:
        """Note that a message has come whole."""
        self._ended[client, user] = None
        while len(self._ended) > MAX_ENDED:
            self._ended.popitem(last=False)

    def _key(self, id: str) -> str:
        return f"#{len(self.room)}/{self.room}/{id}"

    def _grown_key(self, client: str) -> str:
        return f"~{len(self.room)}/{self.room}/{client}"

    def move(self, event: Moved, position: Position, *, quiet: bool = False) -> Keyed | None:
        """Take in that somebody joined or left; returns its item, None: it is known."""
        place, id = self._reach(position), f"@{position.epoch}:{position.offset}"
        key = self._key(id)
        if self._records.get(key) is not None:
            return None
        said = Said(id, event.user, event.name, "", "system", event.ts, {})
        fields = {"said": said, "kind": "joined" if event.joined else "left", "amended": Amendments()}
        item = self._records.put(key, fields, event.ts, state={"state": "sent"}, place=place, quiet=quiet)
        self._trim(loaded=quiet)
        return item

    def amend(self, event: Changed | Reacted, position: Position) -> bool:
        """Take in what became of a message; returns whether it is known and another now."""
        place = self._reach(position)
        key = self._keys.get(event.id)
        item = None if key is None else self._records.get(key)
        amended: Amendments = self._waiting.of(event.id) if item is None else item.fields["amended"]
        news = amended.change(event, place) if isinstance(event, Changed) else amended.react(event, place)
        if item is None or not news:
            return False
        self._records.put(item.key, {}, item.ts, counts=False)
        return True

    def grow(self, event: Grown, now: float, *, here: bool = False) -> bool:
        """Take in how far a message is that is still being written; returns whether that is news.

        Args:
            event: what it says.
            now: seconds of a monotonic clock.
            here: whether it is written here; of those others say nothing that counts.
        """
        key = event.client if here else self._grown_key(event.client)
        item = self._records.get(key)
        if item is not None and item.state["state"] not in ("growing", "stopped"):
            return False
        if not here and ((event.client, event.user) in self._ended or self._is_from_here(event.client)):
            return False
        said = Said(event.client, event.user, event.name, event.text, "text", event.ts, {"bot": True})
        if item is not None and item.fields["said"].user != said.user:
            return False
        if not event.text:
            return item is not None and self._records.remove(item.key) is not None
        state: dict[str, Any] = {"state": "growing", "error": "", "at": now}
        if here:
            state |= {"mine": True, "by_program": True}
        elif item is None or item.state["state"] == "stopped":
            self._make_room(event.user)
        anew = item is not None and item.place < PENDING
        self._put_pending(key, said, state, None if anew else item)
        return True

    def _is_from_here(self, client: str) -> bool:
        item = self._records.get(client)
        return item is not None and bool(item.state.get("mine"))

    def _make_room(self, user: str) -> None:
        """Forget messages of others that grow where one more would be too many."""
        theirs = [item for item in self._growing() if not item.state.get("mine")]  # the newest first
        of_one = [item for item in theirs if item.fields["said"].user == user]
        for item in {each.key: each for each in theirs[MAX_GROWING - 1 :] + of_one[MAX_GROWING_OF_ONE - 1 :]}:
            self._records.remove(item)

    def _reach(self, position: Position) -> float:
        place = self.place_of(position)
        self._top = max(self._top, place)
        return place

    # What is said here

    def say(self, key: str, said: Said, state: MessageState, *, by_program: bool = False) -> Keyed:
        """Have a message of this side that is on its way.

        Args:
            key: the id that it is sent with; one that is known is not said again, unless it has grown until now.
            said: what it says.
            state: how far it is.
            by_program: whether nobody has typed it.
        """
        known = self._records.get(key)
        if known is not None and known.state["state"] != "growing":
            return known
        return self._put_pending(
            key, said, {"state": state, "error": "", "mine": True, "by_program": by_program}, known
        )

    def touch(self, id: str) -> bool:
        """Have a message count as changed; returns whether there is one with an id, or that was sent with it."""
        item = self.find(id)
        if item is None:
            return False
        self._records.put(item.key, {}, item.ts, counts=False)
        return True

    def settle(self, key: str, state: MessageState, error: str = "") -> bool:
        """Note what becomes of one that is on its way; returns whether that is news."""
        item = self._records.get(key)
        if item is None or item.state["state"] not in PENDING_STATES:
            return False
        return bool(self._records.set([key], state=state, error=error))

    def discard(self, key: str) -> Keyed | None:
        """Remove one that is on its way, or was; returns it."""
        item = self._records.get(key)
        if item is None or item.state["state"] not in (*PENDING_STATES, "stopped"):
            return None
        return self._records.remove(key)

    def note(self, key: str, said: Said, **more: Any) -> Keyed:
        """Have a line of this side alone, such as an error, at the newest place."""
        fields = {"said": said, "amended": Amendments(), **more}
        return self._records.put(key, fields, said.ts, state={"state": "sent"}, place=self._behind())

    def _behind(self) -> float:
        """Return a place behind all that has come, and before what comes next; no whole number."""
        self._latest = min(max(self._top + 0.5, self._latest + 1e-3), self._top + 0.999)
        return self._latest

    def expire(self, now: float) -> bool:
        """Stop what nobody goes on writing, where it stands; returns whether there was any."""
        gone = [
            item
            for item in self._growing()
            if not item.state.get("mine") and item.state["at"] + GROWING_TIMEOUT <= now
        ]
        for item in reversed(gone):
            stopped = {"state": "stopped"}
            self._records.put(item.key, {}, item.ts, state=stopped, place=self._behind(), counts=False)
        return bool(gone)

    def due(self, now: float) -> float | None:
        """Return in how many seconds something will have to be stopped; None: nothing grows."""
        ends = [item.state["at"] for item in self._growing() if not item.state.get("mine")]
        return min(ends) + GROWING_TIMEOUT - now if ends else None

    def _growing(self) -> list[Keyed]:
        found = []
        for item in reversed(self._records):
            if item.place < PENDING:
                break
            if item.state["state"] == "growing":
                found.append(item)
        return found

    def _put_pending(self, key: str, said: Said, state: dict[str, Any], item: Keyed | None) -> Keyed:
        if item is None:
            self._pending += 1
        place = PENDING + self._pending if item is None else None
        fields = {"said": said, "amended": Amendments(), "kind": "message"}
        return self._records.put(key, fields, said.ts, state=state, place=place, counts=False)

    def _trim(self, *, loaded: bool) -> None:
        if loaded:
            self._records.keep = min(MAX_KEPT, self._records.keep + 1)
        for item in self._records.trim():
            self.trimmed = True
            self._keys.pop(item.fields["said"].id, None)

    # Reading it

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Keyed]:
        """Iterate over the items, the oldest first."""
        return iter(self._records)

    def __reversed__(self) -> Iterator[Keyed]:
        """Iterate over the items, the newest first."""
        return reversed(self._records)

    def get(self, key: str) -> Keyed | None:
        """Return an item; None: there is none."""
        return self._records.get(key)

    def find(self, id: str) -> Keyed | None:
        """Return the item of a message by its id, or by the one that it is sent with."""
        for key in (self._keys.get(id), id, self._grown_key(id)):
            if key is not None and (item := self._records.get(key)) is not None:
                return item
        return None

    def changes(self, after: int) -> Changes | None:
        """Return what has changed after a version; None: too much is forgotten."""
        return self._records.changes(after)


def _waits_here(item: Keyed) -> bool:
    """Whether an item is of this side, and has not arrived yet."""
    return bool(item.state.get("mine")) and item.state["state"] in PENDING_STATES


def _may_end(pending: Keyed, said: Said, me: str) -> bool:
    """Whether a message may be what is on its way. The ids of those that grow are known to all; of others nobody knows
    them before they have arrived.
    """
    before: Said = pending.fields["said"]
    if pending.state.get("mine"):
        return "at" not in pending.state or said.user in (before.user, me, f"{me}/{before.user}")
    return before.user == said.user


def is_message(item: Keyed) -> bool:
    """Whether an item is a message of somebody, and not a line about the room."""
    return bool(item.fields["kind"] == "message")


def has_place(item: Keyed) -> bool:
    """Whether an item has a place in the channel: neither is it on its way, nor a line that only this side sees."""
    return is_place(item.place)


def is_place(place: float) -> bool:
    """Whether it is a place of something in the channel, see `has_place`."""
    return place < PENDING and place % 1 == 0


def is_own(item: Keyed, me: str) -> bool:
    """Whether a message is of the user, and not of a program of theirs that has another name."""
    said: Said = item.fields["said"]
    return said.user == me or (bool(item.state.get("mine")) and not said.metadata.get("bot"))


def message_of(item: Keyed, room: str, me: str) -> ChatMessage:
    """Return an item as users know it; `me`: the id of the user whose chat it is."""
    said: Said = item.fields["said"]
    amended: Amendments = item.fields["amended"]
    deleted = amended.is_deleted_by(said.user) or bool(said.metadata.get("deleted"))
    edit = None if deleted else amended.edit_of(said.user)
    return ChatMessage(
        id=said.id,
        room=room,
        user=said.user,
        name=said.name,
        text="" if deleted else said.text if edit is None else edit[1],
        type="text" if deleted else said.type,
        ts=said.ts,
        own=is_own(item, me),
        state="stopped" if said.metadata.get("stopped") is True else item.state["state"],
        error=item.state.get("error", ""),
        edited=None if edit is None else edit[0],
        deleted=deleted,
        reactions={reaction: list(users.values()) for reaction, users in amended.reacting().items()},
        file=None if deleted else file_of(said),
        by_program=bool(item.state.get("by_program")),
        metadata=said.metadata,
    )
