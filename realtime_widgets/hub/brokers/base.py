"""The broker interface: storage and delivery of a hub's channels.

A broker numbers the messages of each channel 1, 2, 3 … under an epoch, which identifies that numbering, keeps the
newest of them, and hands every message to all subscribers of the channel, in one order for all.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable
from typing import Final, Literal, NamedTuple, Protocol

from ...protocol.envelope import Message
from ...streams.gaps import Position
from .dedup import Key
from .file_store import FileStore

Sink = Callable[[Message], object]
"""Takes a message that has its channel, epoch and offset, or a gap (`gap_after`); must neither raise nor block."""

Change = Callable[[bytes, float], bytes]
"""Takes a note, and the time in seconds since the epoch by the clock of the engine; returns the note that is to be."""

NOTE_AGE: Final = 24 * 3600.0
"""Seconds that a note is kept after its last change, at least, where the engine outlives the hub."""

KEPT_NOTE_AGE: Final = 400 * 24 * 3600.0
"""Those of a note that says what nobody would say again, such as who is a member of a chat room."""

GAP: Final = "gap"


def gap_after(channel: str, position: Position) -> Message:
    """Return what sinks are handed in the place of messages that the broker has lost: of the type `GAP`.

    Args:
        channel: whose.
        position: the last that was handed on; what comes next may have another epoch.
    """
    return Message(GAP, None, None, None, channel, *position)


Kind = Literal["unreachable", "full", "missing", "refusing"]
"""What is the matter with a broker: its engine does not answer; has no room; its file is not where it was; or it keeps
nothing, for what it says."""


class Trouble(NamedTuple):
    """Why messages cannot be kept at present."""

    kind: Kind
    why: str
    """One sentence, without secrets."""


class NotKept(Exception):
    """A message was not kept, and nobody was handed it: one sentence that says why, without data.

    Where the engine of a broker did not answer in time, that is not known: then the sentence says so.
    """

    def __init__(self, why: str, kind: Kind = "refusing") -> None:
        super().__init__(why)
        self.trouble = Trouble(kind, why)
        """What it says of the broker."""


class TooLarge(NotKept):
    """A message is larger than the engine of a broker takes, so it will never be kept as it is."""


class OutOfReach(Exception):
    """The engine of a broker cannot be asked now: one sentence that says why."""


class Broker(Protocol):
    """The operations of every broker. All of them are called on the I/O thread."""

    @property
    def trouble(self) -> Trouble | None:
        """Why messages cannot be kept at present, as the newest of them found; None: they can."""

    @property
    def files(self) -> FileStore | None:
        """Where the files of chat messages are; None: it keeps none."""

    async def open(self) -> None:
        """Begin to work, on this event loop; nothing else is called before, or after `close` until it is opened again.

        Raises:
            UsageError: it cannot, and what to do.
        """

    async def close(self) -> None:
        """Finish what is under way, and let go of files and connections."""

    def publish(self, channel: str, message: Message, key: Key | None = None) -> Future[Position]:
        """Number a message, keep it, and hand it to the channel's sinks; returns its position when that is done.

        Messages of a channel keep the order in which they were published: nobody has to wait for one before the next.

        Args:
            channel: that it is for.
            message: without a position.
            key: by which it is recognized when it is sent again: the position of the first is returned then, for
                `dedup.MAX_AGE` seconds, and nothing else happens. None: it is never sent again.

        Raises, out of the future:
            KeyReused: a message with other data had this key.
            TooLarge: it can never be kept.
            NotKept: it could not be kept now.
        """

    async def position(self, channel: str, known: Position | None = None) -> Position:
        """Return the current position of a channel; offset 0 when nothing was ever published.

        Of a channel with sinks it is the one up to which they were handed all; nothing after it will be missed.

        Args:
            channel: which.
            known: a position that somebody has, who may have heard more from another hub: if it is one, what they
                have heard is handed on here first.

        Raises:
            OutOfReach: it cannot be known now.
        """

    async def read(self, channel: str, after: int, most: int) -> list[Message]:
        """Return kept messages, from the first after an offset on: up to `most` bytes, and at least one if any.

        Raises:
            OutOfReach: they cannot be read now.
        """

    async def amend(self, channel: str, change: Change, age: float = NOTE_AGE) -> None:
        """Change the note beside a channel: a few bytes that all hubs with the same engine share.

        Args:
            channel: which.
            change: of its note, `b""` where there is none. Pure, and may run on any thread: where another hub is faster
                it is called again, with what that one has noted.
            age: seconds that it is kept after its last change, `NOTE_AGE` or `KEPT_NOTE_AGE`; of one note always the
                same, since some engines have a place for each.

        Raises:
            OutOfReach: it is not known whether it was changed.
        """

    def subscribe(self, channel: str, sink: Sink) -> Callable[[], None]:
        """Call `sink` with the channel's messages from now on; returns the undo, which may be called twice."""
