"""The WebSocket handshake: opens a WebSocket, and explains why one could not be opened or has ended.

The library is `websockets`; only this module and `websocket` know it. Its own reconnecting is not used: it does not
pause between connections that succeed and then close.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from ...errors import ClientError, ConnectionLost, ConnectionRejected
from ..address import is_loopback_url, label_of
from ..failures import explain_os, explain_status

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.exceptions import ConnectionClosed

logger = logging.getLogger(__name__)

OPEN_TIMEOUT: Final = 10.0
"""Seconds for the TCP connection, TLS and the opening handshake together."""

CLOSE_TIMEOUT: Final = 1.0
"""Seconds to wait for the peer's close frame; the program's exit waits 2 for everything."""

MAX_SIZE_FACTOR: Final = 4
"""A frame may be this many times larger than `max_size` before it ends the connection: one between the two is read,
skipped and reported."""

MIN_MAX_SIZE: Final = 4 * 1024 * 1024
"""Bytes up to which no frame ends the connection, however small `max_size` is: a server may batch many messages."""


async def open_websocket(
    url: str, headers: Mapping[str, str], protocols: Iterable[str], max_size: int
) -> ClientConnection:
    """Return an open WebSocket; raises what `explain` explains."""
    from websockets.asyncio.client import connect

    return await connect(
        url,
        additional_headers=headers,
        subprotocols=list(protocols) or None,  # type: ignore[arg-type]
        proxy=None if is_loopback_url(url) else True,
        open_timeout=OPEN_TIMEOUT,
        close_timeout=CLOSE_TIMEOUT,
        ping_interval=None,  # the transport's own heartbeat pings
        max_size=max(MAX_SIZE_FACTOR * max_size, MIN_MAX_SIZE),
        logger=_quiet,
    )


def explain(error: BaseException, url: str) -> ClientError:
    """Return the error for what happened: ConnectionRejected where a retry cannot help, else ConnectionLost."""
    from websockets import exceptions as ws

    if isinstance(error, ClientError):
        return error
    place = label_of(url)
    match error:
        case ws.InvalidStatus():
            answer = error.response
            return explain_status(answer.status_code, answer.headers, place, "opening a WebSocket")
        case ws.ConnectionClosed():
            return _closed(error, place)
        case ws.NegotiationError():
            return ConnectionRejected(
                f"no connection to {place}: the server does not speak our protocols ({error})"
            )
        case ws.InvalidMessage() | EOFError():
            return ConnectionLost(
                f"no connection to {place}: what listens there gave no answer to the opening handshake; "
                "check that it is a WebSocket server, and whether it wants wss:// or ws://"
            )
        case ws.InvalidHandshake():
            return ConnectionLost(
                f"no connection to {place}: what listens there is no WebSocket server ({error})"
            )
        case TimeoutError():
            return ConnectionLost(f"no connection to {place}: no answer within {OPEN_TIMEOUT:g} s")
        case OSError():
            return explain_os(error, url, place)
    logger.error("unexpected, connecting to %s", place, exc_info=error)
    return ConnectionLost(f"no connection to {place}: {type(error).__name__}: {error}")


def _closed(error: ConnectionClosed, place: str) -> ClientError:
    if error.rcvd is None and error.sent is not None and error.sent.code == 1009:
        return ConnectionLost(
            f"the connection to {place} was ended: a frame was far over the size limit; raise max_size="
        )
    if error.rcvd is None and error.sent is not None and error.sent.code not in (1000, 1001, 1006):
        return ConnectionLost(
            f"the connection to {place} was ended: it broke the protocol ({error.sent.reason})"
        )
    if error.rcvd is None:
        return ConnectionLost(f"the connection to {place} broke off without a goodbye")
    code, reason = error.rcvd.code, error.rcvd.reason
    said = f"{place} closed the connection ({code}{', ' + repr(reason) if reason else ''})"
    if 3500 <= code < 4000 or 4500 <= code < 5000:  # the convention of Centrifugo: do not reconnect
        return ConnectionRejected(f"{said} and does not want it back")
    return ConnectionLost(said)


_quiet = logging.getLogger(f"{__name__}.protocol")
_quiet.setLevel(logging.CRITICAL)  # what it logs at ERROR we report ourselves, in one line
