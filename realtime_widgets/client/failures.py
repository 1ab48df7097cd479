"""Failures: which of our errors an HTTP status or an error of the system is, and whether a retry can help."""

from __future__ import annotations

import datetime
import email.utils
import errno
import re
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Final

from ..errors import ClientError, ConnectionLost, ConnectionRejected, Unauthorized
from .masking import masked

MAX_RETRY_AFTER: Final = 3600.0
"""Seconds that a server can delay the next attempt by at most, whatever it asks for."""

_PASSING: Final = frozenset({408, 421, 423, 425, 429})
"""Statuses from 400 to 499 that say "not now"."""

_SECONDS: Final = re.compile(r"\d+(\.\d*)?|\.\d+", re.ASCII)

_DESCRIPTION: Final = re.compile(
    r'\berror_description="([\x20\x21\x23-\x5b\x5d-\x7e]{1,100})"', re.IGNORECASE
)
"""Why a token is not accepted, in `WWW-Authenticate` (RFC 6750, 3)."""


def explain_status(
    code: int,
    headers: Mapping[str, str],
    place: str,
    instead: str,
    *,
    authorized: bool = True,
    dropped: str | None = None,
    said: str | None = None,
) -> ClientError:
    """Return the error for a response: ConnectionRejected where a retry cannot help, else ConnectionLost.

    What asks to come again later (`Retry-After`) is worth another try, whatever its status.

    Args:
        code: the status.
        headers: the response's, by names in lower case.
        place: where it came from, for display.
        instead: what was expected, such as "opening a WebSocket".
        authorized: whether the request had an `Authorization`.
        dropped: the origin to which a redirect led, so that headers and token were not sent; None: none were dropped.
        said: what the server said of it, in `refusals`; None: nothing.
    """
    words = "" if said is None else f": {said}"
    wait = retry_after(headers.get("retry-after"), time.time())
    if code in (401, 403) and dropped is not None:
        return ConnectionRejected(
            f"no connection to {place}: it redirects to {dropped}, which wants credentials (HTTP {code}), and "
            "yours are not sent to another origin than the one you named; connect to that address"
        )
    if code == 401 and authorized:
        given = _DESCRIPTION.search(headers.get("www-authenticate", ""))
        why = words or (f": {masked(given[1])}" if given else "")
        return Unauthorized(f"{place} turned the token down (HTTP 401{why}); pass a valid one as auth=")
    if code == 401:
        return Unauthorized(f"{place} wants a token, and none was given (HTTP 401{words}); pass one as auth=")
    if wait is not None:
        busy = "is busy" if code in (429, 503) else f"did not go on with {instead}"
        return ConnectionLost(
            f"{place} {busy} (HTTP {code}{words}) and asks to be left alone for {round(wait, 1):g} s",
            retry_after=wait,
        )
    match code:
        case 403:
            check = "check the token," if authorized else "pass a token as auth=, if you have one, or check"
            return ConnectionRejected(
                f"{place} forbids this connection (HTTP 403{words}); {check} your rights and the headers"
            )
        case 429 | 503:
            return ConnectionLost(f"{place} is busy (HTTP {code}{words})")
        case _ if said is not None:  # it knows better than we what is to be done
            why = f"{place} answered HTTP {code} instead of {instead}{words}"
        case 404 | 410:
            of_socket = "websocket" in instead.lower()
            or_socket = "" if of_socket else ", and whether it is a WebSocket (ws:// or wss://)"
            todo = f"check the path of the address{or_socket}"
            if not place.partition("://")[2].partition("/")[2]:
                todo += f"; it has none, and a hub of ours has {'/ws/dashboard' if of_socket else '/sse/<channels>'}"
            why = f"{place} is not there (HTTP {code}); {todo}"
        case 426:
            why = f"{place} {_wanted(headers, instead)}"
        case _:
            why = f"{place} answered HTTP {code} instead of {instead}{_hint(code, headers, instead)}"
    if code in _PASSING or code >= 500:
        return ConnectionLost(why)
    return ConnectionRejected(why, may_heal=True)


def _wanted(headers: Mapping[str, str], instead: str) -> str:
    """Return what a server wants that asks for an upgrade of the protocol."""
    if "websocket" not in instead.lower():
        return "is the address of a WebSocket (HTTP 426), not of events; connect with ws:// or wss://"
    other = headers.get("sec-websocket-version") or headers.get("upgrade") or ""
    shown = f" ({other})" if re.fullmatch(r"[\w./, -]{1,40}", other) else ""
    return f"wants another version of the protocol{shown} than we speak (HTTP 426); check the address"


def _hint(code: int, headers: Mapping[str, str], instead: str) -> str:
    """Return the end of a sentence about an answer where another was expected."""
    if code == 407:
        return "; it is a proxy that wants a user name and a password"
    if "websocket" in instead.lower() and 200 <= code < 300:
        if headers.get("content-type", "").lower().startswith("text/event-stream"):
            return "; it is a stream of Server-Sent Events, connect with http:// or https://"
        return "; check the path of the address"
    return ""


def explain_os(error: OSError, url: str, place: str) -> ClientError:
    """Return the error for one of the system: ConnectionRejected where a retry cannot help, else ConnectionLost.

    Args:
        error: what was raised.
        url: where we wanted to connect.
        place: the same, for display.
    """
    match error:
        case ssl.SSLCertVerificationError():
            return ConnectionRejected(
                f"no connection to {place}: its certificate is not trusted ({error.verify_message}); "
                "make this machine trust it",
                may_heal=True,
            )
        case ssl.SSLError():
            other = "http" if url.startswith("http") else "ws"
            return ConnectionLost(
                f"no connection to {place}: TLS failed ({error.reason}); is it a {other}:// server?"
            )
        case socket.gaierror():
            return ConnectionLost(f"no connection to {place}: its host name is not known ({error.strerror})")
        case OSError() if error.errno == errno.ECONNREFUSED or f"[Errno {errno.ECONNREFUSED}]" in str(error):
            return ConnectionLost(
                f"no connection to {place}: nothing listens there; start the server, or check the port"
            )
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            secure, plain = ("https", "http") if url.startswith("http") else ("wss", "ws")
            other = plain if url.startswith(f"{secure}:") else secure
            return ConnectionLost(
                f"no connection to {place}: what listens there broke the handshake off; does it want {other}://?"
            )
    said = masked(error.strerror or str(error)) or type(error).__name__
    return ConnectionLost(f"no connection to {place}: {said}")


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a `Retry-After` header asks for (RFC 9110, 10.2.3); None: none that can be read.

    Args:
        value: seconds, with decimals or without, or a date.
        now: seconds since the epoch.
    """
    if value is None:
        return None
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), MAX_RETRY_AFTER)
    try:
        date = email.utils.parsedate_to_datetime(value)
        if date.tzinfo is None:  # the dates of HTTP are all UTC, also those of the form that does not say so
            date = date.replace(tzinfo=datetime.UTC)
        return min(max(0.0, date.timestamp() - now), MAX_RETRY_AFTER)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
