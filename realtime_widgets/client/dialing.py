"""Dialing: how an address becomes an open link, over a WebSocket or Server-Sent Events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ClientError, UsageError, WrongType
from ..protocol.heartbeat import ANSWER_TIMEOUT
from ..runtime.scheduling import Clock
from ..streams.gaps import Reason
from .address import is_one_way
from .sansio.backoff import Reconnect
from .sansio.last_event_id import LastEventId
from .sansio.outbox import Outbox
from .transports.base import Transport
from .transports.eventsource import IDLE_TIMEOUT, EventSource, open_event_source
from .transports.eventsource import explain as explain_http
from .transports.handshake import explain, open_websocket
from .transports.websocket import WebSocketTransport


@dataclass(frozen=True, slots=True)
class Options:
    """How a connection is kept; those of the client that came last hold.

    Attributes:
        reconnect: the pace of attempts.
        heartbeat: seconds between two signs of life; None: none are sent, and silence means nothing.
        max_size: bytes of a frame; larger ones are left out.
    """

    reconnect: Reconnect
    heartbeat: float | None
    max_size: int


def checked_options(reconnect: Any, heartbeat: float | None, max_size: int) -> Options:
    """Return the options that a user gave.

    Raises:
        UsageError: when one is out of its range.
    """
    if reconnect is None:
        reconnect = Reconnect(max_attempts=0)
    if not isinstance(reconnect, Reconnect):
        raise WrongType(f"reconnect is {reconnect!r}: pass rw.Reconnect(…), or None for a single attempt")
    if heartbeat is not None and not heartbeat > 0:
        raise UsageError(f"heartbeat={heartbeat!r} cannot be kept: pass seconds above 0, or None for none")
    if not max_size >= 1:
        raise UsageError(f"max_size={max_size!r} leaves no frame: pass bytes, 1 or more")
    return Options(reconnect, None if heartbeat is None else float(heartbeat), int(max_size))


async def dial(
    url: str,
    headers: Mapping[str, str],
    protocols: Iterable[str],
    options: Options,
    *,
    place: str,
    clock: Clock,
    outbox: Outbox,
    last_event_id: LastEventId,
    complain: Callable[[ClientError], object],
    miss: Callable[[Reason], object],
) -> Transport:
    """Open a link.

    Args:
        url, headers, protocols: of this attempt.
        options: how to keep it.
        place: the address for people.
        clock: for signs of life.
        outbox: what is sent over it, if it goes two ways.
        bookmark: where it goes on, if it goes one way.
        complain: is told of what cannot be used.
        miss: is told why something is missing before what is delivered next.

    Raises:
        ConnectionLost, ConnectionRejected: why it could not be opened.
    """
    heartbeat, max_size = options.heartbeat, options.max_size
    if not is_one_way(url):
        try:
            socket = await open_websocket(url, headers, protocols, max_size)
        except Exception as error:
            raise explain(error, url) from error
        return WebSocketTransport(socket, place, outbox=outbox, clock=clock, heartbeat=heartbeat)
    idle = None if heartbeat is None else heartbeat + ANSWER_TIMEOUT + IDLE_TIMEOUT
    try:
        client, response = await open_event_source(url, headers, last_event_id, idle)
    except Exception as error:
        raise explain_http(error, url) from error
    return EventSource(
        client,
        response,
        place,
        last_event_id=last_event_id,
        clock=clock,
        heartbeat=heartbeat,
        max_size=max_size,
        complain=complain,
        miss=miss,
    )
