"""The guard: who may come in. Pure: it is given what a request says, and answers why it is turned down, if it is.

A web page can open a socket to this machine from any browser on it, so two things are asked of everybody before
the token is looked at: the `Host` header names this machine (a page whose own name was made to point here, DNS
rebinding, names itself), and an `Origin`, which only browsers send, is the hub's own or one that was allowed.
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
"""What this machine is called by those who are on it."""

EVERYWHERE: Final = frozenset({"", "0.0.0.0", "::"})
"""Hosts that mean every address of this machine."""

_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(:\d+)?")
_ORIGIN: Final = re.compile(r"null|[a-z][a-z0-9+.-]*://[^/\s]+")
_SHOWN: Final = 100
"""Characters of a header that a refusal quotes."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is turned down.

    Attributes:
        status: of HTTP: 401 for the token, 403 for the rest.
        code: the same for programs: `token`, `host` or `origin`.
        message: one sentence, without secrets.
    """

    status: int
    code: str
    message: str


class AccessPolicy:
    """Checks requests.

    Args:
        token: that everybody must show; None: none is asked for.
        host: that the hub listens on.
        machine: the name of this machine, which counts when the hub listens everywhere.
        origins: pages that may come in beside the hub's own.
    """

    def __init__(
        self, *, token: str | None, host: str, machine: str = "", origins: Iterable[str] = ()
    ) -> None:
        self._token = None if token is None else token.encode()
        self._anywhere = host in EVERYWHERE
        self._hosts = LOOPBACK | {bracketed((machine if self._anywhere else host).lower())}
        self._origins = frozenset(origins)

    def check_sender(self, host: str | None, origin: str | None) -> Refusal | None:
        """Return why a request may not come from where it comes from; None: it may.

        Args:
            host: the `Host` header; None: there is none.
            origin: the `Origin` header; None: there is none, so it is no browser.
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
        """Return why a request's token is not good; None: it is.

        Args:
            authorization: the `Authorization` header; None: there is none.
            in_query: the token of the query, which counts when the header has none; None: there is none.
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
        # A number cannot be made to point elsewhere, as a name can.
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
        UsageError: one is none, for example because a path follows it: no browser would ever send it.
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
