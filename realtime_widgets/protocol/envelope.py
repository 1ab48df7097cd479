"""Messages: the envelope that travels between a client and a server, in either direction.

Every frame is one JSON envelope, or an array of them where the peer has said that it reads arrays:

    {"type": "metrics_update", "data": {…}, "timestamp": 1795456052100, "id": "x7Qf…",
     "channel": "metrics", "epoch": "c4f1", "offset": 17}

The first four are the convention of its users, who know nothing of the rest: `channel` names the topic,
`offset` numbers the messages of a channel, and `epoch` names the life of that numbering. Sending and receiving
are others' business; here is what the words mean.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from ..errors import BadMessage

CHANNELS: Final[Mapping[str, str]] = {
    "metrics_update": "metrics",
    "alert": "alerts",
    "system_event": "events",
    "notification": "notifications",
}
"""Type → the channel it belongs to when it names none; any other type is its own channel."""

_TYPES: Final = {channel: kind for kind, channel in CHANNELS.items()}

CONTROL: Final = frozenset(
    {"hello", "ping", "pong", "subscribe", "unsubscribe", "publish", "ack", "error", "gap", "history"}
)
"""Types that are about the link, never data of a channel."""

UNANSWERED: Final = CONTROL - {"publish", "subscribe", "unsubscribe"}
"""Types that a server does not acknowledge: they are answers, or have their own."""

_SHOWN: Final = 80
"""Characters of a frame that a complaint quotes."""


_UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoders raise: no JSON, no envelope, nested without end."""


class Message(msgspec.Struct, omit_defaults=True, gc=False):
    """One decoded envelope.

    Attributes:
        type: what it is.
        data: anything that JSON has; None: nothing.
        timestamp: when, in milliseconds since the epoch; None: not said.
        id: told apart by its sender; None: not said.
        channel: the topic it belongs to; None: the one that its type names, see `channel_of`.
        epoch: the life of the channel's numbering; None: the server does not number.
        offset: its number in the channel, from 1; None: the server does not number.
    """

    type: str
    data: Any = None
    timestamp: float | None = None
    id: str | int | None = None
    channel: str | None = None
    epoch: str | None = None
    offset: int | None = None


_decode_frame = msgspec.json.Decoder(Message | list[Message]).decode
_decode_one = msgspec.json.Decoder(Message).decode
_decode_each = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


def channel_of(message: Message) -> str:
    """Return the channel a message belongs to."""
    return message.channel or CHANNELS.get(message.type, message.type)


def type_of(channel: str) -> str:
    """Return the type of the messages that a channel carries."""
    return _TYPES.get(channel, channel)


def new_id() -> str:
    """Return an id that no other message has."""
    return secrets.token_urlsafe(9)


def new_envelope(
    type: str, data: Any = None, *, id: str | int | None = None, channel: str | None = None
) -> Message:
    """Return a message of this moment, with an id of its own unless one is given."""
    return Message(type, data, round(time.time() * 1000), new_id() if id is None else id, channel)


def read(raw: str | bytes) -> tuple[list[Message], BadMessage | None]:
    """Return the messages of a frame, and what is wrong with those that could not be read.

    One bad envelope in an array costs only itself.
    """
    try:
        found = _decode_frame(raw)
    except _UNREADABLE as error:
        return _read_what_can_be(raw, error)
    return (found if type(found) is list else [found]), None


def _read_what_can_be(raw: str | bytes, error: Exception) -> tuple[list[Message], BadMessage]:
    good: list[Message] = []
    try:
        for one in _decode_each(raw):
            try:
                good.append(_decode_one(one))
            except _UNREADABLE as wrong:
                error, raw = wrong, bytes(one)
    except _UNREADABLE:
        pass  # no array: the first complaint stands
    return good, BadMessage(
        f"a message was skipped: {quote(raw)} is no envelope ({error}); "
        'send {"type": …, "data": …}, or pass decode= for another protocol'
    )


def quote(raw: str | bytes) -> str:
    """Return the beginning of a frame, as a complaint shows it."""
    text = raw if isinstance(raw, str) else bytes(raw[: 4 * _SHOWN]).decode("utf-8", "replace")
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def write(message: Message) -> str:
    """Return the frame of one message.

    Raises:
        TypeError: when its data are nothing that JSON has.
    """
    return _encode(message).decode()


def write_all(messages: Sequence[Message]) -> str:
    """Return one frame for several messages, for a peer that reads arrays."""
    return _encode(messages).decode()
