"""An engine that hubs share, as `linked.LinkedBroker` asks it: commands, their answers, and the link they go over."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from ...protocol.envelope import Message
from ...streams.gaps import Position
from .stored import read_stored

NOWHERE: Final = Position("", 0)

NOTE_ID: Final = 8


class LinkLost(Exception):
    """The link is of no use any more, or could not be made: why, without secrets."""

    shut_out = False
    """Whether that is for the user or the password."""


class Refused(Exception):
    """The engine does not do it: why."""

    too_large = False
    """Whether that is for the size of a message."""
    full = False
    """Whether that is for want of room."""


class Note(NamedTuple):
    """What is noted beside a channel, as one hub has written it."""

    id: bytes
    """By which that hub knows it again, `NOTE_ID` bytes."""
    note: bytes


class Found(NamedTuple):
    """What the engine has of a channel."""

    position: Position
    base: int
    """The offset after which its epoch begins."""
    messages: list[Message]
    """Those that were asked for, with their positions."""


class Link(Protocol):
    """An open way to the engine, which never comes back when it is lost."""

    @property
    def heard(self) -> int:
        """How often something was heard."""

    async def run(self, commands: Sequence[Any]) -> list[Any]:
        """Return the answers to commands; where the engine refuses one, a `Refused` is its answer.

        The messages of a channel are kept in their order, and after what was asked about it before them.

        Raises:
            LinkLost: there may be answers that did not arrive.
        """

    async def follow(self, names: Sequence[bytes]) -> None:
        """Have the news of these topics come; each is confirmed by a `subscribe`."""

    async def leave(self, names: Sequence[bytes]) -> None:
        """Have them come no more."""

    async def hear(self) -> tuple[bytes, bytes, Any]:
        """Return the next of the news: its kind, its topic, and its data; waits for as long as it takes.

        The kinds are `subscribe` and `message`, whose data are a position and an envelope, see `read_wake`.

        Raises:
            LinkLost: none will come.
        """

    async def check(self) -> str | None:
        """Check what kind of engine this is; returns what its owner should be warned of, None: nothing.

        Raises:
            UsageError: it is of no use, and what to do.
            LinkLost: the link is.
        """

    async def close(self) -> None:
        """End at once; twice is fine."""


class Commands(Protocol):
    """The commands for channels, for `Link.run`, and what their answers say."""

    def publish(self, channel: str, id: bytes, digest: bytes, body: bytes, seen: Position) -> Any:
        """Return the command that publishes a message, unless its id is known.

        Args:
            channel: that it is for.
            id: of the message, a digest.
            digest: of its data.
            body: its envelope, without a position.
            seen: the newest position of the channel that this hub knows.
        """

    def placed(self, answer: Any, digest: bytes) -> tuple[Position, bool]:
        """Return the position of a message that was published, and whether it was now.

        Raises:
            KeyReused: its id is known, with data of another digest.
        """

    def look(self, channel: str, seen: Position, after: int = 0, most: int = 0) -> Any:
        """Return the command that says where a channel stands, and what came after an offset.

        Args:
            channel: which.
            seen: as for `publish`.
            after: the offset.
            most: bytes of messages, and at least one if any; 0: none.
        """

    def found(self, answer: Any) -> Found:
        """Return the answer to `look`."""

    def amend(self, channel: str, age: float, had: Note | None = None, note: Note | None = None) -> Any:
        """Return the command that changes the note beside a channel if it is still as it was, and says what it was.

        Args:
            channel: which.
            age: seconds that it is kept after a change, as for `Broker.amend`.
            had: the note as it was; None: change nothing.
            note: that is to be.
        """

    def noted(self, answer: Any) -> tuple[Note, float]:
        """Return what the note was, and the time of the engine, from the answer to `amend`."""

    def wake(self, channel: str) -> bytes:
        """Return the topic on which news of a channel come."""

    def canary(self) -> bytes:
        """Return a topic that nobody else has."""

    def chirp(self, canary: bytes) -> Any:
        """Return the command that says something on that topic."""


class Engine(Protocol):
    """The engine."""

    @property
    def name(self) -> str:
        """Such as "Redis"."""

    @property
    def place(self) -> str:
        """Its address, without secrets."""

    @property
    def commands(self) -> Commands:
        """What it can be asked."""

    async def open(self) -> Link:
        """Make a link.

        Raises:
            LinkLost: it failed.
        """


def new_epoch() -> str:
    """Return one that nobody has."""
    return secrets.token_hex(4)


def place_of(url: str) -> str:
    """Return an address without user, password, query and fragment; any text will do."""
    scheme, found, rest = url.partition("://")
    if not found:
        return url
    return f"{scheme}{found}{rest.rpartition('@')[2].partition('?')[0].partition('#')[0]}"


def read_wake(data: bytes) -> tuple[Position, bytes]:
    """Return the position and the envelope that a hub hears when a message was published.

    Raises:
        ValueError: no hub has written it.
    """
    epoch, offset, body = data.split(b" ", 2)
    return Position(epoch.decode(), int(offset)), body


def numbered(body: bytes, position: Position) -> Message | None:
    """Return the message of an envelope, with its position; None: it is none, somebody else has written it."""
    try:
        message = read_stored(body)
    except (msgspec.MsgspecError, ValueError):
        return None
    message.epoch, message.offset = position
    return message
