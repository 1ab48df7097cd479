"""Forwarded: whom a request is of that came through reverse proxies, by the `X-Forwarded-For` that they write.

Anybody may send that header, so it is read only of requests that come from a proxy that the hub was told of, and only
as far as such proxies wrote it: each adds the address that it saw to the end, so from the end on the first that is no
proxy is the client. https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For#security
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from ..errors import UsageError
from .auth import checked_list

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HEADER: Final = b"x-forwarded-for"

_WITH_PORT: Final = re.compile(r"\[([0-9a-fA-F:.]+)\](?::\d+)?|([0-9.]+):\d+")
"""Some proxies write the port, too."""


def check_proxies(proxies: Iterable[object]) -> tuple[Network, ...]:
    """Return addresses and networks of proxies as networks.

    Raises:
        UsageError: one is neither, for example because it is a name; WrongType: they are no list.
    """
    if isinstance(proxies, str):
        raise UsageError(f"proxies={proxies!r} cannot be used: it must be a list; pass [{proxies!r}]")
    return tuple(_checked(proxy) for proxy in checked_list("proxies", proxies))


def _checked(proxy: object) -> Network:
    try:
        if isinstance(proxy, str):
            return ipaddress.ip_network(proxy)
    except ValueError:
        pass
    raise UsageError(
        f"{proxy!r:.200} is no proxy: it must be an address or a network, without anything in the bits after its "
        "prefix; pass for example '127.0.0.1' or '10.0.0.0/8'"
    )


def client_of(peer: str, forwarded: str, proxies: Iterable[Network]) -> str:
    """Return the address of who has sent a request.

    What a proxy wrote that is no address, such as `unknown`, is as good as nothing: then the request is of that proxy.

    Args:
        peer: the address that the request came from.
        forwarded: its `X-Forwarded-For`, all of them with commas between.
        proxies: whose word is taken.
    """
    known, client = tuple(proxies), peer
    for entry in reversed(forwarded.split(",")):
        if not _is_of(client, known) or (before := _address(entry)) is None:
            break
        client = str(before)
    return client


def _is_of(text: str, networks: Iterable[Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in networks)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    text = text.strip()
    if found := _WITH_PORT.fullmatch(text):
        text = found[1] or found[2]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A socket for both kinds shows IPv4 as ::ffff:192.0.2.1.
    return getattr(address, "ipv4_mapped", None) or address


class Behind:
    """An ASGI application behind proxies: it sees the client's address in place of theirs.

    Args:
        proxies: whose word is taken.
        app: the application.
    """

    def __init__(self, proxies: tuple[Network, ...], app: ASGIApp) -> None:
        self._proxies = proxies
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, see ASGI."""
        if self._proxies and scope.get("client"):
            lines = [value.decode("latin-1") for name, value in scope["headers"] if name == HEADER]
            scope["client"] = (client_of(scope["client"][0], ",".join(lines), self._proxies), 0)
        await self._app(scope, receive, send)
