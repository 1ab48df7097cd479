"""The body: what a client posts to ask for a stream of events, as JSON; encoded once, when it is given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..errors import UsageError, WrongType
from ..protocol.envelope import encode_data
from .address import is_one_way


def body_of(value: Any, url: Any) -> bytes:
    """Return a JSON value as it is sent, in UTF-8; lone surrogates, which no server could read, are U+FFFD.

    Args:
        value: dicts, lists, texts, numbers, and what becomes some of these, such as arrays; no NaN or infinity.
        url: where it goes; a function may give it.

    Raises:
        UsageError, WrongType: it is nothing that JSON has, or the address is one of a WebSocket.
    """
    if isinstance(url, str) and not is_one_way(url):
        raise UsageError(
            "post= cannot be sent over a WebSocket: it is for http:// and https://, whose answer is a stream of "
            "events; pass such an address, or send messages with client.send()"
        )
    if isinstance(value, bytes | bytearray | memoryview):  # which would be sent as base64
        raise WrongType(
            "post= cannot be sent as JSON: it is bytes; pass what they say, dicts, lists, texts and numbers"
        )
    try:
        if _has_no_number(value):  # which would be null, and so another question
            raise UsageError(
                "post= cannot be sent as JSON: it has a NaN or an infinity; pass None for no number"
            )
        return encode_data(value)
    except RecursionError:
        reason = "it is nested too deeply, or holds itself"
    except (TypeError, ValueError, OverflowError) as error:
        if type(error) is UsageError:
            raise
        reason = str(error).partition(";")[0][:200]
    raise WrongType(f"post= cannot be sent as JSON: {reason}; pass dicts, lists, texts and numbers")


def _has_no_number(value: Any) -> bool:
    """Whether there is a NaN or an infinity in it."""
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, Mapping):
        return any(map(_has_no_number, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_no_number, value))
