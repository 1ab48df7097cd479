"""Decoding: converts what users' `decode=` functions return to messages, and rejects what cannot be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ...errors import BadMessage, BadTime, did_you_mean, shown
from ...protocol.envelope import Message
from ...protocol.timestamps import HINT, milliseconds_of
from .recovery import UNNAMED

_KEYS: Final = ("channel", "data", "timestamp", "type", "id", "epoch", "offset")


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
            f'decode() returned {shown(given)}: return rw.Message, {{"channel": …, "data": …}}, '
            "a list of those, or None"
        )


def _from_mapping(given: Mapping[str, Any]) -> Message:
    channel, kind = given.get("channel"), given.get("type")
    if not isinstance(channel or kind, str):
        raise BadMessage(
            f'decode() returned {shown(given, 200)}, which names no channel: return {{"channel": "…", "data": …}}'
        )
    for key in given:
        if key not in _KEYS:
            name = shown(key)
            hint = did_you_mean(name[1:-1], _KEYS) or '; what belongs to the record goes into "data"'
            raise BadMessage(f"decode() returned {shown(given, 200)}, and {name} means nothing{hint}")
    if "data" not in given:
        raise BadMessage(
            f'decode() returned {shown(given, 200)}, which has no "data": return what the record is of'
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
            f"decode() returned the type {shown(message.type)} and the channel {shown(message.channel)}: pass texts"
        )
    if message.timestamp is not None:
        try:
            message.timestamp = milliseconds_of(message.timestamp)
        except BadTime:
            raise BadMessage(f"decode() returned the timestamp {shown(message.timestamp)}: {HINT}") from None
    if message.offset is None:
        return message
    if type(message.offset) is not int or not isinstance(message.epoch, str | None):
        raise BadMessage(
            f"decode() returned the epoch {shown(message.epoch)} and the offset {shown(message.offset)}: "
            "an offset is an int, and an epoch a text or left out"
        )
    if message.epoch is None:
        message.epoch = UNNAMED
    return message
