"""Refusals: what a server says of a failure in JSON, in its own words.

    {"error": {"message": "Incorrect API key provided", "type": "invalid_request_error"}}

That is what servers of language models say, as the body of an answer that is no stream or as an event in the middle of
one. Others have a text in place of the inner object, or name it `message` or `detail`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..protocol.json_values import values_of
from .masking import masked

MAX_SAID: Final = 300
"""Characters of a server's words that are passed on."""

MAX_READ: Final = 64 * 1024
"""Bytes of an answer that are read to find them."""

_PATHS: Final = (("error", "message"), ("error",), ("message",), ("detail",))


def said_in(raw: str | bytes) -> str | None:
    """Return what the server says, in one line and without what looks like a secret; None: it says nothing.

    Args:
        raw: the JSON of an answer or an event.
    """
    return next(
        filter(None, (_text(_at(value, path)) for value in values_of(raw)[0] for path in _PATHS)), None
    )


def failure_in(data: str, event: str) -> str | None:
    """Return what a server says in an event that reports a failure; None: it is an event like any other.

    Args:
        data: of the event.
        event: its type.
    """
    if event != "error" and not data.lstrip().startswith('{"error"'):
        return None
    if event == "error":
        return said_in(str(data))
    return next(
        filter(None, (_text(_at(value, ("error", "message"))) for value in values_of(str(data))[0])), None
    )


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _text(found: Any) -> str | None:
    if not isinstance(found, str):
        return None
    # Cut before as well, since it may be as long as what was read; where it was cut is shown: a secret may have begun.
    said = masked(" ".join(found[: 4 * MAX_SAID].split()))
    return said if len(said) <= MAX_SAID else f"{said[: MAX_SAID - 1]}…"
