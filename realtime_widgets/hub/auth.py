"""Access policy: checks the `Host`, the `Origin` and the token of every request to the hub.

Any browser on this machine lets a web page open a socket to it, so two things are checked before the token: the `Host`
header must name this machine or one of the hub's other names (a page whose own name was made to resolve to it, DNS
rebinding, sends that name), and an `Origin`, which only browsers send, must be the hub's own or an allowed one. Pure:
it is given what a request says, and returns why it is refused, if it is, or else what its token gives (`keyring`).
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from ..errors import UsageError, WrongType
from .keyring import Keyring
from .rights import Access
from .signed import BadToken

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names of this machine for programs that run on it."""

EVERYWHERE: Final = frozenset({"", "0.0.0.0", "::"})
"""Hosts that mean every address of this machine."""

_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(:\d+)?")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_ORIGIN: Final = re.compile(r"null|[a-z][a-z0-9+.-]*://[^/\s]+")
_SHOWN: Final = 100
"""Characters of a header that a refusal quotes."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused.

    Attributes:
        status: the HTTP status: 401 for the token, 400 for the length and the path, 403 for the rest.
        code: the reason for programs: `token`, `expired`, `length`, `path`, `host` or `origin`.
        message: one sentence, without secrets.
    """

    status: int
    code: str
    message: str


class AccessPolicy:
    """Checks requests.

    Args:
        keyring: the tokens of which every request must carry one; None: none is needed.
        host: that the hub listens on.
        machine: the name of this machine, accepted when the hub listens on every address.
        origins: of pages that may connect, besides the hub's own.
        hosts: other names that the hub is reached by, as `check_hosts` returns them.
        open_paths: that need no token.
    """

    def __init__(
        self,
        *,
        keyring: Keyring | None,
        host: str,
        machine: str = "",
        origins: Iterable[str] = (),
        hosts: Iterable[str] = (),
        open_paths: Iterable[str] = ("/health",),
    ) -> None:
        self._keyring = keyring
        self.open_paths = frozenset(open_paths)
        self._anywhere = host in EVERYWHERE
        self._hosts = LOOPBACK | {bracketed((machine if self._anywhere else host).lower())}
        self._names = frozenset(hosts)
        self._origins = frozenset(origins)

    def check_sender(self, host: str | None, origin: str | None) -> Refusal | None:
        """Return why a request's `Host` or `Origin` is refused; None: they are accepted.

        Args:
            host: the `Host` header; None: there is none.
            origin: the `Origin` header; None: there is none, so the client is no browser.
        """
        if not self._is_ours(_name_of(host)):
            named = [host[:_SHOWN]] if host else ["hub.example.org"]
            return Refusal(
                403,
                "host",
                f"the Host header is {_quote(host)}, which is not this hub; use its own address, or start it with "
                f"hosts={named!r} if that is another name of it",
            )
        if origin is not None and not self.allows_page(host, origin):
            return Refusal(
                403,
                "origin",
                f"pages of {_quote(origin)} may not use this hub; start it with origins=[{_quote(origin)}]",
            )
        return None

    def allows_page(self, host: str | None, origin: str) -> bool:
        """Return whether pages of an origin may use the hub: its own, by the `Host` they name, and allowed ones.

        Args:
            host: the `Host` header; None: there is none.
            origin: the `Origin` header.
        """
        if origin in self._origins:
            return True
        if not self._is_ours(name := _name_of(host)):
            return False
        # A proxy before the hub, which gave it that name, may speak TLS.
        schemes = ("http", "https") if name in self._names else ("http",)
        return origin in [f"{scheme}://{(host or '').lower()}" for scheme in schemes]

    def check_token(self, authorization: str | None, in_query: str | None) -> Access | Refusal:
        """Return what a request's token gives, or why it is refused.

        Args:
            authorization: the `Authorization` header; None: there is none.
            in_query: the token in the query, used when the header has none; None: there is none.
        """
        if self._keyring is None:
            return Access()
        scheme, _, value = (authorization or "").partition(" ")
        token = value.strip() if scheme.lower() == "bearer" else in_query
        if not token:
            return Refusal(
                401,
                "token",
                "this hub wants its token and there is none; pass it as auth=, or send 'Authorization: Bearer …'",
            )
        try:
            return self._keyring.open(token)
        except BadToken as error:
            return Refusal(401, "expired" if error.expired else "token", str(error))

    def _is_ours(self, name: str | None) -> bool:
        if name is None:
            return False
        # An IP address cannot be made to point elsewhere by DNS, as a name can.
        return (
            name in self._hosts or name in self._names or (self._anywhere and _is_address(name.strip("[]")))
        )


def _name_of(host: str | None) -> str | None:
    """Return the name in a `Host` header, without its port; None: it is none."""
    match = _HOST.fullmatch((host or "").lower())
    return None if match is None else match[1].removesuffix(".")


def split_token(query: str) -> tuple[str | None, str]:
    """Return the token of a query, if it has one, and the query without it, which may be logged."""
    pairs = parse_qsl(query, keep_blank_values=True)
    token = next((value for name, value in pairs if name == "token"), None)
    return token, query if token is None else urlencode([pair for pair in pairs if pair[0] != "token"])


def check_origins(origins: Iterable[object]) -> tuple[str, ...]:
    """Return origins as a tuple.

    Raises:
        UsageError: one is no origin, for example because it has a path: no browser would ever send it.
    """
    if isinstance(origins, str):
        raise UsageError(f"origins={origins!r} cannot be used: it must be a list; pass [{origins!r}]")
    found: list[str] = []
    for origin in checked_list("origins", origins):
        if not isinstance(origin, str) or not _ORIGIN.fullmatch(origin):
            raise UsageError(
                f"{origin!r} is no origin: it must be scheme://host or scheme://host:port without anything after it; "
                "pass for example 'http://localhost:3000'"
            )
        found.append(origin)
    return tuple(found)


def check_hosts(hosts: Iterable[object]) -> tuple[str, ...]:
    """Return names of the hub as the `Host` header has them: in lower case, international ones encoded, without ports.

    Raises:
        UsageError: one is no host, for example because it is a url or a pattern.
    """
    if isinstance(hosts, str):
        raise UsageError(f"hosts={hosts!r} cannot be used: it must be a list; pass [{hosts!r}]")
    return tuple(_checked_host(host) for host in checked_list("hosts", hosts))


def _checked_host(host: object) -> str:
    if isinstance(host, str):
        if _is_address(host.strip("[]")):
            return bracketed(host.strip("[]").lower())
        name, colon, port = host.partition(":")
        with contextlib.suppress(UnicodeError):
            name = name.removesuffix(".").encode("idna").decode().lower()
            labels = name.split(".")
            if all(_LABEL.fullmatch(label) for label in labels) and (port.isdigit() or not colon):
                return name
    raise UsageError(
        f"{host!r:.200} is no host: it must be a name or an address, without scheme and path; "
        "pass for example 'hub.example.org'"
    )


def checked_list(option: str, values: object) -> list[object]:
    """Return the values of an option as a list.

    Raises:
        WrongType: they are none.
    """
    if not isinstance(values, Iterable) or isinstance(values, str | bytes):
        raise WrongType(f"{option}={values!r:.200} cannot be used: it must be a list; pass [] for none")
    return list(values)


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
