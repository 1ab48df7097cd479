"""Headers: what a request may carry, checked before it is sent; errors never show a value, which may be a secret."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

from ..errors import UsageError, WrongType

TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~\-]+")
"""The name of a header, or of a subprotocol (RFC 9110, 5.6.2)."""

_WITH_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9\-]*) +(\S.{2,})")
"""Credentials after the name of their scheme; a token alone has no space (RFC 6750, 2.1)."""

OF_THE_HANDSHAKE: Final = frozenset(
    [
        "connection",
        "content-length",
        "sec-websocket-accept",
        "sec-websocket-extensions",
        "sec-websocket-key",
        "sec-websocket-protocol",
        "sec-websocket-version",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)
"""Names that say how the connection itself works: another value breaks it."""


def checked_headers(headers: Any) -> dict[str, str]:
    """Return a user's headers as a dict, the last of those whose names differ in case only.

    Raises:
        UsageError: when one cannot be sent.
    """
    if not isinstance(headers, Mapping):
        raise WrongType(f"the headers are of type {type(headers).__name__}: give a dict")
    said: dict[str, str] = {}
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise WrongType(
                f"the header {_shown(name)} cannot be sent: it is no text; pass names and values as text"
            )
        if not TOKEN.fullmatch(name):
            raise UsageError(
                f"the header {_shown(name)} cannot be sent: its name is no word of letters, digits and '-'; check it"
            )
        if name.lower() in OF_THE_HANDSHAKE:
            hint = "pass protocols=" if name.lower() == "sec-websocket-protocol" else "leave it out"
            raise UsageError(
                f"the header {name!r} cannot be sent: it belongs to the connection itself; {hint}"
            )
        check_value(f"the header {name!r}", value)
        said.pop(named(said, name) or name, None)
        said[name] = value
    return said


def named(headers: Mapping[str, str], name: str) -> str | None:
    """Return the name of a header as it is written there, whatever its case; None: it is not there."""
    return next((each for each in headers if each.lower() == name.lower()), None)


def merged(ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    """Return our headers and a user's, who goes first where the names are the same, whatever their case."""
    return {name: value for name, value in ours.items() if named(theirs, name) is None} | dict(theirs)


def bearer(token: Any) -> str:
    """Return the value of `Authorization` for a token; one that has its scheme keeps it.

    Raises:
        UsageError: when it cannot be sent.
    """
    if not isinstance(token, str):
        raise WrongType(f"the token cannot be sent: it is of type {type(token).__name__}; pass text")
    check_value("the token", token)
    scheme = _WITH_SCHEME.fullmatch(token)
    return f"{scheme[1]} {scheme[2]}" if scheme else f"Bearer {token}"


def _shown(name: Any) -> str:
    """Return the name of a header for an error: its first word, since a whole line may be given for one."""
    if not isinstance(name, str):
        return f"whose name is of type {type(name).__name__}"
    word = TOKEN.match(name)
    return repr(name[:1] if word is None else word[0][:100])


def basic(user: str, password: str) -> str:
    """Return the value of `Authorization` for a user name and a password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def check_value(what: str, value: str) -> None:
    """Raise UsageError when this cannot be the value of a header; a library's error would quote it."""
    if not value and what == "the token":
        raise UsageError(f"{what} cannot be sent: it is empty; pass None for none")
    if not value.isprintable() or not value.isascii() or value != value.strip():
        raise UsageError(
            f"{what} cannot be sent: it has a line end, a space at an end or a character beyond ASCII; strip it"
        )
