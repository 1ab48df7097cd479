"""Access policy: checks the `Host`, the `Origin` and the token of every request to the hub.

Any browser on this machine lets a web page open a socket to it, so two things are checked before the token: the `Host`
header must name this machine (a page whose own name was made to resolve to it, DNS rebinding, sends that name), and an
`Origin`, which only browsers send, must be the hub's own or an allowed one. Pure: it is given what a request says, and
returns why it is refused, if it is.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from ..errors import UsageError

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names of this machine for programs that run on it."""

EVERYWHERE: Final = frozenset({"", "0.0.0.0", "::"})
"""Hosts that mean every address of this machine."""

_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(:\d+)?")
_ORIGIN: Final = re.compile(r"null|[a-z][a-z0-9+.-]*://[^/\s]+")
_SHOWN: Final = 100
"""Characters of a header that a refusal quotes."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused.

    Attributes:
        status: the HTTP status: 401 for the token, 403 for the rest.
        code: the reason for programs: `token`, `host` or `origin`.
        message: one sentence, without secrets.
    """

    status: int
    code: str
    message: str


class AccessPolicy:
    """Checks requests.

    Args:
        token: that every request must carry; None: none is needed.
        host: that the hub listens on.
        machine: the name of this machine, accepted when the hub listens on every address.
        origins: of pages that may connect, besides the hub's own.
    """

    def __init__(
        self, *, token: str | None, host: str, machine: str = "", origins: Iterable[str] = ()
    ) -> None:
        self._token = None if token is None else token.encode()
        self._anywhere = host in EVERYWHERE
        self._hosts = LOOPBACK | {bracketed((machine if self._anywhere else host).lower())}
        self._origins = frozenset(origins)

    def check_sender(self, host: str | None, origin: str | None) -> Refusal | None:
        """Return why a request's `Host` or `Origin` is refused; None: they are accepted.

        Args:
            host: the `Host` header; None: there is none.
            origin: the `Origin` header; None: there is none, so the client is no browser.
        """
        named = (host or "").lower()
        if not self._is_ours(named):
            return Refusal(
                403,
                "host",
                f"the Host header is {_quote(host)}, which is not this hub; use its own address, or start it there",
            )
        if origin is not None and origin != f"http://{named}" and origin not in self._origins:
            return Refusal(
                403,
                "origin",
                f"pages of {_quote(origin)} may not use this hub; start it with origins=[{_quote(origin)}]",
            )
        return None

    def check_token(self, authorization: str | None, in_query: str | None) -> Refusal | None:
        """Return why a request's token is refused; None: it is accepted.

        Args:
            authorization: the `Authorization` header; None: there is none.
            in_query: the token in the query, used when the header has none; None: there is none.
        """
        if self._token is None:
            return None
        scheme, _, value = (authorization or "").partition(" ")
        token = value.strip() if scheme.lower() == "bearer" else in_query
        if not token:
            return Refusal(
                401,
                "token",
                "this hub wants its token and there is none; pass it as auth=, or send 'Authorization: Bearer …'",
            )
        if not secrets.compare_digest(token.encode(), self._token):
            return Refusal(401, "token", "this is not the token of this hub; pass the right one")
        return None

    def _is_ours(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        # An IP address cannot be made to point elsewhere by DNS, as a name can.
        return match[1] in self._hosts or (self._anywhere and _is_address(match[1].strip("[]")))


def split_token(query: str) -> tuple[str | None, str]:
    """Return the token of a query, if it has one, and the query without it, which may be logged."""
    pairs = parse_qsl(query, keep_blank_values=True)
    token = next((value for name, value in pairs if name == "token"), None)
    return token, query if token is None else urlencode([pair for pair in pairs if pair[0] != "token"])


def check_token_text(token: object) -> None:
    """Raise when a text cannot be a token.

    Raises:
        UsageError: it is empty, or has characters that a header cannot carry.
    """
    if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
        raise UsageError(
            "this token cannot be used: it must be text of visible ASCII characters without spaces; "
            "leave token= out for a random one"
        )


def check_origins(origins: Iterable[object]) -> tuple[str, ...]:
    """Return origins as a tuple.

    Raises:
        UsageError: one is no origin, for example because it has a path: no browser would ever send it.
    """
    if isinstance(origins, str):
        raise UsageError(f"origins={origins!r} cannot be used: it must be a list; pass [{origins!r}]")
    found: list[str] = []
    for origin in origins:
        if not isinstance(origin, str) or not _ORIGIN.fullmatch(origin):
            raise UsageError(
                f"{origin!r} is no origin: it must be scheme://host or scheme://host:port without anything after it; "
                "pass for example 'http://localhost:3000'"
            )
        found.append(origin)
    return tuple(found)


def is_loopback(host: str) -> bool:
    """Return whether a host can only be reached from this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bracketed(host: str) -> str:
    """Return a host as addresses write it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _quote(header: str | None) -> str:
    return "missing" if header is None else repr(header[:_SHOWN])
