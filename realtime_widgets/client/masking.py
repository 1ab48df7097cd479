"""Masking: addresses without their secrets, alone and in text that others wrote.

A secret may stand in the user name, the password, the query and the fragment of an address. What libraries and users'
functions say in their errors quotes such addresses, so it is masked before it is kept, logged or shown.
"""

from __future__ import annotations

import re
import traceback
from typing import Final

MAX_LENGTH: Final = 500
"""Characters of an error that somebody else worded."""

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^\s'\"<>`]*")

_QUERY: Final = re.compile(r"\?[^\s'\"=?]+=[^\s'\"<>`]*")
"""The query of an address without scheme, such as the target of a request."""

_TOKEN: Final = re.compile(r"\b([Bb]earer)[ =:]+[\w\-.~+/]{4,}=*")

_HOST: Final = re.compile(r"[^:]*(:\d*)?|\[[^\]]*\](:\d*)?")
"""Host and port; what does not match may be a user name with the start of a password."""


def label_of(url: str) -> str:
    """Return an address for display: no credentials, no query, no fragment. Any text will do."""
    scheme, found, rest = url.partition("://")
    if not found:
        scheme, rest = "", url
    authority = re.split(r"[/\\?#]", rest, maxsplit=1)[0]
    path = re.split(r"[?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        rest = rest[authority.rindex("@") + 1 :]
    elif "@" in path or ("@" in rest and not _HOST.fullmatch(authority)):
        rest = rest.rpartition("@")[2]  # a password with a "/", "?" or "#" that was not escaped
    return f"{scheme}{found}{re.split(r'[?#]', rest, maxsplit=1)[0]}"


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address for display."""
    scheme, found, rest = label_of(url).partition("://")
    return f"{scheme}{found}{rest.partition('/')[0]}"


def masked(text: str) -> str:
    """Return text that others wrote with its addresses masked, and tokens after the name of their scheme."""
    text = _ADDRESS.sub(lambda match: label_of(match[0]), text)
    return _TOKEN.sub(r"\1 …", _QUERY.sub("?…", text))


def masked_error(error: BaseException) -> str:
    """Return the class and the masked text of an error, in one line of at most `MAX_LENGTH` characters of Unicode."""
    said = (
        " ".join(masked(str(error)[: 2 * MAX_LENGTH]).split())[:MAX_LENGTH].encode(errors="replace").decode()
    )
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def masked_traceback(error: BaseException) -> str:
    """Return the traceback of an error as Python prints it, masked."""
    return masked("".join(traceback.format_exception(error)).rstrip())
