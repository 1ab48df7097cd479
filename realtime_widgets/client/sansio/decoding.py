"""Decoding: converts what users' `decode=` functions return to messages, and rejects what cannot be. Pure."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import numpy as np

from ...errors import BadMessage, did_you_mean
from ...protocol.envelope import Message
from .recovery import UNNAMED

_KEYS: Final = ("channel", "data", "timestamp", "type", "id", "epoch", "offset")

_EARLIEST: Final = 1e11
"""Milliseconds; as seconds it would be in the year 5138."""


def messages_of(given: Any) -> Iterable[Message]:
    """Yield what a decoder returned as messages; those before an invalid one are valid.

    Raises:
        BadMessage: for the first invalid one.
    """
    if given is None:
        return
    if isinstance(given, Message):
        yield _checked(given)
    elif isinstance(given, Mapping):
        yield _from_mapping(given)
    elif isinstance(given, Iterable) and not isinstance(given, str | bytes):
        for one in given:
            yield from messages_of(one)
    else:
        raise BadMessage(
            f'decode() returned {given!r}: return rw.Message, {{"channel": …, "data": …}}, a list of those, or None'
        )


def _from_mapping(given: Mapping[str, Any]) -> Message:
    channel, kind = given.get("channel"), given.get("type")
    if not isinstance(channel or kind, str):
        raise BadMessage(
            f'decode() returned {dict(given)!r:.200}, which names no channel: return {{"channel": "…", "data": …}}'
        )
    for key in given:
        if key not in _KEYS:
            hint = did_you_mean(str(key), _KEYS) or '; what belongs to the record goes into "data"'
            raise BadMessage(f"decode() returned {dict(given)!r:.200}, and {key!r} means nothing{hint}")
    if "data" not in given:
        raise BadMessage(
            f'decode() returned {dict(given)!r:.200}, which has no "data": return what the record is of'
        )
    return _checked(
        Message(
            kind or channel,  # type: ignore[arg-type]
            given["data"],
            given.get("timestamp"),
            given.get("id"),
            channel,
            given.get("epoch"),
            given.get("offset"),
        )
    )


def _checked(message: Message) -> Message:
    """Return a message after validating it; an offset without an epoch gets the epoch `UNNAMED`."""
    kind: Any = message.type
    channel: Any = message.channel
    if not isinstance(kind, str) or not isinstance(channel, str | None):
        raise BadMessage(
            f"decode() returned the type {message.type!r} and the channel {message.channel!r}: pass texts"
        )
    message.timestamp = _milliseconds(message.timestamp)
    if message.offset is None:
        return message
    if type(message.offset) is not int or not isinstance(message.epoch, str | None):
        raise BadMessage(
            f"decode() returned the epoch {message.epoch!r} and the offset {message.offset!r}: "
            "an offset is an int, and an epoch a text or left out"
        )
    if message.epoch is None:
        message.epoch = UNNAMED
    return message


def _milliseconds(given: Any) -> float | None:
    """Return a time in milliseconds since the epoch: a number is that, text is ISO 8601, a datetime is a moment."""
    if given is None:
        return None
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given)
        except ValueError:
            raise _no_time(given) from None
    try:
        if isinstance(given, datetime):
            return given.timestamp() * 1000
        if isinstance(given, bool | np.bool_) or not isinstance(given, numbers.Real | Decimal):
            raise _no_time(given)
        milliseconds = float(given)
    except (OverflowError, ValueError, OSError):  # beyond what the system, or a float, can represent
        raise _no_time(given) from None
    if 0 < milliseconds < _EARLIEST:
        raise BadMessage(
            f"decode() returned the timestamp {given!r}, which is in 1970: pass milliseconds, these seem to be seconds"
        )
    return milliseconds


def _no_time(given: Any) -> BadMessage:
    return BadMessage(
        f"decode() returned the timestamp {given!r:.80}: pass milliseconds since the epoch, ISO 8601, or a datetime"
    )
