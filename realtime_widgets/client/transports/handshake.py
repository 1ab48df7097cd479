"""The WebSocket handshake: opens a WebSocket, and explains why one could not be opened or has ended.

The library is `websockets`; only this module and `websocket` know it. Its own reconnecting is not used: it does not
pause between connections that succeed and then close.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ...errors import ClientError, ConnectionLost, ConnectionRejected
from ...protocol.goodbye import retry_after_of
from ..failures import MAX_RETRY_AFTER, explain_os, explain_status, retry_after
from ..headers import named
from ..masking import Mask, label_of
from ..proxies import explain_proxy
from ..redirects import Redirected, location_of
from .racing import connect_socket

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection, connect
    from websockets.exceptions import ConnectionClosed
    from websockets.http11 import Response

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
    url: str, headers: Mapping[str, str], protocols: Iterable[str], max_size: int, proxy: str | None = None
) -> ClientConnection:
    """Return an open WebSocket; its attribute `on_bytes`, a function, is called whenever bytes arrive.

    Args:
        url: where; checked, and without credentials.
        headers: of the user; they replace those of the library.
        protocols: to offer.
        max_size: bytes of a frame that is not skipped.
        proxy: to go through; None: none.

    Raises:
        Redirected: the server sends us elsewhere.
        Exception: what `explain` explains.
    """
    from websockets.exceptions import InvalidStatus

    made: socket.socket | None = None
    direct: dict[str, Any] = {}
    try:
        async with asyncio.timeout(OPEN_TIMEOUT):
            if proxy is None:
                parts = urllib.parse.urlsplit(url)
                port = parts.port or (443 if parts.scheme == "wss" else 80)
                direct["sock"] = made = await connect_socket(parts.hostname or "", port)
            return await _library()(
                url,
                additional_headers=headers,
                subprotocols=list(protocols) or None,  # type: ignore[arg-type]
                proxy=proxy,
                open_timeout=None,  # ours, which counts the lookup and the race too
                close_timeout=CLOSE_TIMEOUT,
                ping_interval=None,  # the transport's own heartbeat pings
                max_size=max(MAX_SIZE_FACTOR * max_size, MIN_MAX_SIZE),
                logger=_quiet,
                **direct,
            )
    except BaseException as error:
        if made is not None:
            made.close()
        if not isinstance(error, InvalidStatus):
            raise
        location = location_of(error.response.status_code, _headers(error.response))
        if location is None:
            raise
        raise Redirected(location, error.response.status_code) from None


@cache
def _library() -> type[connect]:
    """Return the library's `connect` with what it does not do: it leaves redirects to us, and tells of all bytes."""
    from websockets.asyncio import client as library

    class Connection(library.ClientConnection):
        on_bytes: Callable[[], object] = staticmethod(lambda: None)

        def data_received(self, data: bytes) -> None:
            self.on_bytes()
            super().data_received(data)

        async def handshake(self, additional_headers: Any = None, *args: Any) -> None:
            # The library would send both a header of its own and the user's.
            make = self.protocol.connect

            def request() -> Any:
                made = make()
                for name in list(made.headers):
                    if named(additional_headers, name) is not None:
                        del made.headers[name]
                return made

            self.protocol.connect = request  # type: ignore[method-assign]
            await super().handshake(additional_headers, *args)

    class Connect(library.connect):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, create_connection=Connection, **options)

        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc

    return Connect


def explain(
    error: BaseException,
    url: str,
    *,
    place: str | None = None,
    authorized: bool = True,
    dropped: str | None = None,
    proxy: str | None = None,
    mask: Mask | None = None,
) -> ClientError:
    """Return the error for what happened: ConnectionRejected where a retry cannot help, else ConnectionLost.

    Args:
        error: what was raised.
        url: where we wanted to connect.
        place: the same, for display; None: the url without its secrets.
        authorized: see `failures.explain_status`.
        dropped: see there.
        proxy: that we went through; None: none.
        mask: knows the secrets of the connection; None: there are none.
    """
    from websockets import exceptions as ws

    if isinstance(error, ClientError):
        return error
    mask = mask or Mask()
    place = label_of(url) if place is None else place
    match error:
        case ws.InvalidStatus():
            answer = error.response
            return explain_status(
                answer.status_code,
                _headers(answer),
                place,
                "opening a WebSocket",
                authorized=authorized,
                dropped=dropped,
            )
        case ws.ConnectionClosed():
            return _closed(error, place, mask)
        case ws.InvalidProxyStatus():
            wait = retry_after(_headers(error.response).get("retry-after"), time.time())
            return explain_proxy(error.response.status_code, place, proxy, wait)
        case ws.ProxyError():
            return explain_proxy(None, place, proxy)
        case ws.NegotiationError():
            return ConnectionRejected(
                f"no connection to {place}: the server does not speak our protocols ({mask.text(str(error))})"
            )
        case ws.InvalidMessage() | EOFError():
            return ConnectionLost(
                f"no connection to {place}: what listens there gave no answer to the opening handshake; "
                "check that it is a WebSocket server, and whether it wants wss:// or ws://"
            )
        case ws.InvalidHandshake():
            return ConnectionLost(
                f"no connection to {place}: what listens there is no WebSocket server ({mask.text(str(error))})"
            )
        case TimeoutError():
            return ConnectionLost(f"no connection to {place}: no answer within {OPEN_TIMEOUT:g} s")
        case OSError():
            return explain_os(error, url, place)
    return unforeseen(error, place, mask)


def _headers(answer: Response) -> dict[str, str]:
    """Return the headers of an answer by their names in lower case, the values of those that come twice in one.

    The library raises for these when they are looked up.
    """
    return {name.lower(): ", ".join(answer.headers.get_all(name)) for name in answer.headers}


def unforeseen(error: BaseException, place: str, mask: Mask) -> ConnectionLost:
    """Return the error for what nobody foresaw, and have it in the log with all that is known, but for secrets."""
    logger.error("unexpected, connecting to %s: %s", place, mask.traceback(error))
    return ConnectionLost(f"no connection to {place}: {mask.error(error)}")


def _closed(error: ConnectionClosed, place: str, mask: Mask) -> ClientError:
    if error.rcvd is None and error.sent is not None and error.sent.code == 1009:
        return ConnectionLost(
            f"the connection to {place} was ended: a frame was far over the size limit; raise max_size="
        )
    if error.rcvd is None and error.sent is not None and error.sent.code not in (1000, 1001, 1006):
        return ConnectionLost(
            f"the connection to {place} was ended: it broke the protocol ({mask.text(error.sent.reason)})"
        )
    if error.rcvd is None:
        return ConnectionLost(f"the connection to {place} broke off without a goodbye")
    code, reason = error.rcvd.code, error.rcvd.reason
    said = f"{place} closed the connection ({code}{', ' + repr(mask.text(reason)) if reason else ''})"
    if 3500 <= code < 4000 or 4500 <= code < 5000:  # the convention of Centrifugo: do not reconnect
        return ConnectionRejected(f"{said} and does not want it back")
    if (wait := retry_after_of(reason)) is not None:
        wait = min(wait, MAX_RETRY_AFTER)
        asks = f" and asks to be left alone for {round(wait, 1):g} s" if wait >= 1 else ""
        return ConnectionLost(f"{place} closed the connection ({code}){asks}", retry_after=wait)
    return ConnectionLost(said)


_quiet = logging.getLogger(f"{__name__}.protocol")
_quiet.setLevel(logging.CRITICAL)  # what it logs at ERROR we report ourselves, in one line
