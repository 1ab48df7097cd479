"""Cross-origin requests: the headers by which a browser lets a page of an allowed origin read what the hub answers.

https://fetch.spec.whatwg.org/#http-cors-protocol. Which origins are allowed `auth` says; here is what they are told.
Every answer has the headers, refusals too, or the page would learn no more than that something failed. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Headers = list[tuple[bytes, bytes]]

ALLOWED_METHODS: Final = "GET, HEAD, POST, OPTIONS"

ALLOWED_HEADERS: Final = "authorization, cache-control, content-type, idempotency-key, last-event-id"
"""Those that pages may send, besides those that browsers always allow: libraries for events send `cache-control`."""

EXPOSED_HEADERS: Final = "retry-after, www-authenticate"
"""Those that pages may read, besides those that browsers always show."""

MAX_AGE: Final = 600
"""Seconds that a browser may remember the answer to a preflight."""


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Return whether a request only asks whether another may follow; it has no token, whatever that one will have.

    Args:
        method: of the request.
        headers: of the request, by their names in lower case.
    """
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def answer_headers(origin: str | None) -> Headers:
    """Return the headers of every answer.

    Args:
        origin: of the page, if it is allowed; None: it is not, or there is no page.
    """
    found = [(b"vary", b"Origin")]
    if origin is not None:
        found += [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            # Asked for by EventSource with `withCredentials`, and by proxies before the hub that go by a cookie.
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", EXPOSED_HEADERS.encode()),
        ]
    return found


def preflight_headers(headers: Mapping[str, str]) -> Headers:
    """Return what the answer to a preflight has besides.

    Args:
        headers: of the request, by their names in lower case.
    """
    found = [
        (b"access-control-allow-methods", ALLOWED_METHODS.encode()),
        (b"access-control-allow-headers", ALLOWED_HEADERS.encode()),
        (b"access-control-max-age", str(MAX_AGE).encode()),
    ]
    # From a page on the internet to this machine: https://wicg.github.io/private-network-access/
    if headers.get("access-control-request-private-network") == "true":
        found.append((b"access-control-allow-private-network", b"true"))
    return found
