"""Redirects: where a server sends us instead, checked before we go there.

Followed by ourselves for all transports alike, because the rules are about what users gave us: their headers and tokens
are for the origin that they named and no other, and encryption is not given up.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import Final

from ..errors import ConnectionRejected, UsageError
from .address import check_url, is_one_way, plain_url
from .masking import origin_of

MAX_REDIRECTS: Final = 5
"""Redirects in a row that are followed."""

STATUSES: Final = frozenset({301, 302, 303, 307, 308})
"""Those of redirects (RFC 9110, 15.4); they need a `Location`."""

REPEATING: Final = frozenset({307, 308})
"""Those after which a POST is repeated; after the others it would become a GET, as browsers have it."""

_SECURE: Final = ("wss", "https")

_PORTS: Final = {"ws": 80, "http": 80, "wss": 443, "https": 443}

_WEBSOCKET: Final = {"http": "ws", "https": "wss"}
"""What the addresses of a redirect mean where a WebSocket is opened: the handshake is a request of HTTP."""


class Redirected(Exception):
    """An answer that sends us elsewhere.

    Args:
        location: the `Location` header, as the server wrote it.
        status: of the answer.
    """

    def __init__(self, location: str, status: int) -> None:
        super().__init__("redirected")
        self.location = location
        self.status = status


def location_of(status: int, headers: Mapping[str, str]) -> str | None:
    """Return where an answer sends us; None: it does not."""
    return headers.get("location") if status in STATUSES else None


def next_url(url: str, location: str, place: str) -> str:
    """Return the address that a redirect leads to.

    Args:
        url: of the request that was answered.
        location: the `Location` header.
        place: where we wanted to go, for display.

    Raises:
        ConnectionRejected: it leads to nothing that we may connect to.
    """
    one_way = is_one_way(url)
    try:
        target = urllib.parse.urldefrag(
            urllib.parse.urljoin(_http(url), location.strip().replace(" ", "%20"))
        )[0]
        scheme, _, rest = target.partition("://")
        if not one_way:
            target = f"{_WEBSOCKET.get(scheme.lower(), scheme)}://{rest}"
        check_url(target)
        target, _ = plain_url(target)
    except (UsageError, ValueError):
        raise ConnectionRejected(
            f"no connection to {place}: it redirects to something that is no address; ask who runs it"
        ) from None
    if is_one_way(target) != one_way:
        kind = "Server-Sent Events" if one_way else "a WebSocket"
        raise ConnectionRejected(
            f"no connection to {place}: it redirects to {origin_of(target)}, which is no address of {kind}; "
            "connect to that address"
        )
    if _scheme(url) in _SECURE and _scheme(target) not in _SECURE:
        raise ConnectionRejected(
            f"no connection to {place}: it redirects to {origin_of(target)}, which is not encrypted; "
            "connect to that address if this is meant"
        )
    return target


def check_post(url: str, target: str, status: int, place: str) -> None:
    """Raise where what is posted must not follow a redirect: it may be done once only, and is for the origin named.

    Args:
        url: of the request that was answered.
        target: where it leads.
        status: of the answer.
        place: where we wanted to go, for display.

    Raises:
        ConnectionRejected: with what to do instead.
    """
    if status not in REPEATING:
        raise ConnectionRejected(
            f"no connection to {place}: it redirects to {origin_of(target)} with HTTP {status}, after which a POST "
            "would become a GET, and ask for something else; pass the address that it leads to"
        )
    if not same_origin(url, target):
        raise ConnectionRejected(
            f"no connection to {place}: it redirects to {origin_of(target)}, and what is posted is not sent to another "
            "origin than the one you named; connect to that address"
        )


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port."""
    return _origin(one) == _origin(other)


def _http(url: str) -> str:
    """Return the url with the scheme of HTTP: `urljoin` knows no others."""
    scheme, _, rest = url.partition("://")
    return f"{'https' if scheme in _SECURE else 'http'}://{rest}"


def _scheme(url: str) -> str:
    return urllib.parse.urlsplit(url).scheme


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]
