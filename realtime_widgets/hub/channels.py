"""Channels: who follows which channel, and the delivery of each published message to all of them.

A message is encoded once, however many clients it goes to, and each channel is subscribed to once at the broker.
Everything but `encode_publication` and `complaint_about` runs on the I/O thread.
"""

from __future__ import annotations

import asyncio
import logging
import reprlib
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from ..errors import UsageError, WrongType, shown
from ..protocol.chat import CHAT, ROOMS, TYPING, room_of
from ..protocol.envelope import CHANNELS, CONTROL, Message, encode_data, new_envelope, type_of, write
from ..protocol.limits import MAX_DATA_BYTES, MAX_NAME_LENGTH
from ..streams.gaps import Position
from ..streams.text import well_formed
from .brokers.base import NOTE_AGE, Broker, Change, Trouble
from .brokers.dedup import Key
from .flush import Stretch
from .policies import Policies, about
from .turns import Turns

logger = logging.getLogger(__name__)

FrameSink = Callable[[Message, str], object]
"""Takes a message with its position, or a gap, and its frame; must neither raise nor block."""

METRICS: Final = "metrics"
EVENTS: Final = "events"
USUAL: Final = Policies()

OWN: Final = frozenset({METRICS, EVENTS})
"""The hub's own channels: only the hub publishes on them."""

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 80


def complaint_about(name: object) -> str | None:
    """Return what is wrong with the name of a channel or a type; None: nothing."""
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME_LENGTH:
        return f"{_short.repr(name)} is no name for a channel or type: those have 1 to {MAX_NAME_LENGTH} characters"
    if name in CONTROL:
        return f"{name!r} is no name for a channel or type: such messages are about the link itself"
    return None


def complaint_about_publishing(channel: object, type: str | None = None) -> str | None:
    """Return why a user may not publish on a channel; None: they may.

    Args:
        channel: its name.
        type: of the message; None: the channel's own. Clients that know no channels go by it, so it follows the same
            rules.
    """
    complaint = complaint_about(channel) or (None if type is None else complaint_about(type))
    if complaint is not None:
        return complaint
    assert isinstance(channel, str)
    kind = type or type_of(channel)
    if channel.startswith((CHAT, TYPING)) or channel == ROOMS:
        what = f"{shown(channel, 100)} is of the chat, and only the hub publishes on it, for those who ask"
        ask = (
            "join_room"
            if channel == ROOMS
            else "send_message"
            if channel.startswith(CHAT)
            else "typing_start"
        )
        room = "…" if room_of(channel) is None else shown(room_of(channel), 100)
        return f'{what}: send a message of type "{ask}" with {{"roomId": {room}, …}} to its WebSocket'
    if about(channel) is not None:
        return f"{shown(channel, 100)} is the hub's own channel, on which only the hub itself publishes"
    for own in (channel, CHANNELS.get(kind)):
        if own in OWN:
            return f"{own!r} is the hub's own channel, on which only the hub itself publishes"
    return None


def encode_publication(channel: str, data: object, type: str | None = None) -> Message:
    """Return a message that is ready to be published: its data are encoded as JSON, so they cannot change any more.

    NaN and infinity become null, and lone surrogates U+FFFD, in names too: JSON and UTF-8 have no such thing.

    Args:
        channel: that it is for.
        data: anything that JSON can express.
        type: None: that of the channel.

    Raises:
        UsageError: the channel or the type is invalid, or the data are too large.
        WrongType: JSON cannot express the data.
    """
    complaint = complaint_about(channel) or (None if type is None else complaint_about(type))
    if complaint is not None:
        raise UsageError(f"cannot publish: {complaint}; choose another")
    try:
        raw = encode_data(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise WrongType(
            f"cannot publish on {channel!r}: the data are nothing that JSON has ({error}); "
            "pass dicts, lists, text, numbers, True, False, None"
        ) from error
    if len(raw) > MAX_DATA_BYTES:
        raise UsageError(
            f"cannot publish on {channel!r}: the data have {len(raw):,} bytes, "
            f"more than {MAX_DATA_BYTES:,}; send less at once"
        )
    channel = well_formed(channel)
    kind = type_of(channel) if type is None else well_formed(type)
    return new_envelope(kind, msgspec.Raw(raw), channel=channel)


class Channels:
    """All channels of one running hub.

    Args:
        broker: that keeps them.
        policies: of the hub.
        stretch: is told how much is published.
    """

    def __init__(self, broker: Broker, policies: Policies = USUAL, stretch: Stretch | None = None) -> None:
        self.policies = policies
        self._stretch = stretch or Stretch(Turns())
        self._broker = broker
        self._sinks: dict[str, dict[object, FrameSink]] = {}
        self._leave: dict[str, Callable[[], None]] = {}

    @property
    def trouble(self) -> Trouble | None:
        """See `Broker.trouble`."""
        return self._broker.trouble

    def subscribe(self, channel: str, sink: FrameSink) -> Callable[[], None]:
        """Call `sink` with the channel's messages from now on; returns the undo, which may be called twice."""
        key = object()
        self._sinks.setdefault(channel, {})[key] = sink
        if channel not in self._leave:
            self._leave[channel] = self._broker.subscribe(channel, self._spread)

        def undo() -> None:
            sinks = self._sinks.get(channel, {})
            sinks.pop(key, None)
            if not sinks and channel in self._leave:
                del self._sinks[channel]
                self._leave.pop(channel)()

        return undo

    def followed(self, channel: str) -> bool:
        """Return whether anybody here follows a channel."""
        return channel in self._sinks

    def __len__(self) -> int:
        """How many channels somebody here follows."""
        return len(self._sinks)

    @property
    def history_bytes(self) -> int | None:
        """Bytes of the messages that are kept; None: the broker does not know."""
        return getattr(self._broker, "history_bytes", None)

    async def position(self, channel: str, known: Position | None = None) -> Position:
        """Return the current position of a channel, see `Broker.position`."""
        return await self._broker.position(channel, known)

    async def positions(self, channels: Iterable[str]) -> dict[str, Position]:
        """Return the current positions of channels, all asked for at once: each may wait for what a disk is writing."""
        names = list(channels)
        return dict(zip(names, await asyncio.gather(*map(self._broker.position, names)), strict=True))

    async def read(self, channel: str, after: int, most: int) -> list[Message]:
        """Return kept messages, from the first after an offset on: up to `most` bytes, and at least one if any."""
        return await self._broker.read(channel, after, most)

    async def amend(self, channel: str, change: Change, age: float = NOTE_AGE) -> None:
        """Change the note beside a channel, see `Broker.amend`."""
        await self._broker.amend(channel, change, age)

    def complaint_about_following(self, channel: object) -> str | None:
        """Return why nobody can follow a channel, or read its history; None: they can, where they may."""
        if (complaint := complaint_about(channel)) is not None:
            return complaint
        assert isinstance(channel, str)
        if channel.startswith(TYPING) and not channel.startswith(TYPING + CHAT):
            return f"{shown(channel, 100)} is no channel: it is known only of chat rooms who types, {TYPING}{CHAT}…"
        followed = about(channel)
        return None if followed is None else self.policies.complaint_about_presence(followed)

    def complaint_about_publishing(self, channel: object) -> str | None:
        """Return why no client may publish on a channel; None: those may who have the right."""
        complaint = complaint_about_publishing(channel)
        if complaint is None and isinstance(channel, str) and self.policies.of(channel).publish == "hub":
            complaint = f"on {shown(channel, 100)} only the hub's own program publishes, as its policy says"
        return complaint

    def publish(self, message: Message, key: Key | None = None) -> asyncio.Future[Position]:
        """Publish a message on the channel that it names; returns its position there, see `Broker.publish`.

        Args:
            message: what.
            key: by which it is recognized when it is sent again; None: it never is.
        """
        assert message.channel is not None
        return self._broker.publish(message.channel, message, key)

    async def rest(self) -> None:
        """Let the tasks that send have their turn, when much was published since they last had; for publishers."""
        if self._stretch.long:
            await asyncio.sleep(0)
            if not self._stretch.due:  # nobody is sent anything
                self._stretch.bytes = 0

    def _spread(self, message: Message) -> None:
        frame = write(message)
        self._stretch.add(len(frame))
        for sink in list(self._sinks.get(message.channel or "", {}).values()):
            sink(message, frame)
