"""Failures: which of our errors an HTTP status or an error of the system is, and whether a retry can help."""

from __future__ import annotations

import email.utils
import errno
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Final

from ..errors import ClientError, ConnectionLost, ConnectionRejected, Unauthorized

MAX_RETRY_AFTER: Final = 3600.0
"""Seconds that a server can delay the next attempt by at most, whatever it asks for."""


def explain_status(code: int, headers: Mapping[str, str], place: str, instead: str) -> ClientError:
    """Return the error for a response: ConnectionRejected where a retry cannot help, else ConnectionLost.

    Args:
        code: the status.
        headers: the response's; lookup must ignore letter case.
        place: where it came from, for display.
        instead: what was expected, such as "opening a WebSocket".
    """
    match code:
        case 401:
            return Unauthorized(f"{place} turned the token down (HTTP 401); pass a valid one as auth=")
        case 403:
            return ConnectionRejected(
                f"{place} forbids this connection (HTTP 403); check the token, your rights and the headers"
            )
        case 404:
            return ConnectionLost(f"{place} is not there (HTTP 404); check the path of the address")
        case 429 | 503:
            wait = retry_after(headers.get("retry-after"), time.time())
            asks = "" if wait is None else f" and asks to be left alone for {wait:.0f} s"
            return ConnectionLost(f"{place} is busy (HTTP {code}){asks}", retry_after=wait)
    return ConnectionLost(f"{place} answered HTTP {code} instead of {instead}")


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
                "make this machine trust it"
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
    return ConnectionLost(f"no connection to {place}: {error.strerror or str(error) or type(error).__name__}")


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a `Retry-After` header asks for (RFC 9110 §10.2.3); None: none that can be read.

    Args:
        value: seconds, or a date.
        now: seconds since the epoch.
    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_RETRY_AFTER)
    try:
        return min(max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now), MAX_RETRY_AFTER)
    except (ValueError, OverflowError):
        return None
