"""The tail of a chat room: its newest messages, as far as a list of rooms needs to know them.

It has who said each of them, and the last one whole, with its edits. It is read on from where it was, by turns, so that
only the first look at a room takes long.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Final

import msgspec

from ..protocol.chat import Part, channel_of_room
from ..protocol.envelope import Message
from ..streams.gaps import Position
from .channels import Channels
from .turns import Turn

MAX_COUNTED: Final = 1000
"""Publications of a room that are looked at, and so the most that can be unread."""

_CHUNK: Final = 64 * 1024
"""Bytes that are read at once."""

DELETED: Final = msgspec.Raw(b'{"deleted":true}')
"""The metadata of a message that was taken back."""


class Said(Part):
    """A message, as it was said or has become since."""

    id: str
    user_id: str
    username: str
    content: str
    timestamp: float
    type: str
    metadata: msgspec.Raw


class _Change(Part):
    message_id: str
    content: str = ""


_decode_said = msgspec.json.Decoder(Said).decode
_decode_change = msgspec.json.Decoder(_Change).decode


class Tail:
    """That of one room.

    Args:
        room: its id.
    """

    def __init__(self, room: str) -> None:
        self.there = Position("", 0)
        """Up to where it was read."""
        self.last: Said | None = None
        """The last message."""
        self._channel = channel_of_room(room)
        self._said: deque[tuple[int, str, bool, str]] = (
            deque()
        )  # offset, user, whether it counts as unread, and id
        self._reading = asyncio.Lock()

    async def read_on(self, channels: Channels, turn: Turn) -> None:
        """Read what came since the last time.

        Raises:
            OutOfReach: it cannot be read now.
        """
        async with self._reading:
            there = await channels.position(self._channel)
            if there.epoch != self.there.epoch or there.offset < self.there.offset:
                self._said.clear()
                self.last = None
                self.there = Position(there.epoch, 0)
            after = max(self.there.offset, there.offset - MAX_COUNTED)
            while after < there.offset:
                found = await channels.read(self._channel, after, _CHUNK)
                if not found:
                    break
                for message in found:
                    if message.epoch == there.epoch:
                        self._take(message)
                after = found[-1].offset or 0
                if turn.over:
                    await turn.give()
            self.there = Position(there.epoch, max(after, there.offset))
            while self._said and self._said[0][0] <= self.there.offset - MAX_COUNTED:
                self._said.popleft()

    def _take(self, message: Message) -> None:
        try:
            if message.type == "message":
                said = self.last = _decode_said(message.data)
                self._said.append((message.offset or 0, said.user_id, said.type != "system", said.id))
            elif message.type in ("message_edited", "message_deleted"):
                self._change(message.type, _decode_change(message.data))
        except msgspec.MsgspecError:
            pass  # no hub of this version has written it

    def _change(self, kind: str, change: _Change) -> None:
        if kind == "message_deleted":
            for at, (offset, user, _, id) in enumerate(self._said):
                if id == change.message_id:
                    self._said[at] = offset, user, False, id
        if self.last is None or self.last.id != change.message_id or self.last.metadata is DELETED:
            return
        self.last.content = change.content
        if kind == "message_deleted":
            self.last.metadata = DELETED

    def unread(self, user_id: str, read: int) -> int:
        """Return how many messages of others somebody has not read: those after what they have read, or said.

        Args:
            user_id: who.
            read: the offset up to which they have read.
        """
        count = 0
        for offset, author, counts, _ in reversed(self._said):
            if offset <= read or author == user_id:
                break
            count += counts
        return count

    def spoken(self) -> dict[str, int]:
        """Return the offsets of the last messages of all who have said something."""
        return {author: offset for offset, author, *_ in self._said}


def as_record(room: str, said: Said, most: int) -> dict[str, Any]:
    """Return a message as its data were, for a list: with up to so many characters, and metadata that are few."""
    content = said.content if len(said.content) <= most else f"{said.content[:most]}…"
    few = len(memoryview(said.metadata)) <= 4 * most
    return {
        "id": said.id,
        "roomId": room,
        "userId": said.user_id,
        "username": said.username,
        "content": content,
        "timestamp": said.timestamp,
        "type": said.type,
        "metadata": said.metadata if few else {},
    }
