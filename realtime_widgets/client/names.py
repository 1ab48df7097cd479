"""Names of channels, checked before anything remembers or sends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import UsageError, WrongType
from ..protocol.envelope import CONTROL
from ..protocol.limits import MAX_NAME_LENGTH


def channels_of(data: Any) -> set[str] | None:
    """Return the channels that a `subscribe` names; None: the server will have a word about it."""
    streams = data.get("streams") if isinstance(data, Mapping) else None
    if not isinstance(streams, list | tuple | set | frozenset):
        return None
    return {checked_channel(channel) for channel in streams}


def checked_channel(channel: Any) -> str:
    """Return what can be the name of a channel that somebody follows; raises UsageError for what cannot."""
    name = checked_name(channel)
    if name in CONTROL:
        raise UsageError(
            f"{name!r} is no channel: such messages are about the link itself; choose another name"
        )
    return name


def checked_name(channel: Any) -> str:
    """Return what can be the channel of a message; raises UsageError for what cannot."""
    if not isinstance(channel, str) or not 1 <= len(channel) <= MAX_NAME_LENGTH:
        raise WrongType(f"{channel!r:.200} is no channel: pass a name of 1 to {MAX_NAME_LENGTH} characters")
    check_unicode(channel, f"{channel!r} is no channel")
    return channel


def check_unicode(text: str, what: str) -> None:
    """Raise UsageError for text that UTF-8 cannot encode: half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{what}: {error}; pass text that is Unicode, or bytes") from error
