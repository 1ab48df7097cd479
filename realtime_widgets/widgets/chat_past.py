"""ChatPast: what was said in a hub's rooms before: asked for when a reader wants it, or where something is missing.

It also knows which messages are news to those who are told of them. On the I/O thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ..chat.conversation import Conversation
from ..chat.message import ChatMessage
from ..chat.room import RoomInfo
from ..protocol.envelope import Message, new_id
from ..runtime import get_runtime
from ..streams.gaps import Position
from .chat_link import Arrived

RECENT: Final = 50
"""Messages of each room to begin with."""

PAGE: Final = 60
"""Messages that are asked for at a time."""

MAX_EARLY: Final = 1000
"""Messages that wait for it to be known whether they are news."""

ANSWER_TIMEOUT: Final = 10.0
"""Seconds after which a question is given up."""


Ask = Callable[[str, str, dict[str, Any]], object]
"""Sends the question of an id about a room."""


@dataclass(slots=True)
class _Question:
    """A question; `fills`: its answer belongs to what is shown, or is news."""

    room: str
    done: Callable[[bool], object]
    fills: bool = False
    oldest: int | None = None  # offset of the oldest message of its answer


class ChatPast:
    """The past of a chat's rooms.

    Args:
        ask: sends the question of an id, about a room.
        conversation: where it goes.
        arrived: is told of what is news all the same.
    """

    def __init__(self, ask: Ask, conversation: Conversation, arrived: Arrived) -> None:
        self._ask = ask
        self._conversation = conversation
        self._arrived = arrived
        self._connected = False
        self._begun: dict[str, Position] | None = None  # rooms, and positions from which on what comes is new
        self._early: list[tuple[Position, list[ChatMessage]]] = []  # what came before that was known
        self._asked: dict[str, _Question] = {}  # by their ids
        self._filled: set[str] = set()  # rooms whose newest messages were asked for
        self._filling: set[str] = set()  # rooms of which some were asked for, and have not come yet
        self._there: dict[str, Position] = {}  # where their channels stand, as far as that was heard
        self._away: set[str] = set()  # rooms that are followed no more
        self._left: dict[str, Position] = {}  # rooms that were, and how far they had come
        self._untold: dict[str, deque[ChatMessage]] = {}  # news of rooms that are being filled

    # What is news

    def begin(self, infos: Iterable[RoomInfo]) -> None:
        """Note where rooms stood when they were first heard of: what comes after that is news."""
        begun = {info.id: info.position for info in infos if info.position is not None}
        self._begun = begun | (self._begun or {})
        early, self._early = self._early, []
        for position, messages in early:
            self.tell(messages[0].room, position, messages)

    def tell(self, room: str, position: Position, messages: list[ChatMessage]) -> None:
        """Tell of messages that came at a position, but for those of the past."""
        if self._begun is None and len(self._early) < MAX_EARLY:
            self._early.append((position, messages))
        elif position.offset > self._begun_at(room, position.epoch):
            if room in self._filling:  # what is missing was said before
                self._untold.setdefault(room, deque()).extend(messages)
            else:
                self._arrived(messages)

    def _begun_at(self, room: str, epoch: str) -> int:
        """Return the offset up to which what a room has was there before; 0 in an epoch that began later."""
        begun = (self._begun or {}).get(room)
        return begun.offset if begun is not None and begun.epoch == epoch else 0

    # Asking for it

    def look(self, *, up: bool) -> None:
        """Follow the connection: what was asked for on a link before has no answer any more."""
        self._connected = up
        for id in list(self._asked) if up else ():
            self._give_up(id)

    def older(self, room: str, done: Callable[[bool], object]) -> None:
        """Have older messages than all that are here taken in; calls `done` with whether there are others still."""
        with self._conversation.lock:
            there = self._conversation.rooms.get(room)
            first = None if there is None else there.timeline.first
            offset = 0 if there is None or first is None else there.timeline.offset_of(first.place)
        if offset <= 1 or not self._connected:
            done(offset > 1)
            return
        self._load(room, offset, PAGE, _Question(room, done))

    def fill(self, room: str, there: Position) -> None:
        """Ask for what is missing of a room: its newest messages, and all since it was first heard of.

        Only who asks for a channel first is sent its past, and no more than the newest, for as long as nothing of it
        has arrived: links may be cut before that.

        Args:
            room: its id.
            there: the position of its channel, as the server has it.
        """
        self._there[room] = there
        if room in self._filling or room in self._away:
            return
        if room in self._left:
            self._fill_hole(room, there, there.offset + 1, self._left[room])
            return
        with self._conversation.lock:
            timeline = self._conversation.rooms[room].timeline
            first = timeline.first
            before = there.offset + 1 if first is None else timeline.offset_of(first.place)
            newest = RECENT - len(timeline)
            trimmed = timeline.trimmed
        since = 0 if trimmed else before - 1 - self._begun_at(room, there.epoch)
        missing = max(since, newest if room not in self._filled else 0)
        self._filled.add(room)
        if missing <= 0 or before <= 1:
            return

        def done(_: bool) -> None:
            self._filling.discard(room)
            if since > PAGE and self._connected and self._goes_on(room, before):
                self.fill(room, self._there[room])
            self._tell_untold(room)

        self._filling.add(room)
        self._load(room, before, min(missing, PAGE), _Question(room, done, fills=True))

    def _fill_hole(self, room: str, there: Position, before: int, left: Position) -> None:
        """Ask for what was said in a room while it was not followed, the newest first.

        Args:
            room: its id.
            there: the position of its channel, as the server has it.
            before: the offset from which on nothing is missing.
            left: up to where it had come; of `_left`, which is another one when the room was left again.
        """
        since = left.offset if left.epoch == there.epoch else 0

        def done(more: bool) -> None:
            self._filling.discard(room)
            if self._left.get(room) is not left:
                self.fill(room, self._there[room])
            elif not more or (question.oldest is not None and question.oldest <= since + 1):
                del self._left[room]
                self.fill(room, self._there[room])
            elif question.oldest is not None and self._connected:
                self._fill_hole(room, there, question.oldest, left)
            self._tell_untold(room)

        question = _Question(room, done, fills=True)
        if before - 1 <= since:
            done(False)
            return
        self._filling.add(room)
        self._load(room, before, min(before - 1 - since, PAGE), question)

    def _goes_on(self, room: str, before: int) -> bool:
        """Whether something older than an offset has come."""
        with self._conversation.lock:
            there = self._conversation.rooms.get(room)
            first = None if there is None else there.timeline.first
            return there is not None and first is not None and there.timeline.offset_of(first.place) < before

    def forget(self, room: str) -> None:
        """Follow a room no more: when it is joined again, what was said meanwhile is asked for."""
        self._filled.discard(room)
        self._away.add(room)
        with self._conversation.lock:
            there = self._conversation.rooms.get(room)
            came = there is not None and there.timeline.first is not None
            position = there.timeline.position if there is not None and came else None
        position = self._left.get(room, position)
        if position is not None:
            self._left[room] = Position(*position)  # another one, for whoever fills it just now

    def follow(self, room: str) -> None:
        """Follow a room from now on, perhaps again."""
        self._away.discard(room)

    def _load(self, room: str, before: int, limit: int, question: _Question) -> None:
        id = new_id()
        self._asked[id] = question
        data = {"roomId": room, "before": before, "limit": limit, "userId": self._conversation.me.id}
        self._ask(id, room, data)
        get_runtime().call_later(ANSWER_TIMEOUT, self._give_up, id)

    def _give_up(self, id: str) -> None:
        question = self._asked.pop(id, None)
        if question is not None:
            question.done(True)

    def take(self, answer: Message) -> None:
        """Take in an answer; one to a question of others is passed over."""
        question = self._asked.pop(str(answer.id), None)
        data = answer.data
        if question is None or not isinstance(data, dict):
            return
        older = []
        messages = data.get("messages")
        for each in messages if isinstance(messages, list) else ():
            try:
                older.append(msgspec.convert(each, Message))
            except msgspec.ValidationError:
                continue
        older.reverse()  # the newest came first
        question.oldest = next((each.offset for each in older if each.offset is not None), None)
        new = self._conversation.take(question.room, older, past=True, quiet=not question.fills)
        if question.fills:
            self._note_missed(question.room, older, new)
        more = data.get("more") is True
        self._conversation.set_older(question.room, more)
        question.done(more)

    def _note_missed(self, room: str, older: list[Message], new: list[ChatMessage]) -> None:
        """Note those that came since the room was first heard of, and only now; they are told once the rest is here."""
        late = {
            m.data["id"]
            for m in older
            if m.type == "message"
            and (m.offset or 0) > self._begun_at(room, m.epoch or "")
            and "id" in m.data
        }
        found = [each for each in new if each.id in late]
        self._untold.setdefault(room, deque()).extendleft(reversed(found))

    def _tell_untold(self, room: str) -> None:
        """Tell of what came while a room was being filled, in its order."""
        if room not in self._filling and (untold := self._untold.pop(room, None)):
            self._arrived(list(untold))
