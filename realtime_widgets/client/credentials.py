"""Credentials: which parts of what a client connects with are secret, to be masked wherever they come back.

| of | is secret |
|---|---|
| a token | it, without the name of its scheme |
| an address | the password, or the user name that has none; in the query, the values of `NAMES` |
| a header of `NAMES` | its value, and the values in that: of a cookie, of parameters, of `Basic` |
| another header, a part of the query without a name | from `LONG` characters on, but for headers that everybody sends |
| a subprotocol | one longer than a name is: tokens are sent so from where headers cannot be set |

What is in the messages that a user sends is not known here.
"""

from __future__ import annotations

import base64
import binascii
import re
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

NAMES: Final = re.compile(
    r"auth(?!or(?!i[sz]))|bearer|cookie|cred|jwt|key(?!word|board|frame)|pass(?=$|[^a-z]|w|code|phrase)|pwd|secret"
    r"|session|(?<!de)sig(?!nal)|^sid$|ticket|token",
    re.IGNORECASE,
)
"""Found in the names of headers, parameters and cookies that carry credentials."""

LONG: Final = 16
"""Characters from which on a value is taken for a secret though no name says so: words are shorter."""

LONGEST_SUBPROTOCOL: Final = 32
"""Characters of the longest that is a name; those that are registered have up to 26."""

_PART: Final = 8
"""Characters of the shortest part of credentials that is secret by itself: others are `realm`, `path` and the like."""

_OF_EVERYBODY: Final = re.compile(
    r"(accept|cache|content|sec|x-forwarded)-.*|accept|host|last-event-id|origin|pragma|referer|user-agent",
    re.IGNORECASE,
)

_WITH_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9\-]*) +(\S.*)")


def of_token(token: Any) -> Iterator[str]:
    """Yield what is secret of a token; nothing of what is none."""
    if isinstance(token, str):
        yield from _of_value(token)


def of_url(url: Any) -> Iterator[str]:
    """Yield what is secret of an address, as it is written and as it is meant; nothing of what is none."""
    try:
        parts = urllib.parse.urlsplit(url)
        user, password, query = parts.username, parts.password, parts.query
    except (ValueError, TypeError, AttributeError):
        return
    if not isinstance(url, str):
        return
    yield from _as_meant(password or user or "")
    if user and password:
        yield base64.b64encode(urllib.parse.unquote(f"{user}:{password}").encode(errors="replace")).decode()
    for piece in query.split("&"):
        name, found, value = piece.partition("=")
        if found and NAMES.search(urllib.parse.unquote(name)):
            yield from _as_meant(value)
        elif not found and len(name) >= LONG:
            yield from _as_meant(name)


def has_credentials(query: str) -> bool:
    """Return whether the query of an address names credentials."""
    pieces = (piece.partition("=") for piece in query.split("&"))
    return any(found and NAMES.search(urllib.parse.unquote(name)) for name, found, _ in pieces)


def of_headers(headers: Any) -> Iterator[str]:
    """Yield what is secret of headers; nothing of what are none."""
    if not isinstance(headers, Mapping):
        return
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, str):
            continue
        if NAMES.search(name):
            yield from _of_value(value)
        elif len(value) >= LONG and not _OF_EVERYBODY.fullmatch(name):
            yield value


def of_protocols(protocols: Iterable[str]) -> Iterator[str]:
    """Yield the subprotocols that are tokens, and the last parts of those that end in one."""
    for protocol in protocols:
        if len(protocol) > LONGEST_SUBPROTOCOL:
            yield protocol
            yield from (part for part in protocol.split(".") if len(part) > LONGEST_SUBPROTOCOL)


def _of_value(value: str) -> Iterator[str]:
    """Yield credentials, and the values in them."""
    scheme = _WITH_SCHEME.fullmatch(value)
    bare = value if scheme is None else scheme[2]
    yield bare
    if scheme is not None and scheme[1].lower() == "basic":
        yield from _of_basic(bare)
    for part in re.split(r"[\s,;]+", bare):
        name, found, said = part.partition("=")
        said = said.strip('"')
        if found and (len(said) >= _PART or NAMES.search(name)):
            yield said
        elif not found and len(part) >= _PART:
            yield part


def _of_basic(value: str) -> Iterator[str]:
    try:
        both = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return
    yield both.partition(":")[2]


def _as_meant(value: str) -> Iterator[str]:
    yield value
    yield urllib.parse.unquote(value)
    yield urllib.parse.unquote_plus(value)
