"""Message: the JSON envelope that clients and servers send each other.

Every frame is one envelope, or an array of them where the peer has said that it reads arrays:

    {"type": "metrics_update", "data": {…}, "timestamp": 1795456052100, "id": "x7Qf…",
     "channel": "metrics", "epoch": "c4f1", "offset": 17}

The first four are the convention of existing servers, which do not know the rest: `channel` names the topic, `offset`
numbers the messages of a channel, and `epoch` identifies that numbering. This module defines and (de)serialises
envelopes; client and hub send and receive them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ..errors import BadMessage
from .text import well_formed_data

CHANNELS: Final[Mapping[str, str]] = {
    "metrics_update": "metrics",
    "alert": "alerts",
    "system_event": "events",
    "notification": "notifications",
}
"""Type → the channel of its messages when they name none; any other type is its own channel."""

_TYPES: Final = {channel: kind for kind, channel in CHANNELS.items()}

CONTROL: Final = frozenset(
    {"hello", "ping", "pong", "subscribe", "unsubscribe", "publish", "ack", "error", "gap", "history"}
)
"""Types that control the connection, never data of a channel."""

UNANSWERED: Final = CONTROL - {"publish", "subscribe", "unsubscribe"}
"""Types that a server does not acknowledge: they are answers, or have answers of their own."""

_SHOWN: Final = 80
"""Characters of a frame that an error message quotes."""


_UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoders raise: not JSON, not an envelope, nested too deeply."""


class Message(msgspec.Struct, omit_defaults=True, gc=False):
    """One decoded envelope.

    Attributes:
        type: the kind of message.
        data: any JSON value; None: nothing.
        timestamp: when, in milliseconds since the epoch; None: not given.
        id: unique for its sender; None: not given.
        channel: the topic it belongs to; None: the one of its type, see `channel_of`.
        epoch: identifies the channel's numbering; None: the server does not number.
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
    """Return the type of the messages of a channel."""
    return _TYPES.get(channel, channel)


def new_id() -> str:
    """Return an id that no other message has."""
    return secrets.token_urlsafe(9)


def new_envelope(
    type: str, data: Any = None, *, id: str | int | None = None, channel: str | None = None
) -> Message:
    """Return a message with the present time, and a new id unless one is given."""
    return Message(type, data, round(time.time() * 1000), new_id() if id is None else id, channel)


def read(raw: str | bytes) -> tuple[list[Message], BadMessage | None]:
    """Return the messages of a frame, and an error for those that could not be decoded.

    A bad envelope in an array does not affect the others.
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
        pass  # not an array: the first error stands
    return good, BadMessage(
        f"a message was skipped: {quote(raw)} is no envelope ({error}); "
        'send {"type": …, "data": …}, or pass decode= for another protocol'
    )


def quote(raw: str | bytes) -> str:
    """Return the beginning of a frame, for an error message."""
    text = raw if isinstance(raw, str) else bytes(raw[: 4 * _SHOWN]).decode("utf-8", "replace")
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def write(message: Message) -> str:
    """Return the frame of one message; lone surrogates, which no frame can carry, become U+FFFD.

    Raises:
        TypeError: when its data cannot be encoded as JSON.
    """
    try:
        return _encode(message).decode()
    except UnicodeEncodeError:
        fields = {name: well_formed_data(value) for name, value in msgspec.structs.asdict(message).items()}
        return _encode(Message(**fields)).decode()


def encode_data(data: Any) -> bytes:
    """Return the data of a message as JSON in UTF-8: NaN and infinity are null, lone surrogates U+FFFD.

    Raises:
        TypeError, ValueError, RecursionError: JSON cannot express them.
    """
    try:
        raw = _encode(data)
    except UnicodeEncodeError:
        raw = _encode(well_formed_data(data))
    return bytes(memoryview(raw))  # a copy: the encoder's own holds half as much again
