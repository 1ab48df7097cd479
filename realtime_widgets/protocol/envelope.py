"""Message: the JSON envelope that clients and servers send each other.

Every frame is one envelope, or an array of them where the peer has said that it reads arrays:

    {"type": "metrics_update", "data": {…}, "timestamp": 1795456052100, "id": "x7Qf…",
     "channel": "metrics", "epoch": "c4f1", "offset": 17}

The first four are the convention of existing servers, which do not know the rest: `channel` names the topic, `offset`
numbers the messages of a channel, and `epoch` identifies that numbering. Keys beyond these are passed over. What
others write beside JSON proper is read too, see `json_values`; NaN and infinity are written as null, since the JSON of
browsers has nothing else, and a stream reads null as missing. This module defines and (de)serialises envelopes; client
and hub send and receive them.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ..errors import BadMessage, BadTime, shown
from ..streams.as_json import to_json
from ..streams.text import well_formed, well_formed_values
from .json_values import values_of
from .quoting import quote
from .timestamps import milliseconds_of

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

EMPTY: Final = frozenset({"ping", "pong", "ack"})
"""Types that may say nothing but themselves: both sides send them with `{}`, and a peer may leave that out."""

_ALIVE: Final = "heartbeat"
"""What existing servers send without data as a sign of life: a type like any other, which costs nobody anything."""


class Message(msgspec.Struct, omit_defaults=True, gc=False):
    """One decoded envelope.

    Attributes:
        type: the kind of message.
        data: any JSON value; None: nothing.
        timestamp: when, in milliseconds since the epoch; None: not given. In what is read, ISO 8601 and other units are
            converted, see `timestamps`.
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
_KEYS: Final = frozenset(Message.__struct_fields__)
_HINT: Final = (
    'send {"type": …, "data": …}, or pass decode= for another protocol, such as rw.decoders.json(…)'
)
_NULL: Final = msgspec.Raw(b"null")
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


def read(raw: str | bytes, *, requests: bool = False) -> tuple[list[Message], BadMessage | None]:
    """Return the messages of a frame, and an error for those that could not be decoded.

    A bad envelope does not affect those beside it, in an array or on other lines. A frame without any value has no
    messages. What has no data is another protocol, in which a `type` is common too, but for the types of `EMPTY`.

    Args:
        raw: the frame.
        requests: it came to a server, which answers each type itself: then what has no keys but ours is an envelope,
            and so is what controls the connection, but for a `publish` with its data under another name.
    """
    try:
        found = _decode_frame(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _read_leniently(raw, requests)
    messages = found if type(found) is list else [found]
    for message in messages:
        timestamp = message.timestamp
        if (timestamp is not None and not 1e11 <= timestamp < 1e14) or message.data is None:
            return _read_leniently(raw, requests)
    return messages, None


def _read_leniently(raw: str | bytes, requests: bool) -> tuple[list[Message], BadMessage | None]:
    """Read what is not plain: several values, NaN, other times, and what may not be meant for us."""
    values, unreadable = values_of(raw)
    good: list[Message] = []
    error = None
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            try:
                good.append(_from_value(one, requests))
            except (msgspec.MsgspecError, ValueError) as wrong:
                error = error or _skipped(json.dumps(one, ensure_ascii=False), wrong)
    for line, problem in unreadable:
        error = error or _skipped(line, problem)
    return good, error


def _from_value(value: Any, requests: bool) -> Message:
    if isinstance(value, dict):
        if value.get("timestamp") is not None:
            try:
                value = {**value, "timestamp": milliseconds_of(value["timestamp"])}
            except BadTime as error:
                raise ValueError(f"its timestamp {error}") from None
        kind = value.get("type")
        if "data" not in value and isinstance(kind, str):
            foreign = next((key for key in value if key not in _KEYS), None)
            if not _may_lack_data(kind, foreign is not None, requests):
                raise ValueError(
                    "it has no data" if foreign is None else f"it has {shown(foreign, 80)} and no data"
                )
    return msgspec.convert(value, Message)


def _may_lack_data(kind: str, foreign: bool, requests: bool) -> bool:
    """Return whether what has no data may be an envelope all the same; `foreign`: it has keys that are not ours."""
    if kind in EMPTY:
        return True
    if requests:
        return not foreign or kind in CONTROL - {"publish"}
    return kind == _ALIVE and not foreign


def _skipped(frame: str, error: Exception) -> BadMessage:
    return BadMessage(f"a message was skipped: {quote(frame)} is no envelope ({str(error)[:160]}); {_HINT}")


def write(message: Message) -> str:
    """Return the frame of one message; lone surrogates, which no frame can carry, become U+FFFD.

    No data are null and never left out: who reads the frame takes one without for another protocol.

    Raises:
        TypeError: when its data cannot be encoded as JSON.
    """
    if message.data is None:
        message = msgspec.structs.replace(message, data=_NULL)
    try:
        return _encode(message).decode()
    except TypeError:
        if isinstance(message.data, msgspec.Raw):
            raise
        return write(msgspec.structs.replace(message, data=msgspec.Raw(encode_data(message.data))))
    except UnicodeEncodeError:
        fields = msgspec.structs.asdict(message)
        fields |= {name: well_formed(text) for name, text in fields.items() if isinstance(text, str)}
        return _encode(Message(**fields | {"data": msgspec.Raw(encode_data(message.data))})).decode()


def encode_data(data: Any) -> bytes:
    """Return the data of a message as JSON in UTF-8: NaN and infinity are null, lone surrogates U+FFFD; see `as_json`.

    Raises:
        TypeError, ValueError, RecursionError: JSON cannot express them.
    """
    try:
        try:
            raw = _encode(data)
        except UnicodeEncodeError:
            raw = _encode(_well_formed(data))
    except TypeError:  # of other libraries than Python's own
        raw = _encode(to_json(data))
    return bytes(memoryview(raw))  # a copy: the encoder's own holds half as much again


def _well_formed(data: Any) -> Any:
    """Return what JSON can express with all its text as Unicode, that of dataclasses and the like too."""
    return well_formed_values(msgspec.to_builtins(data, builtin_types=(msgspec.Raw,)))
