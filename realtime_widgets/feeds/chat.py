"""ChatFeed: the rooms and messages of a chat, for its pages: what has changed, whole, by key.

A part has what changed after the last. The body of a part:

    me        {"id", "name"}: who types here
    room      the id of the chosen room; empty: none is
    rooms     in keyframes and when they have changed: all of them, see `_said_of_room`
    items     messages, and lines about the rooms, that are new or others: see `_said`; the oldest first
    grown     what was added to messages that are being written: {key: (UTF-16 units there were before, what came)};
              such a message is among the items at first, and in the end
    removed   keys of those that are gone
    typing    {room: names}: who else types now
    answers   older messages that were asked for: {"room", "before", "items", "more"}
    file      a piece of a file that was asked for: {"key" of its message, "size", "at"}, with its bytes in the column
              `file`; or {"key", "error"}
    trouble   why nothing comes or goes; empty: it does
    over      whether nothing ever will again
    wall, at  this moment, by the clock of messages and by the kernel's own; pages know no other

A keyframe has the newest messages of each room, from the place on that its room says (`from`): more of the chosen room
than of the others. What is older a page asks for, when somebody scrolls up to it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..chat.conversation import Conversation
from ..chat.message import ChatMessage, Said
from ..chat.room import Room
from ..chat.timeline import is_message, is_place, message_of
from ..streams.keyed import Keyed
from .feed import Payload
from .text import as_unicode, without_controls

MAX_PART_BYTES: Final = 64 * 1024
"""Most bytes of messages in one part; one message there is, however large."""

NEWEST: Final = 200
"""Most messages of the chosen room in a keyframe, and"""
NEWEST_OF_OTHERS: Final = 30
"""those of each other room."""

PAGE: Final = 60
"""Most messages in an answer."""

MAX_ANSWERS: Final = 8
"""Most answers that wait; of more the oldest is forgotten, and its page asks again."""

MAX_PIECES: Final = 16
"""Most pieces of files that wait, likewise."""

MAX_PREVIEW: Final = 120
"""Characters of a room's newest message beside its name."""

MAX_REACTING: Final = 10
"""Names of those who react in one way."""

MAX_READERS: Final = 20
"""Others of whom a room says how far they have read."""


@dataclass(slots=True)
class _Told:
    """What a part says of messages, and its size as JSON in bytes."""

    items: list[dict[str, Any]] = field(default_factory=list)
    grown: dict[str, tuple[int, str]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    nbytes: int = 0

    def add(self, items: list[dict[str, Any]], nbytes: int) -> None:
        self.items += items
        self.nbytes += nbytes


class ChatFeed:
    """The feed of a chat.

    Args:
        conversation: what it shows.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._sent = 0
        self._begun = False
        self._versions: dict[str, int] = {}  # of the rooms' timelines, as in the last part
        self._from: dict[str, float] = {}  # places from which on pages have all
        self._said_rooms: list[dict[str, Any]] = []
        self._growing: dict[str, dict[str, Any]] = {}  # messages that are being written, as pages have them
        self._answers: deque[tuple[str, float | None, bool]] = deque(maxlen=MAX_ANSWERS)
        self._pieces: deque[tuple[dict[str, Any], bytes]] = deque(maxlen=MAX_PIECES)
        self._number = 0

    def resize(self, px: int) -> None:
        """Ignore the width: text wraps."""

    def changed(self) -> bool:
        """See `Feed.changed`."""
        self._conversation.expire()
        return self._conversation.version != self._sent or bool(self._answers or self._pieces)

    def due(self) -> float | None:
        """Return in how many seconds it will have changed by time alone; None: it will not."""
        return self._conversation.due()

    def answer(self, room: str, before: float | None, *, more: bool) -> bool:
        """Have the messages of a room that are older than a place sent, as far as they are here.

        Args:
            room: its id.
            before: the place; None: behind all.
            more: whether there are others, older than all here.

        Returns:
            Whether there were any.
        """
        with self._conversation.lock:
            if room not in self._conversation.rooms:
                return False
            found = bool(self._older(room, before))
        self._answers.append((room, before, more))
        return found

    def _older(self, room: str, before: float | None) -> list[Keyed]:
        return [
            item for item in self._conversation.rooms[room].timeline if before is None or item.place < before
        ]

    def _answer(self) -> list[dict[str, Any]]:
        """Return what was asked for first, as it is now: what was asked for later waits for the next part."""
        while self._answers:
            room, before, more = self._answers.popleft()
            if room in self._conversation.rooms:
                older = self._older(room, before)
                items, _ = _fitting(older[-PAGE:], room, self._conversation.me.id, MAX_PART_BYTES)
                left = len(items) < len(older)
                return [{"room": room, "before": before, "items": items, "more": more or left}]
        return []

    def answer_file(
        self, key: str, *, size: int = 0, at: int = 0, data: bytes = b"", error: str = ""
    ) -> None:
        """Have a piece of a file sent, or why there is none.

        Args:
            key: of its message.
            size: bytes of the whole.
            at: where the piece begins.
            data: the piece.
            error: why it cannot be had; empty: it can.
        """
        about = {"key": key, "error": error} if error else {"key": key, "size": size, "at": at}
        self._pieces.append((about, data))

    def take(self, key: bool, now: float) -> Payload:
        """See `Feed.take`."""
        conversation = self._conversation
        with conversation.lock:
            conversation.expire()
            told = None if key or not self._begun else self._changes()
            whole = told is None
            if told is None:
                told = self._newest()
            body = self._body(told, whole=whole)
            self._versions = {id: room.timeline.version for id, room in conversation.rooms.items()}
            self._sent = conversation.version
            self._begun = True
        columns: dict[str, NDArray[np.uint8]] = {}
        if self._pieces:
            body["file"], data = self._pieces.popleft()
            columns["file"] = np.frombuffer(data, np.uint8)
        self._number += 1
        nbytes = told.nbytes + sum(
            len(msgspec.json.encode(body.get(name, ()))) for name in ("answers", "rooms")
        )
        return Payload(1 if whole else self._number, self._number, whole, body, columns, body_bytes=nbytes)

    def _changes(self) -> _Told | None:
        """Return what has changed since the last part; None: it needs a keyframe."""
        told = _Told()
        me = self._conversation.me.id
        for id, room in self._conversation.rooms.items():
            version = self._versions.get(id)
            if version is None:
                return None
            if room.timeline.version == version:
                continue
            changes = room.timeline.changes(version)
            if changes is None:
                return None
            items = [item for item in changes.items if not self._grows(told, item, id)]
            fresh, size = _fitting(items, id, me, MAX_PART_BYTES - told.nbytes)
            if len(fresh) < len(items):
                return None
            told.add(fresh, size)
            told.removed += changes.removed
        if told.nbytes > MAX_PART_BYTES:
            return None
        self._note_growing(told)
        return told

    def _grows(self, told: _Told, item: Keyed, room: str) -> bool:
        """Tell what was added to a message that is being written; False: it is to be told whole."""
        before = self._growing.get(item.key)
        if before is None:
            return False
        me = self._conversation.me.id
        now: dict[str, Any] = as_unicode(_said(item, message_of(item, room, me), me))
        text = before["text"]
        same = now | {"text": text, "ts": before["ts"]} == before
        if not same or len(now["text"]) == len(text) or not now["text"].startswith(text):
            return False
        grown = len(text.encode("utf-16-le")) // 2, now["text"][len(text) :]
        told.grown[item.key] = grown
        told.nbytes += len(msgspec.json.encode((item.key, grown)))
        before["text"] = now["text"]
        return True

    def _newest(self) -> _Told:
        """Return the newest messages of all rooms, the chosen one first, as far as they fit."""
        conversation = self._conversation
        me, current = conversation.me.id, conversation.current
        told = _Told()
        self._from = {}
        for id in sorted(conversation.rooms, key=lambda id: id != current):
            timeline = conversation.rooms[id].timeline
            most = NEWEST if id == current else NEWEST_OF_OTHERS
            newest = [item for item, _ in zip(reversed(timeline), range(most), strict=False)][::-1]
            fresh, size = _fitting(newest, id, me, MAX_PART_BYTES - told.nbytes, least=id == current)
            placed = (each["place"] for each in fresh if is_place(each["place"]))
            self._from[id] = next(placed, timeline.top + 1)
            told.add(fresh, size)
        self._growing = {}
        self._note_growing(told)
        return told

    def _note_growing(self, told: _Told) -> None:
        for key in told.removed:
            self._growing.pop(key, None)
        for said in told.items:
            if said["state"] == "growing":
                self._growing[said["key"]] = said.copy()
            else:
                self._growing.pop(said["key"], None)

    def _body(self, told: _Told, *, whole: bool) -> dict[str, Any]:
        conversation = self._conversation
        body: dict[str, Any] = {
            "me": {"id": conversation.me.id, "name": conversation.me.name},
            "room": conversation.current,
            "items": told.items,
            "typing": {id: names for id in conversation.rooms if (names := conversation.typing(id))},
            "trouble": conversation.trouble,
            "over": conversation.over,
            "wall": conversation.wall(),
            "at": conversation.now(),
        }
        rooms = as_unicode([self._said_of_room(room) for room in conversation.rooms.values()])
        if whole or rooms != self._said_rooms:
            body["rooms"] = self._said_rooms = rooms
        if told.grown:
            body["grown"] = told.grown
        if told.removed:
            body["removed"] = told.removed
        if answers := self._answer():
            body["answers"] = answers
        return body

    def _said_of_room(self, room: Room) -> dict[str, Any]:
        me = self._conversation.me.id
        first = room.timeline.first
        start = self._from.get(room.id, 0.0)
        last = room.last
        return {
            "id": room.id,
            "name": room.name,
            "joined": room.joined,
            "unread": room.unread(me),
            "members": len(room.members),
            "from": start,
            "more": room.has_older or (first is not None and first.place < start),
            "read": room.read_by(me),
            "reads": sorted(room.reads(besides=me), key=lambda each: -each[1])[:MAX_READERS],
            "last": None if last is None else _preview(last, room.id, me),
        }


def _preview(last: Keyed | Said, room: str, me: str) -> dict[str, Any]:
    """Return the newest message of a room in one line."""
    if isinstance(last, Said):
        deleted = bool(last.metadata.get("deleted"))
        name, own, kind, text, ts = (
            last.name,
            last.user == me,
            last.type,
            "" if deleted else last.text,
            last.ts,
        )
    else:
        message = message_of(last, room, me)
        name, own, kind, text, ts = message.name, message.own, message.type, message.text, message.ts
    line = " ".join(without_controls(text[: 4 * MAX_PREVIEW]).split())
    return {"name": name, "own": own, "type": kind, "text": line[:MAX_PREVIEW], "ts": ts}


def _fitting(
    items: list[Keyed], room: str, me: str, room_for: int, *, least: bool = False
) -> tuple[list[dict[str, Any]], int]:
    """Return the newest of some items that fit as they are sent, the oldest first, and their size as JSON in bytes.

    Args:
        items: the oldest first.
        room: whose.
        me: the id of the user.
        room_for: bytes that there are.
        least: whether the newest fits in any case.
    """
    nbytes = 0
    found: list[dict[str, Any]] = []
    for item in reversed(items):
        said: dict[str, Any] = as_unicode(_said(item, message_of(item, room, me), me))
        size = len(msgspec.json.encode(said)) + 2
        if nbytes + size > room_for and not (least and not found):
            break
        nbytes += size
        found.append(said)
    return found[::-1], nbytes


def _said(item: Keyed, message: ChatMessage, me: str) -> dict[str, Any]:
    """Return an item as it is sent: what is not there is left out."""
    fields = item.fields
    kind = fields["kind"]
    said: dict[str, Any] = {
        "key": item.key,
        "room": message.room,
        "place": item.place,
        "kind": "system" if kind == "message" and message.type == "system" else kind,
        "type": message.type,
        "user": message.user,
        "name": message.name,
        "own": message.own,
        "text": message.text,
        "ts": message.ts,
        "state": message.state,
    }
    if not is_message(item):
        return said | ({"details": fields["details"]} if "details" in fields else {})
    if message.error:
        said["error"] = message.error
    if message.edited is not None:
        said["edited"] = message.edited
    if message.deleted:
        said["deleted"] = True
    if message.bot:
        said["bot"] = True
    if message.reactions:
        reacting = item.fields["amended"].reacting()
        said["reactions"] = [
            (reaction, len(users), me in users, ", ".join(list(users.values())[:MAX_REACTING]))
            for reaction, users in reacting.items()
        ]
    if message.file is not None:
        of = message.file
        about = {"name": of.name, "type": of.type, "size": of.size, "url": of.url}
        more = {"width": of.width, "height": of.height, "alt": of.alt}
        said["file"] = about | {name: value for name, value in more.items() if value}
    return said
